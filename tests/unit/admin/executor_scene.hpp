// A SqlExecutor on a store of its own, with layers and a process that only write down what they were asked.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "admin/layers.hpp"
#include "admin/live_table.hpp"
#include "admin/process_control.hpp"
#include "admin/sql_executor.hpp"
#include "admin/store.hpp"
#include "admin/table_sql.hpp"
#include "router/config/tables.hpp"
#include "router/config/variables.hpp"

namespace weir::test {

struct FakeLayers : Layers {
  std::vector<std::string> calls;
  Complaints complaints;  // of the next move
  std::vector<Difference> differences;

  Moved answer(std::string call) {
    calls.push_back(std::move(call));
    return {.rows = 3, .complaints = std::exchange(complaints, {})};
  }
  Moved move(const Module& module, Layer from, Layer to) override {
    return answer(std::string(module.name) + ": " + std::string(to_text(from)) + " -> " +
                  std::string(to_text(to)));
  }
  Moved load_user(std::string_view username) override { return answer("user " + std::string(username)); }
  std::vector<Difference> diff(Layer left, Layer right) override {
    calls.push_back("diff " + std::string(to_text(left)) + " " + std::string(to_text(right)));
    return differences;
  }
  std::vector<std::string_view> pending() override { return {}; }
  std::string as_config_file() override { return "datadir=\"/var/lib/weir\"\n"; }
};

struct FakeProcess : ProcessControl {
  std::vector<std::string> calls;
  std::string problem;  // if not empty, what the next call answers

  Result<void, std::string> answer(std::string call) {
    calls.push_back(std::move(call));
    if (problem.empty()) return {};
    return std::unexpected(std::exchange(problem, {}));
  }
  Result<void, std::string> pause() override { return answer("pause"); }
  Result<void, std::string> resume() override { return answer("resume"); }
  Result<void, std::string> stop() override { return answer("stop"); }
  Result<void, std::string> start() override { return answer("start"); }
  void restart() override { calls.emplace_back("restart"); }
  void shut_down(bool orderly) override { calls.emplace_back(orderly ? "shut down slowly" : "shut down"); }
  void exit_now() override { calls.emplace_back("exit"); }
  Result<void, std::string> reopen_logs() override { return answer("reopen logs"); }
  Result<void, std::string> reload_tls() override { return answer("reload tls"); }
};

struct ExecutorScene {
  Store store;
  FakeLayers layers;
  FakeProcess process;
  bool read_only = false;
  std::vector<std::string> killed;
  AdminSession session{.id = 1, .user = "admin", .address = "127.0.0.1"};
  SqlExecutor executor{CommandTools{
      .store = store,
      .layers = layers,
      .process = process,
      .metrics = [] { return std::string("weir_up 1\n"); },
      .kill =
          [this](std::uint32_t id, KillTarget target) {
            killed.push_back((target == KillTarget::query ? "query " : "connection ") + std::to_string(id));
            return id == 7;
          },
      .clear_digests = [] { return std::size_t{2}; },
      .flush_query_cache = [] { return std::size_t{3}; },
      .reopen_disk = [] { return Result<void, std::string>{}; },
      .read_only = [this] { return read_only; },
      .set_read_only = [this](bool on) { read_only = on; }}};

  ExecutorScene() {
    for (std::string_view schema : {"main", "disk"}) {
      const Tables tables;
      for_each_table(tables, [&](const auto& spec, const auto&) { create_table(store, schema, spec); });
      create_table(store, schema, kVariablesTable);
    }
    for (const Variable& variable : all_variables()) {
      SqlStatement row = store.prepare("INSERT INTO main.global_variables VALUES (?, ?)");
      row.bind(1, std::string(variable.name));
      row.bind(2, default_text(variable));
      row.step();
    }
    live("stats", "stats_mysql_global", "Variable_Name VARCHAR NOT NULL , Variable_Value VARCHAR NOT NULL",
         {{"Uptime", "5"}});
    live("stats", "global_variables", "variable_name VARCHAR NOT NULL , variable_value VARCHAR NOT NULL",
         {{"mysql-max_allowed_packet", "4194304"}});
    live("stats", "stats_mysql_processlist",
         "ThreadID INT , SessionID INT , user VARCHAR , db VARCHAR , cli_host VARCHAR , cli_port INT , "
         "hostgroup INT , "
         "l_srv_host VARCHAR , l_srv_port INT , srv_host VARCHAR , srv_port INT , command VARCHAR , time_ms "
         "INT , "
         "info VARCHAR , status_flags INT , extended_info VARCHAR",
         {{"0", "7", "app", "shop", "10.0.0.1", "4711", "0", "", "0", "", "0", "Query", "12",
           std::string(200, 'x'), "0", ""}});
    live("main", "runtime_checksums_values",
         "name VARCHAR NOT NULL , version INT NOT NULL , epoch INT NOT NULL , checksum VARCHAR NOT NULL",
         {{"mysql_users", "1", "1", "0x0000000000000001"}});
  }

  void live(std::string schema, std::string name, const std::string& columns, std::vector<Row> rows) {
    add_live_table(store, {.schema = std::move(schema),
                           .name = name,
                           .ddl = "CREATE TABLE " + name + " (" + columns + ")",
                           .doc = "",
                           .rows = [rows = std::move(rows)] { return rows; }});
  }

  Reply run(std::string_view sql, std::span<const Cell> parameters = {}) {
    return executor.run(session, sql, parameters);
  }

  // "ok 1", "1064 ...", or "a,b: 1,2; 3,NULL".
  std::string told(std::string_view sql, std::span<const Cell> parameters = {}) {
    const Reply reply = run(sql, parameters);
    if (const Done* done = std::get_if<Done>(&reply)) return "ok " + std::to_string(done->affected_rows);
    if (const Refusal* refusal = std::get_if<Refusal>(&reply)) {
      return std::to_string(refusal->code) + " " + refusal->message;
    }
    const Rows& rows = std::get<Rows>(reply);
    std::string text;
    for (const std::string& column : rows.columns) text += (text.empty() ? "" : ",") + column;
    text += ":";
    for (std::size_t i = 0; i < rows.rows.size(); ++i) {
      for (std::size_t c = 0; c < rows.rows[i].size(); ++c) {
        text += (c > 0 ? "," : i > 0 ? "; " : " ") + rows.rows[i][c].value_or("NULL");
      }
    }
    return text;
  }

  std::string warnings() const {
    std::string text;
    for (const Complaint& complaint : session.warnings)
      text += (text.empty() ? "" : " | ") + to_text(complaint);
    return text;
  }
};

}  // namespace weir::test
