#include "admin/start_layers.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <memory>

#include "admin/config_tables.hpp"
#include "router/config/variables.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace weir;

namespace {

// A data directory, a configuration file, and one start after the other.
class Starts {
 public:
  void write_file(std::string_view text) { std::ofstream(file_path()) << text; }
  std::string file_path() const { return directory_.path("weir.cnf"); }
  std::string datadir() const { return directory_.path("data"); }

  // Null if it is refused; see complaints().
  std::unique_ptr<StartLayers> start(Options options = {}, bool with_datadir = true) {
    if (std::filesystem::exists(file_path())) options.config_file = file_path();
    if (with_datadir) options.datadir = datadir();
    const StartFile file = read_start_file(options, [](const std::string&) { return false; });
    auto layers = std::make_unique<StartLayers>();
    const bool opened = layers->open(options, options.datadir, file);
    complaints_ = layers->complaints();
    CHECK(opened == (layers->snapshot() != nullptr));
    return opened ? std::move(layers) : nullptr;
  }
  std::string complaints() const {
    std::string text;
    for (const Complaint& complaint : complaints_) text += to_text(complaint) + "\n";
    return text;
  }
  // The names of servers and the value of mysql-max_connections, as "a,b 10000", of a layer.
  static std::string in(StartLayers& layers, const std::string& schema) {
    std::string text;
    for (const auto& row :
         layers.store().rows("SELECT hostname FROM " + schema + ".mysql_servers ORDER BY hostname").rows) {
      text += (text.empty() ? "" : ",") + *row[0];
    }
    const Rows value = layers.store().rows("SELECT variable_value FROM " + schema +
                                           ".global_variables WHERE variable_name = 'mysql-max_connections'");
    return text + " " + (value.rows.empty() ? "none" : *value.rows[0][0]);
  }
  static std::string at_runtime(const StartLayers& layers) {
    std::vector<std::string> names;
    for (const Hostgroup& hostgroup : layers.snapshot()->hostgroups()) {
      for (const auto& server : hostgroup.servers) names.push_back(server->hostname);
    }
    std::ranges::sort(names);
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ",") + name;
    return text + " " + std::to_string(layers.snapshot()->settings().max_connections);
  }

 private:
  TemporaryDirectory directory_;
  Complaints complaints_;
};

constexpr std::string_view kFile =
    "mysql_variables = { max_connections = 500 }\n"
    "mysql_servers = ( { hostname = \"a\", hostgroup = 0 } )\n";
constexpr std::string_view kOtherFile =
    "mysql_variables = { max_connections = 600 }\n"
    "mysql_servers = ( { hostname = \"b\", hostgroup = 0 } )\n";

void expect_everywhere(StartLayers& layers, const std::string& content) {
  CHECK(Starts::in(layers, "main") == content);
  CHECK(Starts::in(layers, "disk") == content);
  CHECK(Starts::at_runtime(layers) == content);
}

}  // namespace

TEST_CASE("the first start takes the file into all layers", "[admin][start]") {
  Starts starts;
  starts.write_file(kFile);
  const auto layers = starts.start();
  REQUIRE(layers);
  expect_everywhere(*layers, "a 500");
  CHECK(layers->origin() == starts.file_path());
}

TEST_CASE("a later start takes the disk layer, whatever the file says", "[admin][start]") {
  Starts starts;
  starts.write_file(kFile);
  REQUIRE(starts.start());
  starts.write_file(kOtherFile);
  const auto layers = starts.start();
  REQUIRE(layers);
  expect_everywhere(*layers, "a 500");
  CHECK(layers->origin() == starts.datadir() + "/weir.db");
}

TEST_CASE("--reload merges the file into the disk layer", "[admin][start]") {
  Starts starts;
  starts.write_file(kFile);
  REQUIRE(starts.start());
  starts.write_file(kOtherFile);
  Options reload;
  reload.reload = true;
  const auto layers = starts.start(reload);
  REQUIRE(layers);
  expect_everywhere(*layers, "a,b 600");
}

TEST_CASE("--initial puts the disk layer aside and takes the file", "[admin][start]") {
  Starts starts;
  starts.write_file(kFile);
  REQUIRE(starts.start());
  starts.write_file(kOtherFile);
  Options initial;
  initial.initial = true;
  const auto layers = starts.start(initial);
  REQUIRE(layers);
  expect_everywhere(*layers, "b 600");
  CHECK(std::filesystem::exists(starts.datadir() + "/weir.db.bak"));
}

TEST_CASE("the command line is added to memory and runtime, not to disk", "[admin][start]") {
  Starts starts;
  starts.write_file(kFile);
  Options options;
  options.writers = {{{"w", 3306}, {}}};
  for (const char* which : {"first start", "second start"}) {
    INFO(which);
    const auto layers = starts.start(options);
    REQUIRE(layers);
    CHECK(Starts::in(*layers, "main") == "a,w 500");
    CHECK(Starts::in(*layers, "disk") == "a 500");
    CHECK(Starts::at_runtime(*layers) == "a,w 500");
  }
}

TEST_CASE("a data directory alone is a beginning", "[admin][start]") {
  Starts starts;
  const auto layers = starts.start();
  REQUIRE(layers);
  expect_everywhere(*layers, " 10000");
}

TEST_CASE("without a data directory there is no disk layer to save to, and its tables are empty",
          "[admin][start]") {
  Starts starts;
  starts.write_file(kFile);
  const auto layers = starts.start({}, false);
  REQUIRE(layers);
  CHECK(layers->disk() == nullptr);
  CHECK(Starts::in(*layers, "main") == "a 500");
  CHECK(Starts::in(*layers, "disk") == " none");
}

TEST_CASE("a file with an error starts nothing, and leaves no empty disk layer to be taken for one",
          "[admin][start]") {
  Starts starts;
  starts.write_file("mysql_query_rules = ( { rule_id = 1, match_pattern = \"(\" } )\n");
  CHECK_FALSE(starts.start());
  CHECK_THAT(starts.complaints(), Catch::Contains("weir.cnf:1: mysql_query_rules (rule_id=1)"));
  starts.write_file(kFile);
  const auto layers = starts.start();
  REQUIRE(layers);
  expect_everywhere(*layers, "a 500");
}

TEST_CASE("what is wrong on disk is left out at runtime, and stays in memory to be mended",
          "[admin][start]") {
  Starts starts;
  starts.write_file(kFile);
  {
    const auto layers = starts.start();
    REQUIRE(layers);
    layers->store().run(
        "INSERT INTO disk.mysql_query_rules (rule_id, active, match_pattern) VALUES (1, 1, '('), (2, 1, 'x');"
        "UPDATE disk.global_variables SET variable_value = 'many' WHERE variable_name = "
        "'mysql-max_connections'");
  }
  const auto layers = starts.start();
  REQUIRE(layers);
  CHECK(layers->snapshot()->tables().query_rules.size() == 1);
  CHECK(layers->snapshot()->tables().query_rules[0].rule_id == 2);
  CHECK(layers->store().rows("SELECT * FROM main.mysql_query_rules").rows.size() == 2);
  CHECK(Starts::at_runtime(*layers) == "a 10000");
  CHECK_THAT(starts.complaints(), Catch::Contains("mysql_query_rules (rule_id=1)") &&
                                      Catch::Contains("left out at runtime") &&
                                      Catch::Contains("max_connections"));
}
