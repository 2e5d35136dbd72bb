#include "proxy/options.hpp"

#include <catch2/catch.hpp>
#include <memory>

#include "router/config/variables.hpp"

using namespace weir;

namespace {

// An argv of its own memory, each argument in a buffer of exactly its size.
struct Arguments {
  explicit Arguments(std::initializer_list<std::string_view> texts) {
    for (std::string_view text : texts) {
      buffers.push_back(std::make_unique<char[]>(text.size() + 1));
      text.copy(buffers.back().get(), text.size());
      pointers.push_back(buffers.back().get());
    }
  }
  std::vector<std::unique_ptr<char[]>> buffers;
  std::vector<char*> pointers;
};

Result<Options, std::string> parse(std::initializer_list<std::string_view> texts) {
  Arguments arguments(texts);
  return parse_options(arguments.pointers);
}

}  // namespace

TEST_CASE("a whole cluster on the command line", "[proxy][options]") {
  const auto options = parse({"--writer", "db1", "--reader", "[::1]:3307,weight=3", "--reader=/run/r.sock",
                              "--user", "app:se:cret", "--user=ro:", "--monitor-user", "mon:pw", "--listen",
                              "127.0.0.1:7000", "--listen=/run/weir.sock", "--threads", "3", "-M"});
  REQUIRE(options.has_value());
  Tables tables;
  Settings settings = defaults();
  apply_options(*options, tables, settings);
  REQUIRE(tables.servers.size() == 3);
  CHECK(tables.servers[0].hostgroup_id == 0);
  CHECK(tables.servers[0].hostname == "db1");
  CHECK(tables.servers[0].port == 3306);
  CHECK(tables.servers[0].weight == 1);
  CHECK(tables.servers[1].hostgroup_id == 1);
  CHECK(tables.servers[1].hostname == "::1");
  CHECK(tables.servers[1].port == 3307);
  CHECK(tables.servers[1].weight == 3);
  CHECK(tables.servers[2].hostname == "/run/r.sock");
  CHECK(tables.servers[2].port == 0);
  REQUIRE(tables.replication_hostgroups.size() == 1);
  CHECK(tables.replication_hostgroups[0].writer_hostgroup == 0);
  CHECK(tables.replication_hostgroups[0].reader_hostgroup == 1);
  REQUIRE(tables.users.size() == 2);
  CHECK(tables.users[0].username == "app");
  CHECK(tables.users[0].password == "se:cret");
  CHECK(tables.users[0].default_hostgroup == 0);
  CHECK(tables.users[1].password == "");
  CHECK(settings.auto_rw_split);
  CHECK(settings.interfaces == "127.0.0.1:7000;/run/weir.sock");
  CHECK(settings.threads == 3);
  CHECK(settings.monitor_username == "mon");
  CHECK(settings.monitor_password == "pw");
  CHECK_FALSE(settings.monitor_enabled);
}

TEST_CASE("MySQL Proxy's names and its lists", "[proxy][options]") {
  const auto options = parse({"--proxy-address=:4040", "--proxy-backend-addresses=a:1,b:2",
                              "--proxy-read-only-backend-addresses", "c:3,weight=5,d:4"});
  REQUIRE(options.has_value());
  REQUIRE(options->listen.size() == 1);
  CHECK(options->listen[0].text() == ":4040");
  REQUIRE(options->writers.size() == 2);
  CHECK(options->writers[1].address == HostPort{"b", 2});
  REQUIRE(options->readers.size() == 2);
  CHECK(options->readers[0].weight == 5);
  CHECK(options->readers[1].address == HostPort{"d", 4});
  CHECK_FALSE(options->readers[1].weight.has_value());
}

TEST_CASE("ProxySQL's flags that need nothing are accepted", "[proxy][options]") {
  const auto options = parse({"-e", "-r", "--idle-threads", "--no-version-check", "-U", "x", "-c", "a.cnf",
                              "-D", "/var/lib/weir", "--log=weir.log"});
  REQUIRE(options.has_value());
  CHECK_FALSE(options->configures());
  CHECK(options->config_file == "a.cnf");
  CHECK(options->datadir == "/var/lib/weir");
  CHECK(options->log_file == "weir.log");
  CHECK(options->task == Options::Task::run);
}

TEST_CASE("flags that say how to start", "[proxy][options]") {
  const auto plain = parse({"-c", "a.cnf"});
  CHECK_FALSE((plain->initial || plain->reload || plain->no_start || plain->foreground));
  CHECK(parse({"--initial"})->initial);
  CHECK(parse({"--reload"})->reload);
  CHECK(parse({"-n"})->no_start);
  CHECK(parse({"--no-start"})->no_start);
  CHECK(parse({"-f"})->foreground);
}

TEST_CASE("where the admin port listens is a variable, and the command line wins", "[proxy][options]") {
  const auto options =
      parse({"--admin-listen", "0.0.0.0:7000", "-S", "/run/weir-admin.sock", "--admin-listen=[::1]"});
  REQUIRE(options.has_value());
  CHECK(options->configures());
  Tables tables;
  Settings settings = defaults();
  apply_options(*options, tables, settings);
  CHECK(settings.admin_interfaces == "0.0.0.0:7000;/run/weir-admin.sock;[::1]:6032");
  CHECK(settings.interfaces == defaults().interfaces);
}

TEST_CASE("what is to be done", "[proxy][options]") {
  using enum Options::Task;
  CHECK(parse({})->task == run);
  CHECK(parse({"--check"})->task == check);
  CHECK(parse({"-V"})->task == version);
  CHECK(parse({"--print-config"})->task == print_config);
  CHECK(parse({"--print-statistics"})->task == print_statistics);
  for (const char* name : {"-h", "-help", "--help", "--usage"}) CHECK(parse({name})->task == help);
}

