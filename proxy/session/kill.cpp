// Session: KILL, on both sides: who asks for it, and who is meant.
//
// When the asker has his OK, what the other session begins from then on is not hit. So the OK waits until
// that session's worker has seen the KILL, and a session that keeps its connection waits with its next
// statement until the KILL for the last one is over on the server.
#include <limits>

#include "protocol/message/prepared.hpp"
#include "protocol/message/response.hpp"
#include "protocol/message/resultset.hpp"
#include "proxy/session/session.hpp"
#include "proxy/worker/fleet.hpp"
#include "router/query/kill_statement.hpp"
#include "router/query/local_statement.hpp"

namespace weir {
namespace {

constexpr std::string_view kOtherForms = "KILL of anything but the id of a session, alone";

}  // namespace

void Session::start_kill(std::string_view sql) {
  const KillStatement kill = parse_kill(sql, request_mode());
  if (kill.target == KillStatement::Target::session) return kill_session(kill.session_id, kill.query_only);
  if (kill.target == KillStatement::Target::own_session) return kill_session(id_, kill.query_only);
  reply(ProxyError::unsupported, kOtherForms);
  finish_command();
}

// EXECUTE of a KILL that was prepared by name, or EXECUTE IMMEDIATE of one. True: it has been answered.
bool Session::executes_kill(std::string_view sql) {
  const Holdings::Executed executed = holdings_.find_executed(request_.statement, sql, name_context());
  if (!executed.statement) return false;
  const PreparedByName& prepared = *executed.statement;
  if (classify(prepared.sql, prepared.mode).kind != StatementKind::kill) return false;
  note_answered_here(to_text(LocalStatement::Kind::kill));
  start_kill(prepared.sql);
  return true;
}

// No server prepares it; the id that the client gets is one of ours, as always.
void Session::prepare_kill() {
  note_answered_here(to_text(LocalStatement::Kind::kill));
  const KillStatement kill = parse_kill(request_.prepared->sql, request_mode());
  if (kill.target == KillStatement::Target::not_supported) {
    reply(ProxyError::unsupported, kOtherForms);
    return finish_command();
  }
  const std::uint16_t parameters = kill.target == KillStatement::Target::parameter ? 1 : 0;
  const std::uint32_t id = statements_.add(request_.prepared, parameters, 0);
  ByteQueue& out = worker_.scratch_queue();
  std::uint8_t sequence = request_.tracker.next_sequence();
  encode_prepare_ok({.statement_id = id, .columns = 0, .parameters = parameters, .warnings = 0}, out,
                    sequence);
  if (parameters > 0) {
    ColumnDefinition parameter;
    parameter.name = "?";
    encode_column(parameter, out, sequence);
    if ((caps_ & kDeprecateEof) == 0) encode_eof({.status = client_status()}, out, sequence);
  }
  stats().questions_local.add();
  send_reply();
  finish_command();
}

void Session::execute_kill(const ClientStatement& statement, const ExecuteTypes& types) {
  note_answered_here(to_text(LocalStatement::Kind::kill));
  const KillStatement kill = parse_kill(statement.text->sql, statement.text->mode);
  if (kill.target == KillStatement::Target::session) return kill_session(kill.session_id, kill.query_only);
  if (kill.target == KillStatement::Target::own_session) return kill_session(id_, kill.query_only);
  const auto id = whole_number_parameter(request_.payload(), types, statement.types);
  if (id) return kill_session(*id, kill.query_only);
  reply(ProxyError::unsupported, kOtherForms);
  finish_command();
}

// As KILL CONNECTION. MySQL: page_protocol_com_process_kill.
void Session::start_process_kill() {
  const Bytes id = command_argument(request_.payload());
  if (id.size() >= 4) return kill_session(load_le(id.data(), 4), false);
  reply(ProxyError::malformed_packet);
  finish_command();
}

// Ids are ours: the server's own thread ids belong to shared connections, and never reach clients.
void Session::kill_session(std::uint64_t session_id, bool query_only) {
  if (session_id == id_) {
    const bool says_so = !query_only && family() == ServerFamily::mariadb;
    reply(says_so ? ProxyError::connection_killed : ProxyError::query_interrupted);
    return query_only ? finish_command() : end_after_reply(EndReason::killed);
  }
  const bool possible = session_id <= std::numeric_limits<std::uint32_t>::max();
  const auto id = static_cast<std::uint32_t>(session_id);
  switch (possible ? worker_.fleet().kill(id, query_only, {logged_in(), ++asked_kills_})
                   : Fleet::KillAnswer::unknown_id) {
    case Fleet::KillAnswer::on_its_way:
      request_.awaits_killed = asked_kills_;
      stage_ = Stage::delayed;
      return deadline_.clear();
    case Fleet::KillAnswer::unknown_id:
      reply(ProxyError::unknown_thread_id, session_id);
      break;
    case Fleet::KillAnswer::not_owner:
      reply(ProxyError::not_owner_of_thread, session_id);
      break;
  }
  finish_command();
}

void Session::on_killed(std::uint64_t ticket) {
  if (stage_ != Stage::delayed || request_.awaits_killed != ticket) return;
  reply_ok();
  finish_command();
}

void Session::kill_query() {
  switch (stage_) {
    case Stage::executing:
      if (server_kill_ != 0) return;
      server_kill_ = worker_.pool().kill_on_server(*lease_, credentials_, ServerKill::query, id_);
      return;
    case Stage::delayed:  // nothing of it has been sent: what the session has stays
      deadline_.clear();
      reply(ProxyError::query_interrupted);
      return finish_command();
    case Stage::syncing:
      if (pinned()) {
        request_.killed = true;  // it is not sent; what the connection holds for the session stays
        return;
      }
      [[fallthrough]];
    case Stage::waiting_backend: {
      if (request_.purpose == Purpose::login) return;
      worker_.pool().cancel(*this);
      const ErrorSpec& spec = error_spec(ProxyError::query_interrupted);
      return fail_request(spec.code, spec.sqlstate, error_text(ProxyError::query_interrupted));
    }
    case Stage::handshake:
    case Stage::idle:
    case Stage::letting_go:
    case Stage::resetting:
    case Stage::closing:
      return;
  }
}

// The statement has ended by itself. If the KILL is on its way, nobody else gets the connection.
void Session::call_off_kill() {
  if (worker_.pool().call_off_kill(server_kill_)) {
    server_kill_ = 0;
  } else {
    lease_.suspect();
  }
}

void Session::on_kill_ended(std::uint64_t ticket) {
  if (server_kill_ != ticket) return;
  server_kill_ = 0;
  lease_.suspect();
  if (stage_ == Stage::delayed && std::exchange(request_.awaits_kill_end, false)) seek_connection();
}

}  // namespace weir
