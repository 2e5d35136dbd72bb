// What servers of all kinds say of their replication.
#include "monitor/replication_rows.hpp"

#include <catch2/catch.hpp>

#include "tests/support/query_answer.hpp"

namespace weir::test {
namespace {

using Cells = std::vector<std::optional<std::string>>;

TEST_CASE("a source reads the same in the words of all servers", "[monitor]") {
  const ReplicationLink expected{.channel = "east",
                                 .source = {"db1", 3307},
                                 .source_server_id = 7,
                                 .io = {"Connecting", 2003, "cannot connect"},
                                 .sql = {"Yes", 0, ""},
                                 .lag_s = 12,
                                 .delay_s = 60,
                                 .by_gtid = true,
                                 .applied = "binlog.000002:345",
                                 .filters = {"Replicate_Do_DB=shop"}};
  struct Case {
    const char* name;
    std::vector<std::string> columns;
    const char* gtid;
    const char* uuid;
  };
  const Case cases[] = {
      {"MariaDB",
       {"Connection_name", "Master_Host", "Master_Port", "Master_Server_Id", "Slave_IO_Running",
        "Last_IO_Errno", "Last_IO_Error", "Slave_SQL_Running", "Last_SQL_Errno", "Last_SQL_Error",
        "Seconds_Behind_Master", "SQL_Delay", "Relay_Master_Log_File", "Exec_Master_Log_Pos",
        "Replicate_Do_DB", "Replicate_Ignore_Server_Ids", "Using_Gtid", "Master_UUID"},
       "Slave_Pos",
       ""},
      {"MySQL before 8.0.22",
       {"Channel_Name", "Master_Host", "Master_Port", "Master_Server_Id", "Slave_IO_Running", "Last_IO_Errno",
        "Last_IO_Error", "Slave_SQL_Running", "Last_SQL_Errno", "Last_SQL_Error", "Seconds_Behind_Master",
        "SQL_Delay", "Relay_Master_Log_File", "Exec_Master_Log_Pos", "Replicate_Do_DB",
        "Replicate_Ignore_Server_Ids", "Auto_Position", "Master_UUID"},
       "1",
       "ac58"},
      {"MySQL",
       {"Channel_Name", "Source_Host", "Source_Port", "Source_Server_Id", "Replica_IO_Running",
        "Last_IO_Errno", "Last_IO_Error", "Replica_SQL_Running", "Last_SQL_Errno", "Last_SQL_Error",
        "Seconds_Behind_Source", "SQL_Delay", "Relay_Source_Log_File", "Exec_Source_Log_Pos",
        "Replicate_Do_DB", "Replicate_Ignore_Server_Ids", "Auto_Position", "Source_UUID"},
       "1",
       "ac58"},
  };
  for (const Case& c : cases) {
    INFO(c.name);
    const Cells row{"east",           "db1", "3307", "7", "Connecting", "2003",
                    "cannot connect", "Yes", "0",    "",  "12",         "60",
                    "binlog.000002",  "345", "shop", "4", c.gtid,       c.uuid};
    ReplicationLink wanted = expected;
    wanted.source_uuid = c.uuid;
    CHECK(to_links(query_answer(c.columns, {row}), LinkDetail::all) == std::vector{wanted});
    const ReplicationLink state{
        .source = wanted.source, .io = wanted.io, .sql = wanted.sql, .lag_s = wanted.lag_s};
    CHECK(to_links(query_answer(c.columns, {row}), LinkDetail::state) == std::vector{state});
  }
}

TEST_CASE("a source that says less is read as far as it goes", "[monitor]") {
  const std::vector<std::string> columns{"Master_Host", "Master_Port", "Slave_SQL_Running",
                                         "Seconds_Behind_Master", "Using_Gtid"};
  struct Case {
    const char* name;
    Cells row;
    ReplicationLink link;
  };
  const Case cases[] = {
      {"no lag", {"a", "3306", "No", std::nullopt, "No"}, {.source = {"a", 3306}, .sql = {"No", 0, ""}}},
      {"no port",
       {"a", std::nullopt, "Yes", "0", "No"},
       {.source = {"a", 3306}, .sql = {"Yes", 0, ""}, .lag_s = 0}},
      {"a port out of bounds",
       {"a", "70000", "Yes", "0", "No"},
       {.source = {"a", 3306}, .sql = {"Yes", 0, ""}, .lag_s = 0}},
      {"a lag that is none", {"a", "1", "Yes", "12x", "No"}, {.source = {"a", 1}, .sql = {"Yes", 0, ""}}},
      {"numbers that are none",
       {"a", "nan", "Yes", "nan", "No"},
       {.source = {"a", 3306}, .sql = {"Yes", 0, ""}}},
      {"a lag of longer than there are servers",
       {"a", "1", "Yes", "1e300", "No"},
       {.source = {"a", 1}, .sql = {"Yes", 0, ""}}},
      {"a lag without an end", {"a", "1", "Yes", "inf", "No"}, {.source = {"a", 1}, .sql = {"Yes", 0, ""}}},
      {"no source", {"", "3306", "No", std::nullopt, "Current_Pos"}, {.sql = {"No", 0, ""}, .by_gtid = true}},
  };
  for (const Case& c : cases) {
    INFO(c.name);
    CHECK(to_links(query_answer(columns, {c.row}), LinkDetail::all) == std::vector{c.link});
  }
  CHECK(to_links(query_answer(columns, {}), LinkDetail::all).empty());
}

TEST_CASE("positions of both kinds are sets of transactions", "[monitor]") {
  CHECK(to_position(query_answer({"gtid_executed"}, {{"ac582829-e606-11f1-af64-02fc00000001:1-5"}})) ==
        GtidSet::from_mysql("ac582829-e606-11f1-af64-02fc00000001:1-5"));
  CHECK(to_position(query_answer({"binlog_state", "slave_pos"}, {{"0-2-3", "0-1-7"}})) ==
        GtidSet::from_mariadb("0-2-3,0-1-7"));
  CHECK(to_position(query_answer({"binlog_state", "slave_pos"}, {{"", ""}})) == GtidSet::from_mariadb(""));
  CHECK_FALSE(to_position(query_answer({"gtid_executed"}, {{"nonsense"}})).has_value());
}

}  // namespace
}  // namespace weir::test
