#include <catch2/catch.hpp>

#include "tests/unit/router/config/said.hpp"

using namespace weir;

namespace {

// Fills what a row must have, so that only what a test changes is odd.
template <class Row>
Row plain_row(const TableSpec<Row>& spec) {
  Row row{};
  for (const Column<Row>& column : spec.columns) {
    if (!required_in_sql(column.required)) continue;
    const bool is_text = is_text_column(column);
    const auto set =
        is_text
            ? set_column(row, column, std::string_view("/x"))
            : set_column(row, column, std::clamp<std::int64_t>(100, column.allowed.min, column.allowed.max));
    if (!set) REQUIRE(set_column(row, column, column.allowed.words.front()).has_value());
  }
  if constexpr (requires { row.active; }) row.active = true;
  return row;
}

}  // namespace

TEST_CASE("every column that nothing acts on says so when it asks for something",
          "[router][config][checks]") {
  Tables tables;
  std::size_t tested = 0;
  for_each_table(tables, [&]<class Row>(const TableSpec<Row>& spec, std::vector<Row>& rows) {
    if (!spec.unused.empty()) return;
    for (const Column<Row>& column : spec.columns) {
      if (!column.unused) continue;
      CAPTURE(spec.name, column.name);
      Row row = plain_row(spec);
      const std::string_view word =
          column.allowed.words.empty() ? std::string_view("x") : column.allowed.words.back();
      const auto set = column.allowed.json      ? set_column(row, column, std::string_view(R"({"a":1})"))
                       : is_text_column(column) ? set_column(row, column, word)
                                                : set_column(row, column, std::int64_t{1});
      REQUIRE(set.has_value());
      const auto count = [&] {
        const auto texts = said(tables);
        return std::ranges::count_if(texts, [&](const std::string& text) {
          return text.starts_with("warning: ") &&
                 text.ends_with(std::string(column.name) + ": has no effect in this version");
        });
      };
      rows = {row};
      CHECK(count() == 1);
      if constexpr (requires { row.active; }) {
        rows[0].active = false;
        CHECK(count() == 0);
      }
      rows = {plain_row(spec)};
      CHECK(count() == 0);
      rows.clear();
      ++tested;
    }
  });
  CHECK(tested == 12);
}

TEST_CASE("tables that nothing acts on are kept, and say so", "[router][config][checks]") {
  std::size_t tested = 0;
  Tables tables;
  for_each_table(tables, [&]<class Row>(const TableSpec<Row>& spec, std::vector<Row>& rows) {
    if (spec.unused.empty()) return;
    CAPTURE(spec.name);
    rows = {plain_row(spec)};
    const std::string table(spec.name);
    const auto texts = said(tables);
    CHECK(std::ranges::count(texts,
                             "warning: " + table + ": 1 row is kept, and " + std::string(spec.unused)) == 1);
    rows.clear();
    ++tested;
  });
  CHECK(tested == 6);
  tables.scheduler = {plain_row(kSchedulerTable)};
  ServerStates states;
  const auto built = build_snapshot(tables, defaults(), states, nullptr);
  REQUIRE(built.has_value());
  CHECK((*built)->tables() == tables);
}

TEST_CASE("keys of JSON objects that nobody knows are warned of", "[router][config][checks]") {
  Tables tables;
  UserRow user{.username = "u", .default_hostgroup = -1, .attributes = R"({"spife_id":1})"};
  tables.users = {user};
  CHECK(said(tables) ==
        std::vector<std::string>{
            "warning: mysql_users (username=u, backend=1), attributes: 'spife_id' is not known and ignored; "
            "did you mean 'spiffe_id'?",
            "warning: mysql_users (username=u, backend=1), default_hostgroup: is negative: the row is not "
            "loaded"});
}

