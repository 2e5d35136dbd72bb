// Session: what we answer ourselves.
#include <fmt/format.h>

#include "protocol/machine/reply_writer.hpp"
#include "protocol/wire/error_codes.hpp"
#include "proxy/net/tls_filter.hpp"
#include "proxy/session/session.hpp"

namespace weir {

// As the server last said, but for what it said of its last statement.
std::uint16_t Session::client_status() const {
  constexpr std::uint16_t kOfSession = kStatusInTransaction | kStatusInReadOnlyTransaction |
                                       kStatusAutocommit | kStatusNoBackslashEscapes | kStatusAnsiQuotes;
  return status_ & kOfSession;
}

// `last`: it ends what a server has replied. What we say ourselves is not for the cache.
void Session::send_reply(bool last) {
  ByteQueue& out = worker_.scratch_queue();
  request_.answered = true;
  if (request_.cache_ttl_ms > 0) capture(out.readable(), last);
  client_.send(out.readable());
  out.clear();
}

void Session::reply_ok() {
  stats().questions_local.add();
  ReplyWriter{worker_.scratch_queue(), caps_, request_.tracker.next_sequence()}.ok(client_status());
  row_count_ = 0;
  send_reply();
}

void Session::tell_end(ProxyError error, EndReason reason) {
  const ErrorSpec& spec = error_spec(error);
  ByteQueue& out = worker_.scratch_queue();
  ReplyWriter{out, caps_, 1}.err(spec.code, spec.sqlstate, error_text(error));
  client_.send(out.readable());
  out.clear();
  end_after_reply(reason);
}

void Session::reply_error(ProxyError error, std::string_view text) {
  const ErrorSpec& spec = error_spec(error);
  stats().errors_generated.add();
  reply_err(spec.code, spec.sqlstate, text);
}

void Session::reply_err(std::uint16_t code, std::string_view sqlstate, std::string_view message) {
  logged_.note_error(code, message);
  if (request_.spec != nullptr && request_.spec->shape == Shape::none) {
    request_.unanswerable = !defer_error(code, sqlstate, message);
    return;
  }
  ReplyWriter{worker_.scratch_queue(), caps_, request_.tracker.next_sequence()}.err(code, sqlstate, message);
  row_count_ = -1;
  send_reply();
}

// With the type that a server of this family would give it.
void Session::reply_own_id(std::string_view name) {
  const bool mariadb = family() == ServerFamily::mariadb;
  reply_number({.name = name,
                .type = mariadb ? ColumnType::long_int : ColumnType::longlong,
                .max_bytes = mariadb ? 10u : 21u,
                .flags = kColumnNotNull | kColumnUnsigned | kColumnBinary,
                .collation = kCollationBinary,
                .of_expression = true},
               id_);
}

void Session::reply_row_count(std::string_view name) {
  reply_number({.name = name,
                .type = ColumnType::longlong,
                .max_bytes = 21,
                .flags = kColumnNotNull | kColumnBinary,
                .collation = kCollationBinary,
                .of_expression = true},
               row_count_);
}

void Session::reply_number(const ReplyColumn& column, std::int64_t value) {
  stats().questions_local.add();
  const std::string text = fmt::format("{}", value);
  ReplyWriter reply{worker_.scratch_queue(), caps_, request_.tracker.next_sequence()};
  reply.columns({&column, 1}, client_status());
  reply.row({{text}});
  reply.end_rows(client_status());
  row_count_ = -1;
  send_reply();
}

// As a server would tell it of its own end.
std::string Session::stream_status(std::string_view name) const {
  const Compression algorithm = compression_of(caps_);
  if (name == "Compression") return algorithm == Compression::none ? "OFF" : "ON";
  if (name == "Compression_algorithm")
    return algorithm == Compression::none ? "" : std::string(to_text(algorithm));
  if (name == "Compression_level") return fmt::format("{}", compression_level_);
  const TlsFacts facts = tls_ == nullptr ? TlsFacts{} : tls_->facts();
  return std::string(name == "Ssl_version" ? facts.version : facts.cipher);
}

void Session::reply_stream_status(std::string_view name) {
  stats().questions_local.add();
  const std::string value = stream_status(name);
  ReplyWriter reply{worker_.scratch_queue(), caps_, request_.tracker.next_sequence()};
  reply.columns({{.name = "Variable_name", .max_bytes = 256}, {.name = "Value", .max_bytes = 8192}},
                client_status());
  reply.row({name, value});
  reply.end_rows(client_status());
  row_count_ = -1;
  send_reply();
}

void Session::reply_internal_session() {
  stats().questions_local.add();
  const std::string document = internal_session();
  ReplyWriter reply{worker_.scratch_queue(), caps_, request_.tracker.next_sequence()};
  const ReplyColumn columns[] = {
      {.name = "session_info", .max_bytes = static_cast<std::uint32_t>(document.size())}};
  reply.columns(columns, client_status());
  reply.row({{document}});
  reply.end_rows(client_status());
  send_reply();
}

}  // namespace weir