TEST_CASE("a command line with a mistake is refused with what is allowed", "[proxy][options]") {
  struct Case {
    std::vector<std::string_view> arguments;
    const char* text;
  };
  for (const Case& c : std::initializer_list<Case>{
           {{"--writter", "a"}, "unknown option '--writter'; did you mean '--writer'?"},
           {{"--writter=a"}, "did you mean '--writer'?"},
           {{"weir.cnf"}, "unknown option 'weir.cnf'"},
           {{"--writer"}, "--writer needs HOST:PORT"},
           {{"--writer="}, "--writer: needs HOST:PORT"},
           {{"--writer", "a:0"}, "has a port that is not in 1..65535"},
           {{"--reader", "weight=3"}, "allowed are host:port"},
           {{"--reader", "a,weight=x"}, "'x' is not an integer"},
           {{"--reader", "a,weight=-1"}, "-1 is not in 0..10000000"},
           {{"--user", "app"}, "--user: needs NAME:PASSWORD"},
           {{"--user", ":pw"}, "--user: needs NAME:PASSWORD"},
           {{"--threads", "256"}, "--threads: 256 is not in 0..255"},
           {{"--check=yes"}, "--check takes no value"},
           {{"-c", ""}, "-c: may not be empty"},
           {{"-x"}, "unknown option '-x'"}}) {
    Arguments arguments({});
    for (std::string_view text : c.arguments) {
      Arguments one({text});
      arguments.buffers.push_back(std::move(one.buffers[0]));
      arguments.pointers.push_back(arguments.buffers.back().get());
    }
    CAPTURE(c.text);
    const auto options = parse_options(arguments.pointers);
    REQUIRE_FALSE(options.has_value());
    CHECK_THAT(options.error(), Catch::Contains(c.text));
    CHECK_THAT(options.error(), !Catch::Contains("pw"));
  }
}

TEST_CASE("passwords do not stay on the command line", "[proxy][options]") {
  Arguments arguments({"--user", "app:secret", "--monitor-user=mon:secret", "--user", "x:"});
  const auto options = parse_options(arguments.pointers);
  REQUIRE(options.has_value());
  CHECK(options->users[0].password == "secret");
  CHECK(options->monitor_user->password == "secret");
  CHECK(std::string_view(arguments.pointers[1], 11) == std::string_view("app:x\0\0\0\0\0", 11));
  CHECK(std::string(arguments.pointers[2]) == "--monitor-user=mon:x");
  CHECK(std::string(arguments.pointers[4]) == "x:");
}

TEST_CASE("a successor gets the command line, but for what was meant for the first start",
          "[proxy][options]") {
  Arguments arguments(
      {"--initial", "-c", "--reload", "--user", "app:secret", "-n", "--threads=3", "--takeover", "-D"});
  const std::vector<std::string> command = successor_command("/opt/weir", arguments.pointers);
  CHECK(command == std::vector<std::string>{"/opt/weir", "-c", "--reload", "--user", "app:secret",
                                            "--threads=3", "-D", "--takeover"});
  CHECK(successor_command("weir", {}) == std::vector<std::string>{"weir", "--takeover"});
}

TEST_CASE("the command line adds to the file, and wins", "[proxy][options]") {
  Tables tables;
  ServerRow server;
  server.hostname = "db1";
  server.weight = 9;
  server.max_connections = 50;
  tables.servers = {server};
  ReplicationHostgroupRow pair;
  pair.reader_hostgroup = 20;
  tables.replication_hostgroups = {pair};
  UserRow user;
  user.username = "app";
  user.password = "old";
  user.default_hostgroup = 7;
  user.max_connections = 5;
  tables.users = {user};
  Settings settings = defaults();
  apply_options(*parse({"--writer", "db1", "--reader", "db2", "--user", "app:new"}), tables, settings);
  REQUIRE(tables.servers.size() == 2);
  CHECK(tables.servers[0].weight == 9);
  CHECK(tables.servers[0].max_connections == 50);
  CHECK(tables.servers[1].hostgroup_id == 20);
  CHECK(tables.replication_hostgroups.size() == 1);
  REQUIRE(tables.users.size() == 1);
  CHECK(tables.users[0].password == "new");
  CHECK(tables.users[0].default_hostgroup == 0);
  CHECK(tables.users[0].max_connections == 5);
  CHECK(settings.interfaces == defaults().interfaces);
}

TEST_CASE("every address to listen on is one that the variable takes", "[proxy][options]") {
  for (const char* text :
       {"127.0.0.1:0", ":4040", "*:6033", "[::]:6033", "[::1]", "0.0.0.0", "/run/weir.sock"}) {
    CAPTURE(text);
    const auto options = parse({"--listen", text});
    REQUIRE(options.has_value());
    Tables tables;
    Settings settings = defaults();
    apply_options(*options, tables, settings);
    Settings set = defaults();
    CHECK(set_variable(set, "mysql-interfaces", settings.interfaces).has_value());
  }
}

TEST_CASE("--help names every option", "[proxy][options]") {
  const std::string text = usage();
  for (const char* name :
       {"--writer", "--reader", "--user", "--monitor-user", "--listen", "--threads", "--config", "--datadir",
        "--log", "--check", "--print-config", "--print-statistics", "--proxy-backend-addresses",
        "--admin-listen", "--initial", "--reload", "--version", "/etc/weir.cnf", "SIGHUP"}) {
    CHECK_THAT(text, Catch::Contains(name));
  }
}