TEST_CASE("a server is in clusters of one kind", "[router][config][checks]") {
  Tables tables;
  const auto cluster = [](std::int64_t first) {
    return ClusterHostgroupRow{.writer_hostgroup = first,
                               .backup_writer_hostgroup = first + 1,
                               .reader_hostgroup = first + 2,
                               .offline_hostgroup = first + 3};
  };
  tables.galera_hostgroups = {cluster(10), cluster(20)};
  tables.group_replication_hostgroups = {cluster(30)};
  tables.replication_hostgroups = {{.writer_hostgroup = 40, .reader_hostgroup = 41}};
  const auto put = [&](std::int64_t hostgroup, const char* name, std::int64_t port) {
    ServerRow& row = tables.servers.emplace_back();
    row.hostgroup_id = hostgroup;
    row.hostname = name;
    row.port = port;
  };
  // Two views of one cluster are none of our business, nor is another port.
  put(10, "a", 3306);
  put(20, "a", 3306);
  put(30, "a", 3307);
  put(40, "a", 3306);
  bool refused = false;
  said(tables, &refused);
  CHECK_FALSE(refused);
  put(33, "a", 3306);
  const auto texts = said(tables, &refused);
  CHECK(refused);
  const std::string expected =
      "mysql_servers (hostgroup_id=33, hostname=a, port=3306), hostgroup_id: 33 is a hostgroup of "
      "mysql_group_replication_hostgroups (writer_hostgroup=30), and the server is in one of "
      "mysql_galera_hostgroups (writer_hostgroup=10), too; a server is in clusters of one kind";
  CHECK(std::ranges::find(texts, expected) != texts.end());
  tables.group_replication_hostgroups[0].active = false;
  said(tables, &refused);
  CHECK_FALSE(refused);
}

TEST_CASE("addresses of users are addresses, and at least one", "[router][config][checks]") {
  const auto text_of = [](const std::string& word) {
    return "'allowed_addresses': '" + word +
           "' is none of: an address, 10.1.%, 10.1.0.0/16, localhost (Unix sockets)";
  };
  const std::string none = "'allowed_addresses' must be a list with at least one address";
  const std::pair<const char*, std::string> rows[] = {
      {R"(["10.0.0.0/8","localhost","fd00::1","192.168.%"])", ""},
      {R"(["10.0.0.0/8","db.example"])", text_of("db.example")},
      {R"(["10.0.0.0/33"])", text_of("10.0.0.0/33")},
      {R"(["10.0.0.1\u0000x"])", text_of(std::string("10.0.0.1\0x", 10))},
      {R"([7])", text_of("")},
      {R"([])", none},
      {R"("10.0.0.1")", none},
  };
  for (const auto& [list, complaint] : rows) {
    CAPTURE(list);
    Tables tables;
    tables.users = {{.username = "u",
                     .default_hostgroup = 0,
                     .attributes = std::string(R"({"allowed_addresses":)") + list + "}"}};
    bool refused = false;
    const auto texts = said(tables, &refused);
    CHECK(refused == !complaint.empty());
    const auto expected = "mysql_users (username=u, backend=1), attributes: " + complaint;
    CHECK(std::ranges::count(texts, expected) == (refused ? 1 : 0));
  }
}

TEST_CASE("a user is let in from his addresses", "[router][config]") {
  Complaints complaints;
  const auto allows = [&](const char* attributes, const char* address) {
    return parse_user_attributes(attributes, complaints).allows(address);
  };
  CHECK(allows("{}", "10.0.0.9"));
  CHECK(allows("{}", ""));
  constexpr auto kSome = R"({"allowed_addresses":["10.0.0.0/8","192.168.%","fd00::1"]})";
  CHECK(allows(kSome, "10.9.9.9"));
  CHECK(allows(kSome, "192.168.7.7"));
  CHECK(allows(kSome, "fd00::1"));
  CHECK_FALSE(allows(kSome, "fd00::2"));
  CHECK_FALSE(allows(kSome, "11.0.0.1"));
  CHECK_FALSE(allows(kSome, ""));
  constexpr auto kLocal = R"({"allowed_addresses":["localhost"]})";
  CHECK(allows(kLocal, ""));
  CHECK_FALSE(allows(kLocal, "127.0.0.1"));
  CHECK(complaints.empty());
}

