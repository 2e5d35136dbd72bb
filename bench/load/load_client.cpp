#include "bench/load/load_client.hpp"

#include <charconv>

#include "protocol/message/command.hpp"
#include "protocol/message/prepared.hpp"
#include "protocol/wire/frame.hpp"
#include "proxy/net/tls_filter.hpp"

namespace weir::bench {
namespace {

constexpr std::size_t kExecuteNumberAt = kFrameHeaderBytes + 14;  // header, no NULL, bound, one type

// `request` is a complete packet but for its length.
void set_length(std::string& request) {
  store_le(reinterpret_cast<std::uint8_t*>(request.data()), request.size() - kFrameHeaderBytes, 3);
}

std::string command_packet(Command command, std::string_view argument) {
  std::string packet(kFrameHeaderBytes, '\0');
  packet += static_cast<char>(command);
  packet += argument;
  set_length(packet);
  return packet;
}

}  // namespace

LoadClient::LoadClient(LoadHost& host, Loop& loop, const Question& question, std::uint64_t number)
    : host_(host),
      loop_(loop),
      question_(question),
      channel_(loop),
      next_read_(loop.deadlines(), *this),
      state_(number * 0x9e3779b97f4a7c15 + 1) {
  channel_.set_events(this);
}

void LoadClient::connect(const Address& address) {
  ConnectRequest request;
  request.credentials.user = question_.user;
  request.credentials.cleartext = question_.password;
  request.schema = question_.schema;
  request.want = kAskedOfServers | kMultiResults | kPsMultiResults;
  if (!question_.classic_eof) request.want |= kDeprecateEof;
  request.tls = question_.tls != nullptr && !question_.tls_first;
  handshake_ = {};
  handshake_.start(std::move(request));
  channel_.connect(address);
}

void LoadClient::leave() {
  channel_.send(as_bytes(command_packet(Command::quit, {})));
  channel_.close();
  next_read_.clear();
  request_.clear();
  requests_.clear();
  number_at_ = 0;
  stage_ = Stage::logging_in;
}

// Sessions are kept by the name of the server: one that nobody has had before has none.
void LoadClient::begin_tls() {
  static std::uint64_t strangers = 0;
  std::string name = question_.resumes ? "server" : "server" + std::to_string(++strangers);
  channel_.add_filter(TlsFilter::connect(question_.tls, std::move(name), 0));
}

void LoadClient::secure() {
  begin_tls();
  handshake_.on_secured();
  channel_.send(handshake_.output().readable());
  handshake_.output().clear();
}

// The server speaks first.
void LoadClient::on_connected() noexcept {
  if (question_.tls_first) begin_tls();
}

void LoadClient::on_closed(NetError why) noexcept {
  lose(std::string(why.text()));
}

void LoadClient::on_bytes(MutableBytes bytes) noexcept {
  if (stage_ == Stage::logging_in) return on_login_bytes(bytes);
  on_answer_bytes(bytes);
}

void LoadClient::on_login_bytes(Bytes bytes) {
  const auto want = handshake_.on_bytes(bytes);
  channel_.send(handshake_.output().readable());
  handshake_.output().clear();
  if (want == ClientHandshake::Want::start_tls) return secure();
  if (want == ClientHandshake::Want::failed) return lose("login: " + handshake_.failure().message);
  if (want != ClientHandshake::Want::done) return;
  caps_ = handshake_.established().caps;
  if (question_.prepared) return prepare();
  if (question_.queries.empty()) {
    write_query();
  } else {
    write_queries();
  }
  become_ready();
}

void LoadClient::prepare() {
  stage_ = Stage::preparing;
  std::string query = question_.query;
  if (const auto place = query.find("%d"); place != std::string::npos) query.replace(place, 2, "?");
  tracker_.start(Shape::prepare, caps_);
  channel_.send(as_bytes(command_packet(Command::stmt_prepare, query)));
}

void LoadClient::write_query() {
  const auto place = question_.query.find("%d");
  request_ = command_packet(Command::query, question_.query.substr(0, place));
  if (place == std::string::npos) return;
  number_at_ = request_.size();
  suffix_ = question_.query.substr(place + 2);
}

// Every connection begins elsewhere in the list: they do not ask all the same at a time.
void LoadClient::write_queries() {
  for (const std::string& query : question_.queries) {
    requests_.push_back(command_packet(Command::query, query));
  }
  turn_ = next_number() % requests_.size();
}

// MySQL: page_protocol_com_stmt_execute. One BIGINT, if the statement has a parameter.
void LoadClient::make_execute() {
  std::string argument(9, '\0');
  store_le(reinterpret_cast<std::uint8_t*>(argument.data()), statement_id_, 4);
  argument[5] = 1;  // iterations
  if (question_.query.find("%d") != std::string::npos) {
    argument.append({0, 1, 8, 0});  // no NULL; types follow: MYSQL_TYPE_LONGLONG, signed
    argument.append(8, '\0');
    number_at_ = kExecuteNumberAt;
  }
  request_ = command_packet(Command::stmt_execute, argument);
}

void LoadClient::become_ready() {
  stage_ = Stage::ready;
  host_.on_client_ready(*this);
}

void LoadClient::ask() {
  if (number_at_ > 0 && question_.prepared) {
    store_le(reinterpret_cast<std::uint8_t*>(request_.data()) + number_at_, next_number(), 8);
  } else if (number_at_ > 0) {
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, next_number()).ptr;
    request_.resize(number_at_);
    request_.append(digits, end);
    request_ += suffix_;
    set_length(request_);
  }
  stage_ = Stage::asking;
  failed_ = false;
  if (question_.read_mb_per_s > 0) {
    asked_us_ = loop_.now_us();
    bytes_taken_ = 0;
  }
  tracker_.start(Shape::result, caps_);
  if (requests_.empty()) {
    channel_.send(as_bytes(request_));
  } else {
    channel_.send(as_bytes(requests_[turn_++ % requests_.size()]));
  }
}

