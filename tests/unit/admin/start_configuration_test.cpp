#include "admin/start_configuration.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

using namespace weir;

namespace {

bool none_exists(const std::string&) {
  return false;
}

std::string write_file(std::string_view text) {
  std::string pattern = (std::filesystem::temp_directory_path() / "weir-start-XXXXXX").string();
  const int fd = ::mkstemp(pattern.data());
  REQUIRE(fd >= 0);
  ::close(fd);
  std::ofstream(pattern) << text;
  return pattern;
}

}  // namespace

TEST_CASE("the command line alone is a configuration", "[admin][start]") {
  Options options;
  options.writers = {{{"db1", 3306}, {}}};
  options.readers = {{{"db2", 3306}, {}}};
  options.users = {{"app", "pw"}};
  ServerStates states;
  const auto start = read_start_configuration(options, states, [](const std::string&) { return true; });
  REQUIRE(start.snapshot != nullptr);
  CHECK(start.file.empty());  // no default file is read
  CHECK(start.complaints.empty());
  CHECK(start.snapshot->settings().auto_rw_split);
  CHECK(start.snapshot->pair_of(0)->reader == 1);
  CHECK(start.snapshot->find_user("app") != nullptr);
}

TEST_CASE("nothing to proxy is an error that says what to give", "[admin][start]") {
  ServerStates states;
  const auto start = read_start_configuration({}, states, none_exists);
  CHECK(start.snapshot == nullptr);
  REQUIRE(start.complaints.size() == 1);
  CHECK_THAT(to_text(start.complaints[0]),
             Catch::Contains("--writer HOST:PORT") && Catch::Contains("/etc/weir.cnf"));
}

TEST_CASE("the first default file that exists is read", "[admin][start]") {
  std::vector<std::string> asked;
  ServerStates states;
  const auto start = read_start_configuration({}, states, [&](const std::string& path) {
    asked.push_back(path);
    return path == "./proxysql.cnf";
  });
  CHECK(asked == std::vector<std::string>{"./weir.cnf", "/etc/weir.cnf", "./proxysql.cnf"});
  CHECK(start.file == "./proxysql.cnf");
}

TEST_CASE("all that is wrong with a file is told at once", "[admin][start]") {
  Options options;
  options.config_file = write_file(
      "mysql_variables = { threads=\"many\" }\n"
      "mysql_servers = (\n { hostname=\"a\", hostgroup=0, port=70000 },\n { hostname=\"\", hostgroup=1 }\n)\n"
      "mysql_users = ( { username=\"u\", default_hostgroup=9, attributes=\"{\\\"annotations\\\":1}\" } )\n"
      "mysql_query_rules = ( { rule_id=5, match_digest=\"(\" } )\n");
  ServerStates states;
  const auto start = read_start_configuration(options, states, none_exists);
  CHECK(start.snapshot == nullptr);
  std::vector<std::string> places;
  for (const Complaint& complaint : start.complaints) {
    CHECK(complaint.severity == Severity::error);
    places.push_back(complaint.where.substr(complaint.where.rfind(':') + 1) + " " + complaint.column);
  }
  CHECK(places == std::vector<std::string>{"1 mysql-threads", "3 port", "4 hostname", "6 attributes",
                                           "7 match_digest"});
  std::filesystem::remove(options.config_file);
}

TEST_CASE("complaints about rows of a file name its line, whoever found them", "[admin][start]") {
  Options options;
  options.config_file = write_file(
      "mysql_servers = (\n { hostname=\"a\", hostgroup=0 },\n { hostname=\"a\", hostgroup=0 }\n)\n"
      "mysql_users = ( { username=\"u\", default_hostgroup=9 } )\n");
  ServerStates states;
  const auto start = read_start_configuration(options, states, none_exists);
  CHECK(start.snapshot == nullptr);
  REQUIRE(start.complaints.size() == 2);
  CHECK(to_text(start.complaints[0]) ==
        options.config_file +
            ":3: mysql_servers (hostgroup_id=0, hostname=a, port=3306), hostgroup_id, hostname, port: "
            "repeats row 1; each may occur once");
  CHECK(to_text(start.complaints[1]) ==
        options.config_file +
            ":5: warning: mysql_users (username=u, backend=1), default_hostgroup: hostgroup 9 has no server");
  std::filesystem::remove(options.config_file);
}
