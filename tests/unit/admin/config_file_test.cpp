#include "admin/config_file.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "admin/sample_config.hpp"
#include "router/config/variables.hpp"

using namespace weir;

namespace {

// A directory of its own for the files of one test.
class Files {
 public:
  Files() {
    std::string pattern = (std::filesystem::temp_directory_path() / "weir-config-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    directory_ = pattern;
  }
  ~Files() { std::filesystem::remove_all(directory_); }

  std::string write(const std::string& name, std::string_view text) const {
    const auto path = directory_ / name;
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
  }
  std::string path(const std::string& name) const { return (directory_ / name).string(); }

 private:
  std::filesystem::path directory_;
};

ConfigFile read(std::string_view text) {
  const Files files;
  ConfigFile file = read_config_file(files.write("weir.cnf", text));
  for (Complaint& complaint : file.complaints) {
    complaint.where =
        complaint.where.substr(complaint.where.rfind('/') + 1);  // without the temporary directory
  }
  return file;
}

std::vector<std::string> texts(const Complaints& complaints) {
  std::vector<std::string> result;
  for (const Complaint& complaint : complaints) result.push_back(to_text(complaint));
  return result;
}

// A file as installations of ProxySQL have it.
constexpr std::string_view kFileOfProxysql = R"(
# comments of each kind
// are
/* allowed */
datadir="/var/lib/proxysql"
errorlog="/var/lib/proxysql/proxysql.log"

admin_variables=
{
	admin_credentials="admin:admin"
	mysql_ifaces="0.0.0.0:6032"
}

mysql_variables=
{
	threads=4
	max_connections=2048
	default_query_delay=0
	default_query_timeout=36000000
	have_compress=true
	poll_timeout=2000
	interfaces="0.0.0.0:6033"
	default_schema="information_schema"
	stacksize=1048576
	server_version="5.5.30"
	connect_timeout_server=3000
	monitor_username="monitor"
	monitor_password="monitor"
	monitor_history=600000
	monitor_connect_interval=60000
	monitor_ping_interval=10000
	monitor_read_only_interval=1500
	monitor_read_only_timeout=500
	ping_interval_server_msec=120000
	ping_timeout_server=500
	commands_stats=true
	sessions_sort=true
	connect_retries_on_failure=10
}

mysql_servers =
(
	{ address="127.0.0.1" , port=3306 , hostgroup=0 , max_connections=200 },
	{ hostname="127.0.0.1" port=3307 hostgroup_id=1 weight="2" status="online" comment="a " "b" }
)
mysql_users:
(
	{ username = "root", password = "", default_hostgroup = 0, max_connections=1000, active = 1 },
	{ username: "app"; active: false; }
)
mysql_query_rules:
(
	{ rule_id=1, active=1, match_pattern="^SELECT .* FOR UPDATE$", destination_hostgroup=0, apply=1 },
	{ rule_id=2, match_digest="\\bid\\b", flagIN=0x10, apply=true },
	{ rule_id=3, active=0 }
)
scheduler=
(
)
mysql_replication_hostgroups=
(
	{ writer_hostgroup=0, reader_hostgroup=1, comment="test", check_type="read_only|innodb_read_only" }
)
)";

}  // namespace

TEST_CASE("a file of ProxySQL loads unchanged", "[admin][config_file]") {
  const ConfigFile file = read(kFileOfProxysql);
  CHECK_FALSE(file.has_errors());
  CHECK(texts(file.complaints).empty());
  CHECK(file.process.datadir == "/var/lib/proxysql");
  CHECK(file.process.errorlog == "/var/lib/proxysql/proxysql.log");
  CHECK(file.process.pidfile.empty());
  CHECK(file.settings.threads == 4);
  CHECK(file.settings.max_connections == 2048);
  CHECK(file.settings.default_query_timeout == 36000000);
  CHECK(file.settings.default_schema == "information_schema");
  CHECK(file.settings.server_version == "5.5.30");
  CHECK(file.settings.ping_interval_server_msec == 120000);
  CHECK(file.settings.monitor_history_ms == 600000);
  CHECK(file.settings.have_compress);
  CHECK_FALSE(file.settings.accepted.contains("mysql-poll_timeout"));  // at its default

  REQUIRE(file.tables.servers.size() == 2);
  CHECK(file.tables.servers[0].hostname == "127.0.0.1");
  CHECK(file.tables.servers[0].max_connections == 200);
  CHECK(file.tables.servers[1].port == 3307);
  CHECK(file.tables.servers[1].hostgroup_id == 1);
  CHECK(file.tables.servers[1].weight == 2);
  CHECK(file.tables.servers[1].comment == "a b");
  REQUIRE(file.tables.users.size() == 2);
  CHECK(file.tables.users[0].password == "");
  CHECK_FALSE(file.tables.users[1].password.has_value());
  CHECK_FALSE(file.tables.users[1].active);
  REQUIRE(file.tables.query_rules.size() == 3);
  CHECK(file.tables.query_rules[0].active);
  CHECK(file.tables.query_rules[1].active);  // the file's default, not the table's
  CHECK(file.tables.query_rules[1].match_digest == "\\bid\\b");
  CHECK(file.tables.query_rules[1].flag_in == 16);
  CHECK(file.tables.query_rules[1].apply);
  CHECK_FALSE(file.tables.query_rules[2].active);
  REQUIRE(file.tables.replication_hostgroups.size() == 1);
  CHECK(file.tables.replication_hostgroups[0].check_type == "read_only|innodb_read_only");
}

