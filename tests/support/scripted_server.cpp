#include "tests/support/scripted_server.hpp"

#include <strings.h>
#include <sys/socket.h>

#include <algorithm>
#include <stdexcept>

#include "protocol/message/prepared.hpp"
#include "protocol/message/proxy_header.hpp"
#include "protocol/message/query.hpp"
#include "protocol/message/response.hpp"
#include "proxy/net/compression_filter.hpp"

namespace weir::test {
namespace {

bool begins(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && strncasecmp(text.data(), prefix.data(), prefix.size()) == 0;
}

// The payload of a request in frames, which are whole.
Blob payload_of(Bytes frames) {
  Blob payload;
  while (frames.size() >= kFrameHeaderBytes) {
    const std::size_t length = decode_frame_header(frames.data()).length;
    const Bytes part = frames.subspan(kFrameHeaderBytes, length);
    payload.insert(payload.end(), part.begin(), part.end());
    frames = frames.subspan(kFrameHeaderBytes + length);
  }
  return payload;
}

}  // namespace

// ---- one connection

ServerSide::ServerSide(ScriptedServer& server, Loop& loop, int fd, std::size_t number)
    : server_(server), channel_(loop), number_(number) {
  channel_.set_events(this);
  channel_.adopt(fd);
  if (server_.greeting_error_) {
    std::uint8_t sequence = 0;
    encode_err({server_.greeting_error_->first, "", server_.greeting_error_->second}, out_, sequence);
    send_all();
    channel_.close_when_sent();
    return;
  }
  if (server_.silent_at_login_) return;
  awaits_header_ = server_.wants_proxy_header_;
  if (!awaits_header_) greet();
}

void ServerSide::greet() {
  const Accounts& accounts = server_;
  handshake_.start(greeting(), accounts);
  channel_.send(handshake_.output().readable());
  handshake_.output().clear();
}

ServerGreeting ServerSide::greeting() const {
  ServerGreeting greeting;
  greeting.version = server_.version_;
  greeting.connection_id = static_cast<std::uint32_t>(number_);
  greeting.offer = server_.offer_;
  greeting.peer_host = "localhost";
  return greeting;
}

void ServerSide::on_bytes(MutableBytes bytes) noexcept {
  server_.bytes_received_ += bytes.size();
  if (awaits_header_) return on_header_bytes(bytes);
  if (!logged_in_) return on_login_bytes(bytes);
  on_command_bytes(bytes);
}

void ServerSide::on_closed(NetError) noexcept {
  request_.clear();
}

void ServerSide::on_header_bytes(Bytes bytes) {
  proxy_header_.insert(proxy_header_.end(), bytes.begin(), bytes.end());
  Bytes rest = proxy_header_;
  const auto header = take_proxy_header(rest);
  if (!header) return channel_.close();
  if (!*header) return;
  proxy_header_.resize(proxy_header_.size() - rest.size());
  awaits_header_ = false;
  greet();
}

void ServerSide::on_login_bytes(Bytes bytes) {
  if (!server_.asks_plugin_.empty()) return ask_plugin();
  after_handshake(handshake_.on_bytes(bytes));
}

// MySQL: page_protocol_connection_phase_packets_protocol_auth_switch_request.
void ServerSide::ask_plugin() {
  std::string request = '\xfe' + server_.asks_plugin_ + '\0';
  request.append(20, 'x').push_back('\0');
  ByteQueue out;
  std::uint8_t sequence = 2;
  write_packet(out, as_bytes(request), sequence);
  channel_.send(out.readable());
}

void ServerSide::after_handshake(ServerHandshake::Want want) {
  if (want == ServerHandshake::Want::start_tls) {
    channel_.add_filter(TlsFilter::accept(server_.tls_), handshake_.take_rest());
    handshake_.on_secured();
    return;
  }
  if (want == ServerHandshake::Want::verified) {
    const Login login = handshake_.take_login();
    user_ = login.credentials.user;
    schema_ = login.schema;
    attributes_.clear();
    for (const auto& [name, value] : login.attributes)
      attributes_ += (attributes_.empty() ? "" : ",") + name + "=" + value;
    caps_ = login.caps;
    scramble_ = handshake_.scramble();
    if (!schema_.empty() && schema_ == server_.unknown_schema_) {
      handshake_.refuse(1049, "42000", "Unknown database '" + schema_ + "'");
      closing_ = true;
    } else {
      status_ = kStatusAutocommit;
      handshake_.accept(status_);
      logged_in_ = true;
    }
  }
  const Bytes said = handshake_.output().readable();
  pieces_.empty() ? channel_.send(said) : pieces_.push_back(to_blob(said));  // behind an answer under way
  handshake_.output().clear();
  if (want == ServerHandshake::Want::failed || closing_) channel_.close_when_sent();
  if (logged_in_ && compression() != Compression::none && !std::exchange(compresses_, true))
    channel_.add_filter(std::make_unique<CompressionFilter>(PacketNumbers::Side::server, compression(), 1));
}

void ServerSide::speak_below(Bytes bytes) {
  if (::send(channel_.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size()))
    throw std::runtime_error("the socket takes no more");
}

void ServerSide::on_command_bytes(Bytes bytes) {
  while (!bytes.empty() && channel_.open()) {
    const auto consumed = tracker_.feed(bytes);
    if (!consumed) return channel_.close();  // as a server would
    request_.insert(request_.end(), bytes.begin(), bytes.begin() + static_cast<long>(*consumed));
    bytes = bytes.subspan(*consumed);
    if (tracker_.done()) on_request();
  }
}

void ServerSide::on_request() {
  command_ = Received{};
  command_.connection = number_;
  command_.upload = std::exchange(uploading_, false);
  command_.payload = payload_of(request_);
  sequence_ = tracker_.next_sequence();
  request_.clear();
  tracker_.start();
  if (!command_.upload && !command_.payload.empty()) {
    command_.command = command_spec(command_.payload[0]).command;
    const bool has_attributes = command_.command == Command::query && (caps_ & kQueryAttributes) != 0;
    std::size_t text_at = has_attributes ? find_query_text(command_.payload).value() : 1;
    while (command_.command == Command::query && text_at < command_.payload.size() &&
           command_.payload[text_at] == ' ') {
      ++text_at;  // as servers do
    }
    command_.text = std::string(as_text(Bytes(command_.payload).subspan(text_at)));
  }
  server_.received_.push_back(command_);
  if (command_.upload) {
    ok(command_.payload.size());
    return flush();
  }
  if (command_.command == Command::quit) return channel_.close();
  if (command_.command == Command::change_user) {
    const Accounts& accounts = server_;
    logged_in_ = false;
    handshake_ = ServerHandshake{};
    return after_handshake(
        handshake_.start_change_user(command_.payload, 0, caps_, scramble_, greeting(), accounts));
  }
  if (const auto* handler = server_.find_handler(command_)) {
    (*handler)(*this);
  } else {
    server_.answer_normally(*this);
  }
  flush();
}

template <class Write>
void ServerSide::write(Write&& write) {
  ReplyWriter reply = writer();
  write(reply);
  sequence_ = reply.next_sequence();
}

void ServerSide::ok(std::uint64_t affected_rows, std::uint64_t insert_id, std::uint16_t more_status,
                    std::uint16_t warnings) {
  write([&](ReplyWriter& reply) {
    reply.ok(static_cast<std::uint16_t>(status_ | more_status), affected_rows, insert_id, warnings);
  });
}

void ServerSide::ok_tracking(Bytes track) {
  encode_ok({.status = status_, .info = {}, .session_state = as_text(track)}, caps_, out_, sequence_);
}

void ServerSide::err(std::uint16_t code, std::string_view message, std::string_view sqlstate) {
  write([&](ReplyWriter& reply) { reply.err(code, sqlstate, message); });
}

void ServerSide::head(std::initializer_list<std::string_view> columns) {
  std::vector<ReplyColumn> list;
  for (const std::string_view name : columns) list.push_back({.name = name});
  write([&](ReplyWriter& reply) { reply.columns(list, status_); });
}

void ServerSide::row(std::initializer_list<std::string_view> values) {
  const std::vector<TextField> fields(values.begin(), values.end());
  write([&](ReplyWriter& reply) { reply.row(fields); });
}

void ServerSide::end_rows(std::uint16_t more_status) {
  write([&](ReplyWriter& reply) { reply.end_rows(static_cast<std::uint16_t>(status_ | more_status)); });
}

void ServerSide::rows(std::string_view column, std::initializer_list<std::string_view> values,
                      std::uint16_t more_status) {
  head({column});
  for (const std::string_view value : values) row({value});
  end_rows(more_status);
}

void ServerSide::prepared(std::uint32_t id, std::uint16_t parameters, std::uint16_t columns) {
  encode_prepare_ok({id, columns, parameters, 0}, out_, sequence_);
  for (const std::uint16_t group : {parameters, columns}) {
    for (std::uint16_t i = 0; i < group; ++i) {
      ColumnDefinition column;
      column.name = "c";
      encode_column(column, out_, sequence_);
    }
    if (group > 0 && (caps_ & kDeprecateEof) == 0) encode_eof({0, status_}, out_, sequence_);
  }
}

void ServerSide::ask_file(std::string_view name) {
  const std::string payload = "\xfb" + std::string(name);
  packet(as_bytes(payload));
  uploading_ = true;
  tracker_.start_upload(sequence_);
}

void ServerSide::packet(Bytes payload) {
  write([&](ReplyWriter& reply) { reply.packet(payload); });
}

void ServerSide::raw(Bytes bytes) {
  out_.append(bytes);
}

void ServerSide::send_part(std::size_t count) {
  const Bytes all = out_.readable();
  channel_.send(all.first(std::min(count, all.size())));
  out_.clear();
}

void ServerSide::release() {
  held_ = false;
  flush();
}

void ServerSide::flush() {
  if (held_) return;
  const Bytes all = out_.readable();
  const std::size_t first = server_.split_at_ > 0 ? server_.split_at_ : server_.piece_bytes_;
  if (first == 0 || first >= all.size()) {
    if (pieces_.empty()) {
      channel_.send(all);
    } else {
      pieces_.push_back(to_blob(all));
    }
  } else {
    const std::size_t size = server_.split_at_ > 0 ? all.size() - first : first;
    pieces_.push_back(to_blob(all.first(first)));
    for (std::size_t at = first; at < all.size(); at += size) {
      pieces_.push_back(to_blob(all.subspan(at, std::min(size, all.size() - at))));
    }
  }
  out_.clear();
  if (closing_ && pieces_.empty()) channel_.close_when_sent();
}

void ServerSide::step() {
  if (pieces_.empty()) return;
  channel_.send(pieces_.front());
  pieces_.pop_front();
  if (closing_ && pieces_.empty()) channel_.close_when_sent();
}

void ServerSide::reset() {
  const linger at_once{1, 0};
  if (channel_.fd() >= 0) setsockopt(channel_.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  channel_.close();
  pieces_.clear();
}

// ---- the server

ScriptedServer::ScriptedServer(Loop& loop, std::string name, std::string ip, std::uint16_t port)
    : loop_(loop), name_(std::move(name)), ip_(std::move(ip)), acceptor_(loop, *this), port_(port) {
  listen_again();
}

ScriptedServer::~ScriptedServer() = default;

void ScriptedServer::stop_listening() {
  acceptor_.close();
  const Address address = *Address::from_ip(ip_, port_);
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  place_.emplace(fd);
  const int on = 1;
  if (::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(fd, address.raw(), address.raw_size()) != 0)
    throw std::runtime_error("a port is lost");
}

void ScriptedServer::listen_again() {
  if (!acceptor_.listen(*Address::from_ip(ip_, port_))) throw std::runtime_error("no loopback port");
  port_ = acceptor_.local().port();
  place_.reset();
}

void ScriptedServer::on_accepted(int fd, const Address&, const Acceptor&) noexcept {
  sides_.push_back(std::make_unique<ServerSide>(*this, loop_, fd, sides_.size() + 1));
}

const Account* ScriptedServer::find(std::string_view user) const {
  Account& account = accounts_[std::string(user)];
  account.name = user;
  const auto password = passwords_.find(user);
  account.secrets = {{parse_stored_secret(password == passwords_.end() ? user : password->second)}};
  return &account;
}

void ScriptedServer::on(std::string prefix, Handler handler) {
  by_prefix_.emplace_back(std::move(prefix), std::move(handler));
}

void ScriptedServer::on(Command command, Handler handler) {
  by_command_.emplace_back(command, std::move(handler));
}

const ScriptedServer::Handler* ScriptedServer::find_handler(const Received& received) const {
  for (auto rule = by_command_.rbegin(); rule != by_command_.rend(); ++rule) {
    if (rule->first == received.command) return rule->second ? &rule->second : nullptr;
  }
  if (received.command != Command::query) return nullptr;
  for (auto rule = by_prefix_.rbegin(); rule != by_prefix_.rend(); ++rule) {
    if (begins(received.text, rule->first)) return rule->second ? &rule->second : nullptr;
  }
  return nullptr;
}

void ScriptedServer::answer_normally(ServerSide& side) {
  const Command command = side.command().command;
  if (command == Command::query) return answer_query(side);
  if (command == Command::stmt_prepare) {
    const std::string& sql = side.command().text;
    const auto parameters = static_cast<std::uint16_t>(std::count(sql.begin(), sql.end(), '?'));
    return side.prepared(next_statement_++, parameters, begins(sql, "SELECT") ? 1 : 0);
  }
  if (command_spec(command).shape == Shape::none) return;
  if (command == Command::set_option)
    return side.write([&](ReplyWriter& reply) { reply.eof(side.status()); });
  if (command == Command::statistics) return side.packet(as_bytes("Uptime: 1"));
  if (command == Command::reset_connection) side.set_status(kStatusAutocommit);
  side.ok();
}

void ScriptedServer::answer_query(ServerSide& side) {
  const std::string& sql = side.command().text;
  if (begins(sql, "SELECT")) return side.rows("v", {name_});
  std::uint16_t status = side.status();
  if (begins(sql, "BEGIN") || begins(sql, "START TRANSACTION")) status |= kStatusInTransaction;
  if (begins(sql, "COMMIT") || begins(sql, "ROLLBACK"))
    status &= static_cast<std::uint16_t>(~kStatusInTransaction);
  if (sql.find("autocommit=0") != std::string::npos) status &= static_cast<std::uint16_t>(~kStatusAutocommit);
  if (sql.find("autocommit=1") != std::string::npos) status |= kStatusAutocommit;
  side.set_status(status);
  side.ok();
}

void ScriptedServer::step() {
  for (const auto& side : sides_) side->step();
}

std::size_t ScriptedServer::count(std::string_view prefix) const {
  return static_cast<std::size_t>(std::ranges::count_if(received_, [&](const Received& received) {
    return received.command == Command::query && begins(received.text, prefix);
  }));
}

std::size_t ScriptedServer::count(Command command) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      received_, [&](const Received& received) { return received.command == command; }));
}

