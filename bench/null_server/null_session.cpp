#include "bench/null_server/null_session.hpp"

#include <algorithm>
#include <charconv>

#include "protocol/machine/reply_writer.hpp"
#include "protocol/message/command.hpp"
#include "protocol/message/prepared.hpp"
#include "protocol/message/response.hpp"
#include "protocol/wire/writer.hpp"
#include "router/query/lexer.hpp"

namespace weir::bench {
namespace {

constexpr std::size_t kMaxCommandBytes = 64 << 20;
constexpr std::size_t kSliceBytes = 128 * 1024;

std::string_view without_blanks(std::string_view sql) {
  const auto from = sql.find_first_not_of(" \t\r\n");
  return from == std::string_view::npos ? std::string_view{} : sql.substr(from);
}

// `word` is in lower case.
bool begins_with(std::string_view sql, std::string_view word) {
  return sql.size() >= word.size() && equals_caseless(sql.substr(0, word.size()), word);
}

bool returns_rows(std::string_view sql) {
  return begins_with(sql, "select") || begins_with(sql, "show") || begins_with(sql, "with");
}

// The number behind `key` in a comment, as in "rows=1000".
std::uint64_t number_after(std::string_view sql, std::string_view key, std::uint64_t otherwise) {
  const auto found = sql.find(key);
  if (found == std::string_view::npos) return otherwise;
  std::uint64_t value = otherwise;
  std::from_chars(sql.data() + found + key.size(), sql.data() + sql.size(), value);
  return value;
}

std::uint16_t count_parameters(std::string_view sql) {
  Lexer lexer(sql, LexMode{});
  std::uint16_t count = 0;
  for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) count += token.is('?');
  return count;
}

}  // namespace

NullSession::NullSession(NullHost& host, Loop& loop, int fd, std::uint32_t id)
    : host_(host),
      id_(id),
      writable_(Address::local_of(fd).ip() == "127.0.0.1"),
      channel_(loop),
      reader_(kMaxCommandBytes) {
  channel_.set_events(this);
  channel_.adopt(fd);
  handshake_.start(greeting(), host_.accounts());
  channel_.send(handshake_.output().readable());
  handshake_.output().clear();
}

ServerGreeting NullSession::greeting() const {
  ServerGreeting greeting;
  greeting.version = "8.0.36-null";
  greeting.connection_id = id_;
  greeting.offer = kOfferedToClients;
  return greeting;
}

void NullSession::on_bytes(MutableBytes bytes) noexcept {
  if (logged_in_) return serve(bytes);
  after_login(handshake_.on_bytes(bytes));
}

void NullSession::after_login(ServerHandshake::Want want) {
  if (want == ServerHandshake::Want::verified) {
    status_ = kStatusAutocommit;
    handshake_.accept(status_);
    caps_ = handshake_.login().caps;
    last_scramble_ = handshake_.scramble();
    statements_.clear();
    logged_in_ = true;
    refresh_rows();
  }
  channel_.send(handshake_.output().readable());
  handshake_.output().clear();
  if (want == ServerHandshake::Want::failed) return channel_.close_when_sent();
  if (logged_in_) serve(handshake_.take_rest());
}

void NullSession::serve(Bytes bytes) {
  while (!bytes.empty() && !ended_ && logged_in_) {
    if (large_.active) return inbox_.append(bytes);
    reader_.expect_sequence(reader_.mid_packet() ? reader_.sequence() : 0);
    const auto packet = reader_.next(bytes);
    if (!packet) return end();
    if (*packet && !(*packet)->empty()) answer(**packet);
  }
}

void NullSession::answer(Bytes packet) {
  const auto command = static_cast<Command>(packet[0]);
  const std::string_view argument = as_text(command_argument(packet));
  if (command == Command::query) return answer_query(argument);
  if (command == Command::stmt_execute) return answer_execute(packet);
  host_.count_other();
  if (command == Command::stmt_prepare) return answer_prepare(argument);
  if (command == Command::stmt_close || command == Command::stmt_send_long_data) return;
  if (command == Command::quit) return end();
  if (command == Command::change_user) {
    logged_in_ = false;
    return after_login(
        handshake_.start_change_user(packet, 0, caps_, last_scramble_, greeting(), host_.accounts()));
  }
  if (command == Command::reset_connection) {
    statements_.clear();
    status_ = kStatusAutocommit;
    refresh_rows();
    return answer_ok();
  }
  const bool simple =
      command == Command::ping || command == Command::init_db || command == Command::stmt_reset;
  return simple ? answer_ok() : answer_unknown();
}