struct Case {
  const char *text, *complaint;
};
const Case kMistakes[] = {
    {"mysql_servers = ( { hostname=\"a\", hostgroup=0, port=70000 } )",
     "weir.cnf:1: mysql_servers row 1, port: 70000 is not in 0..65535"},
    {"mysql_servers = (\n { hostname=\"a\", hostgroup=0 },\n { hostname=\"b\", hostgroup=0,\n   "
     "weight=\"x\" } )",
     "weir.cnf:4: mysql_servers row 2, weight: 'x' is not an integer"},
    {"mysql_servers = ( { hostname=\"a\", hostgroup=0, weight=1.5 } )",
     "weir.cnf:1: mysql_servers row 1, weight: is a number with a fraction; an integer is needed"},
    {"mysql_servers = ( { hostname=5, hostgroup=0 } )",
     "weir.cnf:1: mysql_servers row 1, hostname: is an integer; text in double quotes is needed"},
    {"mysql_servers = ( { hostname=true, hostgroup=0 } )",
     "weir.cnf:1: mysql_servers row 1, hostname: is true or false; text in double quotes is needed"},
    {"mysql_servers = ( { hostname=\"a\", hostgroup=(0) } )",
     "weir.cnf:1: mysql_servers row 1, hostgroup_id: is a list ( ... ); an integer is needed"},
    {"mysql_servers = ( { hostname=\"a\" } )",
     "weir.cnf:1: mysql_servers row 1, hostgroup_id: is missing (or hostgroup); every row needs it"},
    {"mysql_servers = ( { hostgroup=0 } )",
     "weir.cnf:1: mysql_servers row 1, hostname: is missing (or address); every row needs it"},
    {"mysql_servers = ( \"a\" )", "weir.cnf:1: mysql_servers row 1: is text; a group { ... } is needed"},
    {"mysql_servers = { hostname=\"a\" }",
     "weir.cnf:1: mysql_servers: is a group { ... }; a list of groups is needed: mysql_servers = ( { "
     "... }, { "
     "... } )"},
    {"mysql_servers = ( { hostname=\"a\", hostgroup=0, status=\"DOWN\" } )",
     "weir.cnf:1: mysql_servers row 1, status: 'DOWN' is not one of ONLINE, SHUNNED, OFFLINE_SOFT, "
     "OFFLINE_HARD"},
    {"mysql_servers = ( { hostname=\"a\", hostgroup=0, wieght=1 } )",
     "weir.cnf:1: warning: mysql_servers row 1, wieght: is not known and ignored; did you mean "
     "'weight'?"},
    {"mysql_servres = ( )",
     "weir.cnf:1: warning: mysql_servres: is not known and ignored; did you mean 'mysql_servers'?"},
    {"pgsql_users = ( { id=1 } )", "weir.cnf:1: warning: pgsql_users: has no effect in this version"},
    {"restapi = ( { timeout_ms=100, method=\"PUT\", uri=\"a\", script=\"/a\" } )",
     "weir.cnf:1: restapi_routes row 1, method: 'PUT' is not one of GET, POST"},
    {"mysql_variables = { wait_timeout=-1 }",
     "weir.cnf:1: global_variables, mysql-wait_timeout: -1 is not in 0..1728000000"},
    {"mysql_variables = { multiplexing=2 }",
     "weir.cnf:1: global_variables, mysql-multiplexing: '2' is not true or false (or 1 or 0)"},
    {"mysql_variables = { wait_timeout=1.5 }",
     "weir.cnf:1: global_variables, mysql-wait_timeout: is a number with a fraction; allowed are an "
     "integer, true "
     "or false, and text in double quotes"},
    {"mysql_variables = { wait_timeot=1 }",
     "weir.cnf:1: warning: global_variables, mysql-wait_timeot: is not known and ignored; did you "
     "mean "
     "'mysql-wait_timeout'?"},
    {"mysql_variables = { forward_autocommit=true }",
     "weir.cnf:1: warning: global_variables, mysql-forward_autocommit: no longer exists and is "
     "ignored"},
    {"mysql_variables = ( )",
     "weir.cnf:1: mysql_variables: is a list ( ... ); a group is needed: mysql_variables = { ... }"},
    {"mysql_users = ( { username=\"a\" }\n { username=\"b\" } )",
     "weir.cnf:2: syntax error (is a comma missing between two rows, or a quote?)"}};