const Received* ScriptedServer::first(std::string_view prefix, Command command) const {
  const auto found = std::ranges::find_if(received_, [&](const Received& received) {
    return received.command == command && begins(received.text, prefix);
  });
  return found == received_.end() ? nullptr : &*found;
}

std::vector<std::string> ScriptedServer::texts() const {
  std::vector<std::string> texts;
  for (const Received& received : received_) {
    if (received.command == Command::query) texts.push_back(received.text);
    if (received.command == Command::init_db) texts.push_back("USE " + received.text);
    if (received.command == Command::change_user) texts.push_back("change user");
    if (received.command == Command::reset_connection) texts.push_back("reset");
  }
  return texts;
}

std::size_t ScriptedServer::open_connections() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(sides_, [](const auto& side) { return side->open(); }));
}

ServerSide* ScriptedServer::find_held() {
  const auto found = std::ranges::find_if(sides_, [](const auto& side) { return side->held(); });
  return found == sides_.end() ? nullptr : found->get();
}

std::size_t ScriptedServer::partial_bytes() const {
  std::size_t bytes = 0;
  for (const auto& side : sides_) bytes += side->request_.size();
  return bytes;
}

void ScriptedServer::close_all() {
  for (const auto& side : sides_) side->channel_.close();
}

}  // namespace weir::test
