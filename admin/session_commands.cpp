// AdminConnection: what each command is answered with.
#include <fmt/format.h>

#include <algorithm>

#include "admin/quoting.hpp"
#include "admin/session.hpp"
#include "protocol/message/prepared.hpp"
#include "protocol/message/response.hpp"
#include "protocol/wire/status.hpp"

namespace weir {
namespace {

constexpr std::uint16_t kWrongArgumentsCode = 1210;
constexpr std::uint16_t kNoCursorCode = 1421;
constexpr std::string_view kGeneralState = "HY000";
constexpr std::uint16_t kMultiStatementsOff = 1;  // MYSQL_OPTION_MULTI_STATEMENTS_OFF

std::string argument_text(Bytes payload) {
  return std::string(as_text(command_argument(payload)));
}

ColumnDefinition definition_of(const ReplyColumn& column) {
  ColumnDefinition definition;
  definition.name = column.name;
  definition.org_name = column.name;
  definition.collation = column.collation;
  definition.length = column.max_bytes;
  definition.type = column.type;
  return definition;
}

// A list of definitions, with the EOF behind it for clients that expect one.
void write_definitions(const std::vector<ReplyColumn>& columns, Caps caps, std::uint16_t status,
                       ByteQueue& out, std::uint8_t& sequence) {
  if (columns.empty()) return;
  for (const ReplyColumn& column : columns) encode_column(definition_of(column), out, sequence);
  if ((caps & kDeprecateEof) == 0) encode_eof({.warnings = 0, .status = status}, out, sequence);
}

// COM_FIELD_LIST's definitions end with the default value: NULL here.
void write_listed_field(const ReplyColumn& column, ReplyWriter& writer) {
  ByteQueue packet;
  std::uint8_t sequence = 0;
  encode_column(definition_of(column), packet, sequence);
  const Bytes plain = packet.readable().subspan(kFrameHeaderBytes);
  std::vector<std::uint8_t> payload(plain.begin(), plain.end());
  payload.push_back(kNullField);
  writer.packet(payload);
}

}  // namespace

std::span<const AdminConnection::CommandRow> AdminConnection::commands() {
  static constexpr CommandRow kCommands[] = {
      {Command::query, &AdminConnection::answer_query},
      {Command::ping, &AdminConnection::answer_ok},
      {Command::quit, &AdminConnection::answer_quit},
      {Command::init_db, &AdminConnection::answer_init_db},
      {Command::statistics, &AdminConnection::answer_statistics},
      {Command::field_list, &AdminConnection::answer_field_list},
      {Command::set_option, &AdminConnection::answer_set_option},
      {Command::reset_connection, &AdminConnection::answer_reset},
      {Command::change_user, &AdminConnection::answer_change_user},
      {Command::process_info, &AdminConnection::answer_process_list},
      {Command::process_kill, &AdminConnection::answer_process_kill},
      {Command::stmt_prepare, &AdminConnection::answer_prepare},
      {Command::stmt_execute, &AdminConnection::answer_execute},
      {Command::stmt_fetch, &AdminConnection::answer_fetch},
      {Command::stmt_send_long_data, &AdminConnection::answer_long_data},
      {Command::stmt_reset, &AdminConnection::answer_stmt_reset},
      {Command::stmt_close, &AdminConnection::answer_stmt_close},
  };
  return kCommands;
}

void AdminConnection::answer_query(Bytes payload) {
  script_.text = argument_text(payload);
  script_.rest = script_.text;
  script_.done = false;
  continue_reply();
}

void AdminConnection::answer_ok(Bytes) {
  reply_ok();
}

// Any name will do: every table is within reach from everywhere.
void AdminConnection::answer_init_db(Bytes payload) {
  session_.database = argument_text(payload);
  reply_ok();
}

void AdminConnection::answer_quit(Bytes) {
  end();
}

void AdminConnection::answer_statistics(Bytes) {
  writer().packet(as_bytes(statistics_text()));
  flush();
}

// As mysqladmin status shows it: figures of the whole process.
std::string AdminConnection::statistics_text() {
  AdminSession reader{.id = session_.id, .user = session_.user, .address = session_.address};
  const Reply reply =
      port_.executor.run(reader, "SELECT variable_name, variable_value FROM stats.stats_mysql_global", {});
  const auto value = [&reply](std::string_view name) -> std::string {
    if (const auto* rows = std::get_if<Rows>(&reply)) {
      for (const Row& row : rows->rows) {
        if (row.size() == 2 && row[0] == name && row[1]) return *row[1];
      }
    }
    return "0";
  };
  return fmt::format("Uptime: {}  Threads: {}  Questions: {}  Slow queries: {}", value("ProxySQL_Uptime"),
                     value("Client_Connections_connected"), value("Questions"), value("Slow_queries"));
}

// Nothing is run: reading some tables resets them, and clients ask this of every table for their completion.
void AdminConnection::answer_field_list(Bytes payload) {
  const std::string argument = argument_text(payload);
  const std::string table = argument.substr(0, argument.find('\0'));
  const auto shape = port_.executor.prepare(session_, "SELECT * FROM " + quoted_name(table));
  if (!shape) return reply_error(shape.error().code, shape.error().sqlstate, shape.error().message);
  ReplyWriter list = writer();
  for (const ReplyColumn& column : text_columns(shape->columns)) write_listed_field(column, list);
  list.eof(kAdminStatus);
  flush();
}

void AdminConnection::answer_set_option(Bytes payload) {
  const Bytes argument = command_argument(payload);
  const std::uint64_t option = argument.size() == 2 ? load_le(argument.data(), 2) : 0xffff;
  if (option > kMultiStatementsOff) return reply_error(ProxyError::unknown_command);
  caps_ = option == kMultiStatementsOff ? caps_ & ~kMultiStatements : caps_ | kMultiStatements;
  writer().eof(kAdminStatus);
  flush();
}

void AdminConnection::answer_reset(Bytes) {
  forget_statements();
  session_.warnings.clear();
  reply_ok();
}

void AdminConnection::answer_change_user(Bytes payload) {
  forget_statements();
  stage_ = Stage::handshake;
  deadline_.set(port_.loop.now() + port_.settings.connect_timeout_client);
  accounts_ = port_.accounts;
  handshake_ = std::make_unique<ServerHandshake>();
  after_handshake(handshake_->start_change_user(payload, 0, caps_, scramble_, greeting(), *accounts_));
}

void AdminConnection::answer_process_list(Bytes) {
  begin_reply(run("SHOW PROCESSLIST"), RowForm::text, false);
  continue_reply();
}

void AdminConnection::answer_process_kill(Bytes payload) {
  const Bytes argument = command_argument(payload);
  if (argument.size() < 4) return reply_error(ProxyError::malformed_packet);
  const std::string kill = fmt::format("KILL CONNECTION {}", load_le(argument.data(), 4));
  begin_reply(run(kill), RowForm::text, false);
  continue_reply();
}

void AdminConnection::answer_prepare(Bytes payload) {
  std::string sql = argument_text(payload);
  if (statements_.size() >= kMaxStatements || statement_bytes_ + sql.size() > kMaxStatementBytes)
    return reply_error(ProxyError::too_many_statements, kMaxStatements);
  const auto shape = port_.executor.prepare(session_, sql);
  if (!shape) return reply_error(shape.error().code, shape.error().sqlstate, shape.error().message);
  do {
    ++last_statement_id_;
  } while (last_statement_id_ == 0 || statements_.contains(last_statement_id_));
  statement_bytes_ += sql.size();
  statements_[last_statement_id_] = {.sql = std::move(sql), .parameters = shape->parameters};
  const std::vector<std::string> marks(shape->parameters, "?");
  encode_prepare_ok({.statement_id = last_statement_id_,
                     .columns = static_cast<std::uint16_t>(shape->columns.size()),
                     .parameters = shape->parameters,
                     .warnings = warnings()},
                    out_, sequence_);
  write_definitions(text_columns(marks), caps_, kAdminStatus, out_, sequence_);
  write_definitions(text_columns(shape->columns), caps_, kAdminStatus, out_, sequence_);
  flush();
}

// A cursor that was asked for is not opened, as servers may decide: the rows come at once.
void AdminConnection::answer_execute(Bytes payload) {
  AdminStatement* statement = find_statement(payload, Command::stmt_execute);
  if (statement == nullptr) return;
  const bool too_large = statement->long_data_too_large;
  const auto parameters = decode_parameters(payload, *statement);
  forget_long_data(*statement);
  if (too_large || !parameters) {
    return reply_error(kWrongArgumentsCode, kGeneralState,
                       too_large
                           ? "Parameters sent with COM_STMT_SEND_LONG_DATA exceed mysql-max_allowed_packet"
                           : "Incorrect arguments to COM_STMT_EXECUTE");
  }
  begin_reply(run(statement->sql, *parameters), RowForm::binary, false);
  continue_reply();
}

void AdminConnection::answer_fetch(Bytes payload) {
  if (find_statement(payload, Command::stmt_fetch) == nullptr) return;
  reply_error(kNoCursorCode, kGeneralState, "The statement has no open cursor.");
}

// Has no reply: what is wrong is said at the execution.
void AdminConnection::answer_long_data(Bytes payload) {
  constexpr std::size_t kHeadBytes = 7;  // command, statement id, parameter
  const auto id = decode_statement_id(payload);
  if (!id || payload.size() < kHeadBytes) return;
  const auto found = statements_.find(*id);
  if (found == statements_.end()) return;
  AdminStatement& statement = found->second;
  const auto parameter = static_cast<std::uint16_t>(load_le(payload.data() + 5, 2));
  if (parameter >= statement.parameters) return;
  constexpr std::size_t kEntryBytes = 96;  // of the map, beside the data
  const std::size_t bytes =
      payload.size() - kHeadBytes + (statement.long_data.contains(parameter) ? 0 : kEntryBytes);
  if (long_data_bytes_ + bytes > max_request_bytes()) {
    forget_long_data(statement);
    statement.long_data_too_large = true;
  }
  if (statement.long_data_too_large) return;
  statement.long_data[parameter] += as_text(payload.subspan(kHeadBytes));
  statement.long_data_bytes += bytes;
  long_data_bytes_ += bytes;
}

std::size_t AdminConnection::max_request_bytes() const {
  return std::min(static_cast<std::size_t>(port_.settings.max_allowed_packet), kMaxRequestBytes);
}

void AdminConnection::forget_long_data(AdminStatement& statement) {
  long_data_bytes_ -= std::exchange(statement.long_data_bytes, 0);
  statement.long_data.clear();
  statement.long_data_too_large = false;
}

void AdminConnection::answer_stmt_reset(Bytes payload) {
  AdminStatement* statement = find_statement(payload, Command::stmt_reset);
  if (statement == nullptr) return;
  forget_long_data(*statement);
  reply_ok();
}

// Has no reply.
void AdminConnection::answer_stmt_close(Bytes payload) {
  const auto id = decode_statement_id(payload);
  const auto found = id ? statements_.find(*id) : statements_.end();
  if (found == statements_.end()) return;
  statement_bytes_ -= found->second.sql.size();
  forget_long_data(found->second);
  statements_.erase(found);
}

// Null after answering that there is none.
AdminStatement* AdminConnection::find_statement(Bytes payload, Command command) {
  const auto id = decode_statement_id(payload);
  const auto found = id ? statements_.find(*id) : statements_.end();
  if (found != statements_.end()) return &found->second;
  reply_error(ProxyError::unknown_statement, id.value_or(0), command_spec(command).name);
  return nullptr;
}

void AdminConnection::forget_statements() {
  statements_.clear();
  statement_bytes_ = 0;
}

}  // namespace weir