TEST_CASE("what is wrong in a file is said with its line and what is allowed", "[admin][config_file]") {
  for (const Case& c : kMistakes) {
    CAPTURE(c.text);
    const ConfigFile file = read(c.text);
    CHECK(texts(file.complaints) == std::vector<std::string>{c.complaint});
    CHECK(file.has_errors() == (std::string_view(c.complaint).find("warning: ") == std::string_view::npos));
  }
}

TEST_CASE("variables may carry their prefix, and values may be numbers, truths or texts",
          "[admin][config_file]") {
  const ConfigFile file =
      read(R"(mysql_variables = { mysql-threads="3", wait_timeout=60000, mysql-multiplexing=false,
    auto_rw_split=1, default_query_timeout=3600000L } admin_variables = { admin-refresh_interval=500 })");
  CHECK(texts(file.complaints).empty());
  CHECK(file.settings.threads == 3);
  CHECK(file.settings.wait_timeout == 60000);
  CHECK_FALSE(file.settings.multiplexing);
  CHECK(file.settings.auto_rw_split);
  CHECK(file.settings.accepted.at("admin-refresh_interval") == "500");
}

TEST_CASE("an empty array is NULL", "[admin][config_file]") {
  const ConfigFile file = read("mysql_query_rules = ( { rule_id=1, re_modifiers=[] } )");
  CHECK(texts(file.complaints).empty());
  REQUIRE(file.tables.query_rules.size() == 1);
  CHECK(file.tables.query_rules[0].re_modifiers == std::nullopt);
}

TEST_CASE("every column of every table refuses values of the wrong kind", "[admin][config_file]") {
  const Tables none;
  for_each_table(none, [&]<class Row>(const TableSpec<Row>& spec, const auto&) {
    for (const Column<Row>& column : spec.columns) {
      for (const char* value : {"1.5", "( )", "{ }", is_nullable_column(column) ? "[ 1 ]" : "[ ]",
                                is_text_column(column) ? "7" : "\"x\""}) {
        CAPTURE(spec.name, column.name, value);
        const ConfigFile file =
            read(std::string(spec.name) + " = ( { " + std::string(column.name) + " = " + value + " } )");
        const bool complained = std::ranges::any_of(file.complaints, [&](const Complaint& complaint) {
          return complaint.severity == Severity::error && complaint.table == spec.name &&
                 complaint.row == 1 && complaint.column == column.name && complaint.where == "weir.cnf:1";
        });
        CHECK(complained);
      }
    }
  });
}

TEST_CASE("files that cannot be read or include others", "[admin][config_file]") {
  const Files files;
  CHECK_THAT(to_text(read_config_file(files.path("none.cnf")).complaints.at(0)),
             Catch::EndsWith("none.cnf: cannot be read: No such file or directory"));
  CHECK(read_config_file(files.path("")).has_errors());  // a directory

  files.write("users.cnf", "mysql_users = (\n { username=\"a\", weight=1 } )\n");
  const ConfigFile file = read_config_file(files.write("weir.cnf", "@include \"users.cnf\"\n"));
  CHECK(file.tables.users.size() == 1);
  REQUIRE(file.complaints.size() == 1);
  CHECK_THAT(file.complaints[0].where, Catch::EndsWith("users.cnf:2"));
  CHECK(file.origins.at({"mysql_users", 1}).ends_with("users.cnf:2"));
}

TEST_CASE("any shorter file is refused or read, never more", "[admin][config_file]") {
  for (std::size_t size = 0; size < kFileOfProxysql.size(); size += 7) {
    const ConfigFile file = read(kFileOfProxysql.substr(0, size));
    CHECK(file.tables.servers.size() <= 2);
  }
}

TEST_CASE("the sample configuration is current, and changes nothing", "[admin][sample_config]") {
  std::ifstream in("etc/weir.cnf", std::ios::binary);
  const std::string committed((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  const bool current = committed == sample_config();
  INFO("refresh it with: weir --print-config > etc/weir.cnf");
  CHECK(current);

  const ConfigFile file = read(sample_config());
  CHECK(texts(file.complaints).empty());
  CHECK(file.settings == defaults());
  CHECK(file.origins.empty());
}

TEST_CASE("the examples of the sample configuration load", "[admin][sample_config]") {
  std::string text = sample_config();
  for (std::size_t at = text.find("\n#   {"); at != std::string::npos; at = text.find("\n#   {", at))
    text.erase(at + 1, 1);
  const ConfigFile file = read(text);
  CHECK(texts(file.complaints).empty());
  CHECK(file.tables.servers.size() == 3);
  CHECK(file.tables.users.size() == 1);
  CHECK(file.tables.query_rules.size() == 2);
  CHECK(file.tables.replication_hostgroups.size() == 1);
  CHECK(file.tables.hostgroup_attributes.size() == 1);
}
