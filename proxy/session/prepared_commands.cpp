// Session: COM_STMT_*. A client's statement is a text that is prepared wherever it is to be executed.
#include "protocol/message/prepared.hpp"
#include "protocol/wire/writer.hpp"
#include "proxy/session/session.hpp"
#include "proxy/worker/fleet.hpp"

namespace weir {
namespace {

// Of one session; what servers allow over all of theirs, by default (max_prepared_stmt_count).
constexpr std::size_t kMaxStatements = 16382;

constexpr std::size_t kMegabyte = 1 << 20;

// What a session may have prepared, however little memory the process has left.
constexpr std::size_t kSparedBytes = kMegabyte;

// Of the message of a server that waits for an execution; servers have no longer ones.
constexpr std::size_t kMostOfMessage = 512;

// Of COM_STMT_SEND_LONG_DATA: the command, the statement's id, the parameter's number.
constexpr std::size_t kLongDataHead = 7;

}  // namespace

// The statement that the command names; if there is none, the client has been told.
ClientStatement* Session::find_statement() {
  const auto id = decode_statement_id(request_.payload());
  if (!id) {
    reply(ProxyError::malformed_packet);
    finish_command();
    return nullptr;
  }
  request_.statement_id = *id;
  ClientStatement* statement = statements_.find(*id);
  if (statement != nullptr) return statement;
  if (request_.spec->shape != Shape::none) reply(ProxyError::unknown_statement, *id, request_.spec->name);
  finish_command();
  return nullptr;
}

// What the connection has prepared for the statement that the command names.
PreparedHandle* Session::find_handle(const PreparedText& text) {
  if (request_.spec->command == Command::stmt_send_long_data)
    return lease_->prepared().find_for_data(text, types_owner());
  const ClientStatement* statement = statements_.find(request_.statement_id);
  return lease_->prepared().find(text, types_owner(),
                                 statement == nullptr ? Bytes{} : Bytes(statement->types));
}

// COM_STMT_PREPARE goes to the server that would execute the statement, each time: so its metadata are
// current, and errors come when they would come without us.
void Session::start_prepare() {
  stats().client_prepares.add();
  const std::string_view sql = request_.text();
  request_.prepared = worker_.prepared_texts().text_for(sql, wants_);
  request_.statement = analyse(request_.prepared->sql);
  if (const std::string own = own_sql(sql, request_.statement); !own.empty()) {
    request_.prepared = worker_.prepared_texts().text_for(sql, wants_, own);
    request_.statement = analyse(request_.prepared->sql);
  }
  if (refuses_statement()) return finish_command();
  if (request_.statement.kind == StatementKind::kill) return prepare_kill();
  route_request();
}

// The session has prepared enough already, and the client has been told. A session that goes on as it is does
// not bring down a process that has no memory left; one that prepares what it likes would.
bool Session::refuses_statement() {
  const std::size_t bytes = statements_.kept_bytes() + request_.prepared->bytes();
  const std::int64_t limit_mb = settings().session_memory_limit_mb;
  if (statements_.size() >= kMaxStatements) {
    reply(ProxyError::too_many_statements, kMaxStatements);
  } else if (limit_mb > 0 && bytes > static_cast<std::size_t>(limit_mb) * kMegabyte) {
    reply(ProxyError::statements_too_large, limit_mb);
  } else if (bytes > kSparedBytes && worker_.fleet().memory_level() == MemoryLevel::full) {
    reply(ProxyError::out_of_resources);
  } else {
    return false;
  }
  stats().client_prepares_refused.add();
  return true;
}

void Session::on_prepared(MutableBytes packet) {
  const MutableBytes payload = packet.subspan(kFrameHeaderBytes);
  const auto prepared = decode_prepare_ok(payload);
  if (!prepared) return;
  request_.warnings = prepared->warnings;
  remember_handle(request_.prepared, prepared->statement_id, PreparedHandles::Instead::of_same_text);
  const std::uint32_t id = statements_.add(request_.prepared, prepared->parameters, prepared->columns);
  logged_.statement_id = id;
  store_le(payload.data() + 1, id, 4);
}

void Session::remember_handle(const PreparedTextPtr& text, std::uint32_t backend_id,
                              PreparedHandles::Instead instead) {
  const auto limit = static_cast<std::size_t>(settings().max_stmts_per_connection);
  PreparedHandles& handles = lease_->prepared();
  if (const auto replaced = handles.add(text, backend_id, limit, instead)) close_backend_statement(*replaced);
  while (const auto excess = handles.take_excess()) close_backend_statement(*excess);
}

void Session::close_backend_statement(std::uint32_t backend_id) {
  std::uint8_t command[9] = {5, 0, 0, 0, static_cast<std::uint8_t>(Command::stmt_close)};
  store_le(command + 5, backend_id, 4);
  stats().backend_closes.add();
  lease_->send(command);
}

void Session::start_execute() {
  stats().client_executes.add();
  ClientStatement* statement = find_statement();
  if (statement == nullptr) return;
  if (statement->refusal) return tell_refusal(*statement);
  const auto types = find_execute_types(request_.payload(), statement->parameters, caps_);
  if (!types) {
    reply(ProxyError::malformed_packet);
    return finish_command();
  }
  if (types->bound) {
    take_types(request_.payload(), *types, statement->parameters, statement->types);
    ++statement->types_version;
  }
  request_.prepared = statement->text;
  request_.statement = analyse(statement->text->sql);
  if (settings().query_digests) request_.digest = worker_.analyzer().digest_hash();
  if (request_.statement.kind == StatementKind::kill) return execute_kill(*statement, *types);
  if (request_.statement.kind == StatementKind::use)
    request_.schema = without_quotes(request_.statement.schema);
  route_request();
}

// Gives the request the form that this connection's server wants: its id, its types if need be, attributes or
// none. False: it cannot be sent, and the client has been told.
bool Session::patch_execute() {
  PreparedHandle* handle = find_handle(*request_.prepared);
  if (handle == nullptr) {
    reply(ProxyError::unknown_statement, request_.statement_id, request_.spec->name);
    finish_without_connection();
    return false;
  }
  replace_statement_id(request_.mutable_payload(), handle->backend_id);
  if (request_.spec->command != Command::stmt_execute) return true;
  const ClientStatement& statement = *statements_.find(request_.statement_id);
  const auto place = find_execute_types(request_.payload(), statement.parameters, caps_);
  if (!place) {
    reply(ProxyError::malformed_packet);
    finish_command();
    return false;
  }
  const KnownTypes latest{types_owner(), statement.types_version};
  const bool lacks_types = !place->bound && handle->types != latest && !statement.types.empty();
  const bool is_plain = (caps_ & kQueryAttributes) == 0 || server_takes_attributes();
  const std::size_t added = lacks_types ? inserted_bytes(*place, statement.types) : 0;
  // A full frame announces the next: it must stay as long as it is, and no other may become so long.
  const std::size_t frame = decode_frame_header(request_.bytes.data()).length;
  if ((added > 0 || !is_plain) && frame + added >= kMaxFramePayload) {
    reply(ProxyError::packet_too_large);
    finish_command();
    return false;
  }
  // The server has not seen these types of this client, or has since seen another's.
  if (added > 0) insert_types(request_.bytes, *place, statement.types);
  if (statement.parameters != 0) {
    handle->types = latest;
    if (lease_->prepared().heeds_types()) handle->executed_with = statement.types;
  }
  if (!is_plain) leave_out_attributes_of_execute(statement);
  return true;
}

// RESET and FETCH mean something only on the connection where the statement has a cursor or long data.
void Session::start_statement_command() {
  ClientStatement* statement = find_statement();
  if (statement == nullptr) return;
  request_.prepared = statement->text;
  const bool on_connection = lease_ && (statement->has_cursor || statement->has_long_data);
  const bool resets = request_.spec->command == Command::stmt_reset;
  if (resets) statement->refusal.reset();
  if (on_connection) return start_forward(default_hostgroup_);
  if (resets && transaction_in_doubt()) {
    request_.asks_for_status = true;
    return ask_for_status();
  }
  if (resets) {
    reply_ok();
  } else {
    reply(ProxyError::no_open_cursor, request_.statement_id);
  }
  finish_command();
}

// No reply. The connection keeps its handle for whoever prepares the same text next, unless it holds data of
// ours.
void Session::close_statement() {
  stats().client_closes.add();
  ClientStatement* statement = find_statement();
  if (statement == nullptr) return;
  if (lease_ && (statement->has_cursor || statement->has_long_data)) {
    // A server that does not take data says so (too large a packet) in the place of the next answer: it must
    // not be another session's.
    if (statement->has_long_data) lease_.suspect();
    if (const PreparedHandle* handle = find_handle(*statement->text)) {
      const std::uint32_t backend_id = handle->backend_id;
      close_backend_statement(backend_id);
      lease_->prepared().remove(backend_id);
    }
  }
  statements_.remove(request_.statement_id);
  pins_.set(Pin::prepared_cursor, statements_.any_cursor());
  pins_.set(Pin::long_data, statements_.any_long_data());
  finish_command();
}

// No reply; what goes wrong is reported by the execution, and data that nobody wants are read all the same.
// The others wait on one connection, so it is kept.
void Session::start_long_data() {
  request_.discards = request_.streaming;
  ClientStatement* statement = find_statement();
  if (statement == nullptr) return;
  request_.prepared = statement->text;
  request_.statement = analyse(statement->text->sql);
  if (request_.statement.kind == StatementKind::kill || statement->refusal) return finish_command();
  // MySQL answers one that is too short: the answer would be taken for that to the next command.
  if (request_.payload().size() < kLongDataHead) {
    reply(ProxyError::malformed_packet);
    return finish_command();
  }
  request_.discards = false;
  statements_.set_long_data(*statement, true);
  route_request();
}

// The text cannot be prepared here now, where the data would have waited: they have no reply, the execution
// has one.
void Session::refuse_data(const ErrPacket& error) {
  defer_error(error.code, error.sqlstate, error.message);
  settle_lease();
  go_idle();
}

// False: the command is none that an execution follows.
bool Session::defer_error(std::uint16_t code, std::string_view sqlstate, std::string_view message) {
  ClientStatement* statement = statements_.find(request_.statement_id);
  if (statement == nullptr || request_.spec->command != Command::stmt_send_long_data) return false;
  statement->refusal = std::make_unique<DeferredError>(
      DeferredError{code, std::string(sqlstate), std::string(message.substr(0, kMostOfMessage))});
  statements_.set_long_data(*statement, false);
  pins_.set(Pin::long_data, statements_.any_long_data());
  request_.discards = request_.streaming;
  return true;
}

void Session::tell_refusal(ClientStatement& statement) {
  const std::unique_ptr<DeferredError> refusal = std::move(statement.refusal);
  reply_err(refusal->code, refusal->sqlstate, refusal->message);
  finish_command();
}

}  // namespace weir
