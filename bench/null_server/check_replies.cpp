#include "bench/null_server/check_replies.hpp"

#include <array>
#include <vector>

#include "bench/null_server/canned.hpp"
#include "protocol/machine/reply_writer.hpp"
#include "router/query/lexer.hpp"

namespace weir::bench {
namespace {

struct Field {
  std::string_view column;
  std::string_view value;
};

// MySQL 8.0.36: SHOW REPLICA STATUS of a replica that is in step, in the server's order.
constexpr Field kReplicaStatus[] = {
    {"Replica_IO_State", "Waiting for source to send event"},
    {"Source_Host", "127.0.0.1"},
    {"Source_User", "repl"},
    {"Source_Port", "3306"},
    {"Connect_Retry", "60"},
    {"Source_Log_File", "binlog.000042"},
    {"Read_Source_Log_Pos", "734182"},
    {"Relay_Log_File", "relay-bin.000117"},
    {"Relay_Log_Pos", "734392"},
    {"Relay_Source_Log_File", "binlog.000042"},
    {"Replica_IO_Running", "Yes"},
    {"Replica_SQL_Running", "Yes"},
    {"Replicate_Do_DB", ""},
    {"Replicate_Ignore_DB", ""},
    {"Replicate_Do_Table", ""},
    {"Replicate_Ignore_Table", ""},
    {"Replicate_Wild_Do_Table", ""},
    {"Replicate_Wild_Ignore_Table", ""},
    {"Last_Errno", "0"},
    {"Last_Error", ""},
    {"Skip_Counter", "0"},
    {"Exec_Source_Log_Pos", "734182"},
    {"Relay_Log_Space", "734900"},
    {"Until_Condition", "None"},
    {"Until_Log_File", ""},
    {"Until_Log_Pos", "0"},
    {"Source_SSL_Allowed", "No"},
    {"Source_SSL_CA_File", ""},
    {"Source_SSL_CA_Path", ""},
    {"Source_SSL_Cert", ""},
    {"Source_SSL_Cipher", ""},
    {"Source_SSL_Key", ""},
    {"Seconds_Behind_Source", "0"},
    {"Source_SSL_Verify_Server_Cert", "No"},
    {"Last_IO_Errno", "0"},
    {"Last_IO_Error", ""},
    {"Last_SQL_Errno", "0"},
    {"Last_SQL_Error", ""},
    {"Replicate_Ignore_Server_Ids", ""},
    {"Source_Server_Id", "1"},
    {"Source_UUID", "0f4d2a6e-7f2c-11ee-b962-0242ac120002"},
    {"Source_Info_File", "mysql.slave_master_info"},
    {"SQL_Delay", "0"},
    {"SQL_Remaining_Delay", ""},
    {"Replica_SQL_Running_State", "Replica has read all relay log; waiting for more updates"},
    {"Source_Retry_Count", "86400"},
    {"Source_Bind", ""},
    {"Last_IO_Error_Timestamp", ""},
    {"Last_SQL_Error_Timestamp", ""},
    {"Source_SSL_Crl", ""},
    {"Source_SSL_Crlpath", ""},
    {"Retrieved_Gtid_Set", "0f4d2a6e-7f2c-11ee-b962-0242ac120002:1-90210"},
    {"Executed_Gtid_Set", "0f4d2a6e-7f2c-11ee-b962-0242ac120002:1-90210"},
    {"Auto_Position", "1"},
    {"Replicate_Rewrite_DB", ""},
    {"Channel_Name", ""},
    {"Source_TLS_Version", ""},
    {"Source_public_key_path", ""},
    {"Get_Source_public_key", "0"},
    {"Network_Namespace", ""},
};
constexpr Field kWritable[] = {{"read_only", "0"}};
constexpr Field kReadOnly[] = {{"read_only", "1"}};
constexpr Field kExecuted[] = {{"gtid_executed", "0f4d2a6e-7f2c-11ee-b962-0242ac120002:1-90210"}};

void write_rows(ReplyWriter& reply, std::span<const Field> fields, bool any) {
  std::vector<ReplyColumn> columns;
  std::vector<TextField> values;
  for (const Field& field : fields) {
    columns.push_back({.name = field.column});
    values.emplace_back(field.value);
  }
  reply.columns(columns);
  if (any) reply.row(values);
  reply.end_rows(kStatusAutocommit);
}

void write_read_only(ReplyWriter& reply, bool writable) {
  write_rows(reply, writable ? kWritable : kReadOnly, true);
}
void write_replica_status(ReplyWriter& reply, bool writable) {
  write_rows(reply, kReplicaStatus, !writable);
}
void write_executed(ReplyWriter& reply, bool) {
  write_rows(reply, kExecuted, true);
}
void write_syntax_error(ReplyWriter& reply, bool) {
  reply.err(1064, "42000", "You have an error in your SQL syntax");
}

struct Question {
  std::string_view begin;  // in lower case
  void (*write)(ReplyWriter& reply, bool writable);
};
constexpr std::array kQuestions{
    Question{"select @@global.read_only", write_read_only},
    Question{"select @@global.gtid_executed", write_executed},
    Question{"show replica status", write_replica_status},
    Question{"show all slaves status", write_syntax_error},
};

bool begins_with(std::string_view sql, std::string_view word) {
  return sql.size() >= word.size() && equals_caseless(sql.substr(0, word.size()), word);
}

}  // namespace

Bytes CheckReplies::find(std::string_view sql, Caps caps, bool writable) {
  if (!begins_with(sql, "select @@") && !begins_with(sql, "show")) return {};
  for (std::size_t row = 0; row < kQuestions.size(); ++row) {
    if (!begins_with(sql, kQuestions[row].begin)) continue;
    ByteQueue& reply = replies_[{row, caps & kReplyForm, writable}];
    if (reply.empty()) {
      ReplyWriter writer(reply, caps);
      kQuestions[row].write(writer, writable);
    }
    return reply.readable();
  }
  return {};
}

}  // namespace weir::bench