TEST_CASE("a hostgroup has one role over all tables that give one", "[router][config][checks]") {
  Tables tables;
  tables.replication_hostgroups = {{.writer_hostgroup = 10, .reader_hostgroup = 20}};
  tables.galera_hostgroups = {{.writer_hostgroup = 20,
                               .backup_writer_hostgroup = 21,
                               .reader_hostgroup = 22,
                               .offline_hostgroup = 23}};
  tables.aurora_hostgroups = {{.writer_hostgroup = 30, .reader_hostgroup = 23, .domain_name = ".x"}};
  bool refused = false;
  std::vector<std::string> errors;
  for (const std::string& text : said(tables, &refused)) {
    if (!text.starts_with("warning: ")) errors.push_back(text);
  }
  CHECK(refused);
  CHECK(errors ==
        std::vector<std::string>{
            "mysql_galera_hostgroups (writer_hostgroup=20), writer_hostgroup: 20 is already reader_hostgroup "
            "of "
            "mysql_replication_hostgroups (writer_hostgroup=10); a hostgroup has one role",
            "mysql_aws_aurora_hostgroups (writer_hostgroup=30), reader_hostgroup: 23 is already "
            "offline_hostgroup of mysql_galera_hostgroups (writer_hostgroup=20); a hostgroup has one role"});
  tables.galera_hostgroups[0].active = false;
  said(tables, &refused);
  CHECK_FALSE(refused);
}

TEST_CASE("a second password needs a first; what is wrong with either is told without them",
          "[router][config][checks]") {
  Tables tables;
  tables.servers = {{.hostgroup_id = 0, .hostname = "w"}};
  tables.users = {{.username = "u", .attributes = R"({"additional_password":"6F6C64"})"}};
  bool refused = false;
  CHECK(said(tables, &refused) ==
        std::vector<std::string>{"mysql_users (username=u, backend=1), attributes: 'additional_password' "
                                 "needs a password beside it"});
  CHECK(refused);
  tables.users[0].attributes = R"({"additional_password":"6F6C64")";
  for (const std::string& text : said(tables, &refused)) {
    CAPTURE(text);
    CHECK(!text.contains("6F6C64"));
    CHECK(text.contains("the text is not valid JSON"));
  }
  CHECK(refused);
}