void NullSession::answer_query(std::string_view sql) {
  sql = without_blanks(sql);
  if (!returns_rows(sql)) {
    host_.count_other();
    note_status(sql);
    return answer_ok();
  }
  host_.count_rows();
  if (const Bytes reply = host_.checks().find(sql, caps_, writable_); !reply.empty())
    return channel_.send(reply);
  if (sql.find("/* rows=") == std::string_view::npos) return channel_.send(text_row_);
  start_large(number_after(sql, "rows=", 1), number_after(sql, "bytes=", CannedReplies::kValueBytes));
}

void NullSession::answer_prepare(std::string_view sql) {
  const std::uint16_t parameters = count_parameters(sql);
  const bool rows = returns_rows(without_blanks(sql));
  statements_.push_back(rows);
  ByteQueue& out = host_.scratch();
  std::uint8_t sequence = 1;
  encode_prepare_ok({.statement_id = static_cast<std::uint32_t>(statements_.size()),
                     .columns = static_cast<std::uint16_t>(rows ? 1 : 0),
                     .parameters = parameters},
                    out, sequence);
  const auto end_list = [&](int definitions) {
    for (int i = 0; i < definitions; ++i) append_column(out, sequence);
    if (definitions > 0 && (caps_ & kDeprecateEof) == 0) encode_eof({.status = status_}, out, sequence);
  };
  end_list(parameters);
  end_list(rows ? 1 : 0);
  send_scratch();
}

void NullSession::answer_execute(Bytes packet) {
  const auto header = decode_execute_header(packet);
  const std::size_t place = header ? header->statement_id - std::size_t{1} : statements_.size();
  if (place >= statements_.size()) return answer_unknown();
  if (!statements_[place]) {
    host_.count_other();
    return answer_ok();
  }
  host_.count_rows();
  channel_.send(binary_row_);
}

void NullSession::answer_ok() {
  ReplyWriter(host_.scratch(), caps_).ok(status_);
  send_scratch();
}

void NullSession::answer_unknown() {
  ReplyWriter(host_.scratch(), caps_).err(1047, "08S01", "Unknown command");
  send_scratch();
}

// Only what a proxy draws conclusions from.
void NullSession::note_status(std::string_view sql) {
  const std::uint16_t before = status_;
  if (begins_with(sql, "begin") || begins_with(sql, "start transaction")) status_ |= kStatusInTransaction;
  if (begins_with(sql, "commit") || begins_with(sql, "rollback"))
    status_ = static_cast<std::uint16_t>(status_ & ~kStatusInTransaction);
  if (begins_with(sql, "set ") && sql.find("autocommit") != std::string_view::npos) {
    const bool on = sql.find('1', sql.find("autocommit")) != std::string_view::npos;
    status_ = static_cast<std::uint16_t>(on ? status_ | kStatusAutocommit : status_ & ~kStatusAutocommit);
  }
  if (status_ != before) refresh_rows();
}

void NullSession::refresh_rows() {
  text_row_ = host_.canned().text_row(caps_, status_);
  binary_row_ = host_.canned().binary_row(caps_, status_);
}

void NullSession::start_large(std::uint64_t rows, std::size_t value_bytes) {
  ByteQueue& out = host_.scratch();
  std::uint8_t sequence = 1;
  append_head(out, caps_, status_, sequence);
  send_scratch();
  const Bytes block = host_.canned().block(std::min(value_bytes, CannedReplies::kMaxRowBytes), sequence);
  large_ = {.block = block,
            .at = 0,
            .left = rows * (block.size() / 256),
            .last_sequence = static_cast<std::uint8_t>(sequence + rows),
            .active = true};
  send_large();
}

void NullSession::send_large() {
  while (large_.left > 0 && !channel_.congested()) {
    const std::size_t count =
        std::min({kSliceBytes, large_.block.size() - large_.at,
                  static_cast<std::size_t>(std::min<std::uint64_t>(large_.left, kSliceBytes))});
    channel_.send(large_.block.subspan(large_.at, count));
    large_.at = (large_.at + count) % large_.block.size();
    large_.left -= count;
  }
  if (large_.left > 0) return;
  large_.active = false;
  encode_end_of_rows({.status = status_}, caps_, host_.scratch(), large_.last_sequence);
  send_scratch();
}

void NullSession::on_drained() noexcept {
  if (large_.active) send_large();
  if (large_.active || inbox_.empty()) return;
  ByteQueue waiting;
  std::swap(waiting, inbox_);
  serve(waiting.readable());
}

void NullSession::send_scratch() {
  channel_.send(host_.scratch().readable());
  host_.scratch().clear();
}

void NullSession::end() {
  if (ended_) return;
  ended_ = true;
  channel_.close();
  host_.reap(*this);
}

}  // namespace weir::bench
