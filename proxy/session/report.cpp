// Session: what it tells of itself, to process lists and gauges.
#include <algorithm>

#include "proxy/session/process_row.hpp"
#include "proxy/session/session.hpp"
#include "router/query/secret_text.hpp"

namespace weir {
namespace {

// Of a statement that was the cause of a pin.
constexpr std::size_t kCauseBytes = 64;

}  // namespace

// What a statement's text is without its values; of what is not kept, nothing.
std::string Session::pin_causes() const {
  std::string causes;
  for_each_pin(pins_, [&](Pin pin) {
    const std::string_view text = worker_.digest_stats().text_of(pin_causes_.digest_of(pin));
    if (!causes.empty()) causes += "; ";
    causes += to_text(pin);
    if (text.empty()) return;
    causes.append(": ").append(text.substr(0, kCauseBytes));
    if (text.size() > kCauseBytes) causes += "...";
  });
  return causes;
}

// At most so much of the statement under way; without its values, if it may hold a password.
std::string Session::shown_text(std::size_t bytes) const {
  const std::string_view sql = request_.sql();
  if (!may_hold_secret(request_.statement, sql)) return std::string(sql.substr(0, bytes));
  std::string text;
  append_without_literals(sql, wants_.lex_mode(), text);
  text.resize(std::min(text.size(), bytes));
  return text;
}

ProcessRow Session::process_row(std::size_t text_bytes) const {
  ProcessRow row;
  row.worker = worker_.index();
  row.session_id = id_;
  row.user = wants_.user();
  row.schema = wants_.schema();
  row.client_host = origin_.host();
  row.client_port = origin_.port;
  row.stage = to_text(stage_);
  row.pins = pins_;
  row.pin_causes = pin_causes();
  row.time_ms = static_cast<Millis>((worker_.loop().now_us() - since_us_) / 1000);
  const bool busy = under_way() && request_.spec != nullptr;
  row.hostgroup = busy ? request_.hostgroup : default_hostgroup_;
  row.command = stage_ == Stage::handshake || request_.purpose == Purpose::login ? "Connect"
                : busy ? process_command(request_.spec->command)
                       : "Sleep";
  if (busy) row.text = shown_text(text_bytes);
  if (!lease_) return row;
  const Server& server = lease_->server();
  row.hostgroup = server.hostgroup;
  row.server_host = server.hostname;
  row.server_port = server.port;
  const Address local = lease_->channel().local();
  row.local_host = local.is_unix() ? local.path() : local.ip();
  row.local_port = local.port();
  return row;
}

void Session::add_to(WorkerGauges& gauges) const {
  ++gauges.client_connections;
  gauges.client_connections_busy += under_way();
  gauges.client_connections_waiting += stage_ == Stage::waiting_backend;
  gauges.client_connections_pinned += pinned();
  gauges.active_transactions += in_transaction();
  gauges.client_statements += statements_.size();
  gauges.client_statement_bytes += statements_.kept_bytes();
  gauges.session_bytes += sizeof(Session) + request_.bytes.capacity() + with_attributes_.capacity() +
                          connection_attributes_.capacity();
  gauges.client_buffer_bytes += client_.queued_bytes() + inbox_.size();
  gauges.server_buffer_bytes += held_.size();
}

}  // namespace weir