TEST_CASE("attributes of users are switches, and say so", "[router][config][checks]") {
  struct UserLint {
    const char* attributes;
    std::vector<std::string>
        said;  // behind the name of the column; "error: " stands before those that refuse
  };
  for (const UserLint& c : {
           UserLint{"", {}},
           {"{}", {}},
           {R"({"auto_rw_split":true,"annotations":false})", {}},
           {R"({"auto_rw_split":1})", {"error: 'auto_rw_split' must be true or false"}},
           {R"({"local_infile":false})", {}},
           {R"({"local_infile":0})", {"error: 'local_infile' must be true or false"}},
           {R"({"annotations":"no"})", {"error: 'annotations' must be true or false"}},
           {R"({"annotations":null})", {"error: 'annotations' must be true or false"}},
           {R"({"spiffe_id":"spiffe://a/b"})", {}},
           {R"({"spiffe_id":"!spiffe://a/.*"})", {}},
           {R"({"spiffe_id":""})", {"error: 'spiffe_id' is empty"}},
           {R"({"spiffe_id":"!"})", {"error: 'spiffe_id' is empty"}},
           {R"({"spiffe_id":1})", {"error: 'spiffe_id' must be a string"}},
           {R"({"spiffe_id":"!a(b"})",
            {"error: 'spiffe_id' is no regular expression: missing closing parenthesis (at byte 4)"}},
           {R"({"additional_password":"6F6C64"})", {}},
           {R"({"additional_password":""})", {}},
           {R"({"additional_password":"secret"})",
            {"error: 'additional_password' must be hex digits, as HEX('...') makes them of a password or of "
             "its hash"}},
           {R"({"additional_password":["6F6C64"]})",
            {"error: 'additional_password' must be hex digits, as HEX('...') makes them of a password or of "
             "its hash"}},
           {R"({"default-transaction_isolation":"READ COMMITTED"})",
            {"'default-transaction_isolation' has no effect in this version"}},
           {"[1]", {"is no JSON object and has no effect"}},
       }) {
    CAPTURE(c.attributes);
    Tables tables;
    tables.servers = {{.hostgroup_id = 0, .hostname = "w"}};
    tables.users = {{.username = "u", .password = "p", .attributes = c.attributes}};
    std::vector<std::string> expected;
    bool refuses = false;
    for (const std::string& text : c.said) {
      const bool error = text.starts_with("error: ");
      refuses |= error;
      expected.push_back((error ? "" : "warning: ") +
                         std::string("mysql_users (username=u, backend=1), attributes: ") +
                         (error ? text.substr(7) : text));
    }
    bool refused = false;
    CHECK(said(tables, &refused) == expected);
    CHECK(refused == refuses);
    tables.users[0].active = false;
    CHECK(said(tables).empty());
  }
}

TEST_CASE("a user of a reader hostgroup whose reads are to be split is warned of",
          "[router][config][checks]") {
  struct ReaderLint {
    const char* name;
    std::int64_t hostgroup;
    const char* attributes;
    bool warned;
  };
  for (const ReaderLint& c : {ReaderLint{"the reader", 1, R"({"auto_rw_split":true})", true},
                              {"the writer", 0, R"({"auto_rw_split":true})", false},
                              {"without splitting", 1, "", false},
                              {"where it is meant", 1, R"({"auto_rw_split":false})", false},
                              {"no hostgroup of a pair", 2, R"({"auto_rw_split":true})", false}}) {
    CAPTURE(c.name);
    Tables tables;
    tables.servers = {{.hostgroup_id = 0, .hostname = "w"},
                      {.hostgroup_id = 1, .hostname = "r"},
                      {.hostgroup_id = 2, .hostname = "x"}};
    tables.replication_hostgroups = {{.writer_hostgroup = 0, .reader_hostgroup = 1}};
    tables.users = {{.username = "u", .default_hostgroup = c.hostgroup, .attributes = c.attributes}};
    const auto texts = said(tables);
    REQUIRE(texts.size() == (c.warned ? 1 : 0));
    if (c.warned)
      CHECK(
          texts[0].starts_with("warning: mysql_users (username=u, backend=1), default_hostgroup: 1 is the "
                               "reader of a pair: writes go there, too"));
  }
}

TEST_CASE("a load says which of its variables wait for a restart", "[router][config][checks]") {
  ServerStates states;
  const auto before = build_snapshot({}, defaults(), states, nullptr).value();
  for (const Variable& variable : all_variables()) {
    const auto* kind = std::get_if<IntVariable>(&variable.kind);
    if (kind == nullptr || !has_effect(variable)) continue;
    CAPTURE(variable.name);
    Settings settings = defaults();
    settings.*kind->field = kind->initial < kind->max ? kind->initial + 1 : kind->initial - 1;
    const auto after = build_snapshot({}, settings, states, before).value();
    const bool warned = std::ranges::any_of(after->warnings(), [&](const Complaint& complaint) {
      return complaint.column == variable.name && complaint.text.contains("restart");
    });
    CHECK(warned == (variable.effect == TakesEffect::at_restart));
    CHECK(build_snapshot({}, settings, states, after).value()->warnings().empty());
  }
}

TEST_CASE("a query log that is not what was asked for says so", "[router][config][checks]") {
  struct Case {
    std::string_view name, filename;
    std::int64_t format, by_default;
    std::optional<std::int64_t> log;
    std::vector<std::string> expected;
  };
  const std::string no_name =
      "global_variables, mysql-eventslog_filename: is empty: there is no query log, although a rule has "
      "log=1";
  for (const Case& c : {
           Case{"off", "", 1, 0, {}, {}},
           Case{"off, and a rule that wants none", "", 1, 0, 0, {}},
           Case{"off, and a rule that wants lines", "", 2, 0, 1, {no_name}},
           Case{"off, and lines wanted by default", "", 2, 1, {}, {}},
           Case{"on", "q", 2, 1, 1, {}},
           Case{"on, and binary",
                "q",
                1,
                0,
                {},
                {"global_variables, mysql-eventslog_format: 1: the query log is lines of JSON, as with 2"}},
       }) {
    CAPTURE(c.name);
    Tables tables;
    tables.query_rules.push_back(rule(1));
    tables.query_rules.back().match_digest = "^SELECT";
    tables.query_rules.back().log = c.log;
    Settings settings = defaults();
    settings.eventslog_filename = c.filename;
    settings.eventslog_format = c.format;
    settings.eventslog_default_log = c.by_default;
    std::vector<std::string> texts = said(tables, nullptr, std::move(settings));
    std::erase_if(texts, [](const std::string& text) { return !text.contains("eventslog"); });
    for (std::string& text : texts) text.erase(0, text.starts_with("warning: ") ? 9 : 0);
    CHECK(texts == c.expected);
  }
}
