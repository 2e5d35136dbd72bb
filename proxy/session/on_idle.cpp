// Session, stage idle: from bytes to a request, and to whoever handles its command.
#include "proxy/session/session.hpp"

namespace weir {

// Commands that are more than "forward this, and relay what comes back"; the most frequent first.
const Session::Handler Session::kHandlers[] = {
    {Command::query, &Session::start_query},
    {Command::stmt_execute, &Session::start_execute},
    {Command::stmt_prepare, &Session::start_prepare},
    {Command::stmt_close, &Session::close_statement},
    {Command::stmt_reset, &Session::start_statement_command},
    {Command::stmt_fetch, &Session::start_statement_command},
    {Command::stmt_send_long_data, &Session::start_long_data},
    {Command::ping, &Session::start_ping},
    {Command::init_db, &Session::start_init_db},
    {Command::set_option, &Session::start_set_option},
    {Command::change_user, &Session::start_change_user},
    {Command::reset_connection, &Session::start_reset},
    {Command::process_kill, &Session::start_process_kill},
    {Command::quit, &Session::start_quit},
};

// Takes commands from `bytes` as long as they can be finished at once; the rest waits in the inbox.
void Session::serve(Bytes bytes) {
  serving_ = true;
  while (stage_ == Stage::idle && !bytes.empty() && !client_.congested() && gather(bytes)) start_command();
  serving_ = false;
  if (stage_ == Stage::closing) return;
  inbox_.append(bytes);
  throttle_client();
}

void Session::serve_inbox() {
  serving_ = true;
  while (stage_ == Stage::idle && !inbox_.empty() && !client_.congested()) {
    Bytes bytes = inbox_.readable();
    const std::size_t before = bytes.size();
    const bool complete = gather(bytes);
    if (stage_ == Stage::closing) break;
    inbox_.consume(before - bytes.size());
    if (complete) start_command();
  }
  serving_ = false;
  if (stage_ != Stage::closing) throttle_client();
}

// The rest of a request that is over. True: what follows is another.
bool Session::discard(Bytes& bytes) {
  const auto consumed = request_.tracker.feed(bytes);
  if (!consumed) {
    protocol_error(consumed.error());
    return false;
  }
  bytes = bytes.subspan(*consumed);
  if (!request_.tracker.done()) return false;
  request_.clear();
  return true;
}

// Moves bytes of one request into request_. True when there is something to start: a whole request, or as
// much of a long one as decides where it goes.
bool Session::gather(Bytes& bytes) {
  if (request_.discards && (!discard(bytes) || bytes.empty())) return false;
  const auto consumed = request_.tracker.feed(bytes);
  if (!consumed) {
    protocol_error(consumed.error());
    return false;
  }
  request_.bytes.insert(request_.bytes.end(), bytes.begin(),
                        bytes.begin() + static_cast<std::ptrdiff_t>(*consumed));
  bytes = bytes.subspan(*consumed);
  if (request_.tracker.done()) return true;
  if (request_.bytes.size() < static_cast<std::size_t>(settings().query_processor_max_bytes)) return false;
  request_.streaming = may_stream();
  return request_.streaming;
}

// Whether what is there of a long request decides where it goes. If a whole frame does not, the session ends.
bool Session::may_stream() {
  const Command command = command_spec(request_.code()).command;
  // The text of a COM_STMT_PREPARE is needed whole, later and on other connections.
  if (command != Command::stmt_prepare && !lacks_head()) return true;
  if (request_.bytes.size() < kMaxFramePayload) return false;
  reply(ProxyError::packet_too_large);
  end_after_reply(EndReason::client_protocol);
  return false;
}

void Session::protocol_error(DecodeError error) {
  worker_.log_of_client(caps_ != 0, log::Level::warn, "client broke the protocol",
                        {{"session", id_}, {"client", origin_.address}, {"error", to_text(error)}});
  stats().unexpected_packets.add();
  reply(error == DecodeError::out_of_order ? ProxyError::packets_out_of_order : ProxyError::malformed_packet);
  end_after_reply(EndReason::client_protocol);
}

void Session::start_command() {
  retract_offer();
  stats().questions.add();
  since_us_ = worker_.loop().now_us();
  request_.spec = &command_spec(request_.code());
  if (worker_.statement_log().by_default()) logged_.begin();
  if (lost_state_) {
    reply_error(ProxyError::backend_lost_in_transaction, *lost_state_);
    return end_after_reply(EndReason::backend_lost);
  }
  if (static_cast<std::int64_t>(request_.tracker.payload_bytes()) > settings().max_allowed_packet) {
    reply(ProxyError::packet_too_large);
    return end_after_reply(EndReason::client_protocol);
  }
  for (const Handler& handler : kHandlers) {
    if (handler.command == request_.spec->command) return (this->*handler.start)();
  }
  if (request_.spec->shape == Shape::refuse || request_.spec->has(kCarriesStatementId)) {
    stats().unexpected_packets.add();
    reply(ProxyError::unknown_command);
    return finish_command();
  }
  start_forward(default_hostgroup_);
}

void Session::start_quit() {
  end(EndReason::client_quit);
}

// An OK of the server that knows whether there is a transaction, in the place of one of ours.
void Session::ask_for_status() {
  constexpr auto kPing = static_cast<std::uint8_t>(Command::ping);
  request_.prepared.reset();
  request_.spec = &command_spec(kPing);
  request_.bytes.assign({1, 0, 0, 0, kPing});
  start_forward(lease_->server().hostgroup);
}

void Session::start_ping() {
  if (transaction_in_doubt()) return ask_for_status();
  reply_ok();
  finish_command();
}

// A command without text that decides: to the connection that the session keeps, or to this hostgroup.
void Session::start_forward(int hostgroup) {
  request_.hostgroup = hostgroup;
  request_.timeout_ms = settings().default_query_timeout;
  if (request_.spec->has(kPinsConnection)) request_.force_pin = true;
  seek_connection();
}

void Session::start_init_db() {
  stats().schema_commands.add();
  request_.schema = as_text(command_argument(request_.payload()));
  request_.fallback_hostgroup = partner_of(default_hostgroup_);
  leave_doubtful_schema();
  start_forward(default_hostgroup_);
}

// MariaDB takes one that is too short, and reads what lies behind it: nobody could tell what the connection
// is like afterwards.
void Session::start_set_option() {
  if (command_argument(request_.payload()).size() >= 2) return start_forward(default_hostgroup_);
  reply(ProxyError::malformed_packet);
  finish_command();
}

// COM_RESET_CONNECTION: with a connection in hand, the server does it; otherwise there is nothing but our own
// memory.
void Session::start_reset() {
  forget_diagnostics();
  statements_.clear();
  if (lease_) return start_forward(default_hostgroup_);
  wants_.reset(SessionState::AfterReset::charset_of_login);
  status_ = wants_.login_status();
  flag_in_ = 0;
  reply_ok();
  finish_command();
}

}  // namespace weir
