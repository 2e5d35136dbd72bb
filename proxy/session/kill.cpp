// Session: KILL, on both sides: who asks for it, and who is meant.
//
// When the asker has his OK, what the other session begins from then on is not hit. So the OK waits until
// that session's worker has seen the KILL, and a session that keeps its connection waits with its next
// statement until the KILL for the last one is over on the server.
#include <charconv>

#include "proxy/session/session.hpp"
#include "proxy/worker/fleet.hpp"

namespace weir {
namespace {

// KILL [HARD | SOFT] [CONNECTION | QUERY] id. Nothing if it is anything else (an expression, MariaDB's KILL
// USER).
struct KillTarget {
  std::uint32_t session_id = 0;
  bool query_only = false;
};
std::optional<KillTarget> parse_kill(std::string_view sql, LexMode mode) {
  Lexer lexer(sql, mode);
  KillTarget target;
  lexer.next();  // KILL
  Token token = lexer.next();
  while (token.kind == TokenKind::word) {
    if (token.is(Word::query)) target.query_only = true;
    token = lexer.next();
  }
  const char* const end = token.text.data() + token.text.size();
  if (token.kind != TokenKind::number) return std::nullopt;
  if (std::from_chars(token.text.data(), end, target.session_id).ptr != end) return std::nullopt;
  token = lexer.next();
  if (token.is(';')) token = lexer.next();
  return token.kind == TokenKind::end ? std::optional(target) : std::nullopt;
}

}  // namespace

void Session::start_kill(std::string_view sql) {
  const auto target = parse_kill(sql, request_mode());
  if (target) return kill_session(target->session_id, target->query_only);
  reply(ProxyError::unsupported, "KILL of anything but a connection id");
  finish_command();
}

// As KILL CONNECTION. MySQL: page_protocol_com_process_kill.
void Session::start_process_kill() {
  const Bytes id = command_argument(request_.payload());
  if (id.size() >= 4) return kill_session(static_cast<std::uint32_t>(load_le(id.data(), 4)), false);
  reply(ProxyError::malformed_packet);
  finish_command();
}

// Ids are ours: the server's own thread ids belong to shared connections, and never reach clients.
void Session::kill_session(std::uint32_t session_id, bool query_only) {
  if (session_id == id_) {
    reply(ProxyError::query_interrupted);
    return query_only ? finish_command() : end_after_reply(EndReason::killed);
  }
  switch (worker_.fleet().kill(session_id, query_only, {logged_in(), ++asked_kills_})) {
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