// What is ahead of the pace waits in the system's buffers, and then with whoever sends it.
void LoadClient::keep_pace(std::size_t bytes) {
  bytes_taken_ += bytes;
  const std::uint64_t due_us = asked_us_ + bytes_taken_ / question_.read_mb_per_s;
  const std::uint64_t now_us = loop_.now_us();
  if (due_us <= now_us) return;
  channel_.pause_reading();
  next_read_.set(loop_.now() + static_cast<Millis>((due_us - now_us) / 1000 + 1));
}

void LoadClient::on_answer_bytes(Bytes bytes) {
  if (question_.read_mb_per_s > 0 && stage_ == Stage::asking) keep_pace(bytes.size());
  if (held_.empty()) {
    const std::size_t taken = scan(bytes);
    if (tracker_.done()) return finish_answer();
    held_.append(bytes.subspan(taken));
    return;
  }
  held_.append(bytes);
  held_.consume(scan(held_.readable()));
  if (tracker_.done()) finish_answer();
}

// How many bytes are done with.
std::size_t LoadClient::scan(Bytes bytes) {
  std::size_t at = 0;
  while (!tracker_.done()) {
    const auto step = tracker_.scan(bytes.subspan(at));
    if (!step) {
      lose("the answer breaks the protocol: " + std::string(to_text(step.error())));
      break;
    }
    at += step->forward;
    if (step->packet == 0) break;
    if (step->kind == PacketKind::err) failed_ = true;
    if (step->kind == PacketKind::prepare_ok) {
      const auto head =
          decode_prepare_ok(bytes.subspan(at + kFrameHeaderBytes, step->packet - kFrameHeaderBytes));
      if (head) statement_id_ = head->statement_id;
    }
    at += step->packet;
  }
  return at;
}

void LoadClient::finish_answer() {
  held_.clear();
  if (stage_ == Stage::asking) {
    stage_ = Stage::ready;
    return host_.on_answer(*this, since_us_, failed_);
  }
  if (failed_) return lose("the statement cannot be prepared");
  make_execute();
  become_ready();
}

// xorshift64: cheap, and the same numbers in every run.
std::uint64_t LoadClient::next_number() {
  state_ ^= state_ << 13;
  state_ ^= state_ >> 7;
  state_ ^= state_ << 17;
  return state_ % question_.highest_number + 1;
}

void LoadClient::lose(const std::string& why) {
  channel_.close();
  host_.on_client_lost(*this, why);
}

}  // namespace weir::bench
