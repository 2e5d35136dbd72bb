#include "tests/differential/wire_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "protocol/message/command.hpp"
#include "protocol/wire/frame.hpp"

namespace weir::differential {
namespace {

// What an ordinary driver asks for, several statements in one text included.
constexpr Caps kWanted = kLongFlag | kTransactions | kMultiStatements | kMultiResults | kPsMultiResults |
                         kDeprecateEof | kLocalFiles | kConnectAttrs;

ConnectRequest request_of(const Login& login) {
  ConnectRequest request;
  request.credentials.user = login.user;
  request.credentials.cleartext = login.password;
  request.schema = login.schema;
  request.collation = login.collation;
  request.want = (kWanted | login.more) & ~login.less;
  return request;
}

int connected_socket(const Endpoint& endpoint) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(endpoint.port);
  const timeval timeout{.tv_sec = WireClient::kTimeoutSeconds, .tv_usec = 0};
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (inet_pton(AF_INET, endpoint.host.c_str(), &address.sin_addr) != 1 ||
      connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const std::string why = std::strerror(errno);
    close(fd);
    throw Lost("connect: " + why);
  }
  return fd;
}

// Whole packets' payloads, without their frames.
void unframe(Bytes bytes, std::vector<std::string>& payloads, bool& continues) {
  while (bytes.size() >= kFrameHeaderBytes) {
    const FrameHeader header = decode_frame_header(bytes.data());
    const std::string_view payload = as_text(bytes.subspan(kFrameHeaderBytes, header.length));
    if (continues) {
      payloads.back() += payload;
    } else {
      payloads.emplace_back(payload);
    }
    continues = header.continued();
    bytes = bytes.subspan(kFrameHeaderBytes + header.length);
  }
}

}  // namespace

WireClient::WireClient(const Endpoint& endpoint, const Login& login) : socket_(connected_socket(endpoint)) {
  handshake_.start(request_of(login));
  for (;;) {
    const auto want = handshake_.on_bytes(receive());
    send(handshake_.output().readable());
    handshake_.output().clear();
    if (want == ClientHandshake::Want::done) return;
    if (want == ClientHandshake::Want::read) continue;
    close(socket_);
    throw Lost("login: " + std::to_string(handshake_.failure().code) + " " + handshake_.failure().message);
  }
}

WireClient::~WireClient() {
  close(socket_);
}

void WireClient::send(Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) throw Lost(std::string("send: ") + std::strerror(errno));
    bytes = bytes.subspan(static_cast<std::size_t>(sent));
  }
}

// What has arrived; valid until the next call.
Bytes WireClient::receive() {
  static thread_local std::uint8_t buffer[64 * 1024];
  const ssize_t size = recv(socket_, buffer, sizeof buffer, 0);
  if (size == 0) throw Lost("closed by the peer");
  if (size < 0) throw Lost(errno == EAGAIN ? "no answer" : std::strerror(errno));
  return {buffer, static_cast<std::size_t>(size)};
}

std::vector<std::string> WireClient::run(std::string_view command, std::string_view upload) {
  ByteQueue out;
  std::uint8_t sequence = 0;
  write_packet(out, as_bytes(command), sequence);
  unread_.clear();
  send(out.readable());
  return answer_to(command, upload);
}

std::vector<std::vector<std::string>> WireClient::run_pipelined(const std::vector<std::string>& commands) {
  ByteQueue out;
  for (const std::string& command : commands) {
    std::uint8_t sequence = 0;
    write_packet(out, as_bytes(command), sequence);
  }
  unread_.clear();
  send(out.readable());
  std::vector<std::vector<std::string>> answers;
  for (const std::string& command : commands) answers.push_back(answer_to(command, {}));
  return answers;
}

std::vector<std::string> WireClient::answer_to(std::string_view command, std::string_view upload) {
  const CommandSpec& spec = command_spec(static_cast<std::uint8_t>(command[0]));
  tracker_.start(spec.shape, caps());
  ByteQueue answer;
  while (!tracker_.done()) {
    if (tracker_.awaiting_upload()) {
      send_upload(upload, tracker_.next_sequence());
      tracker_.upload_ended();
    }
    const auto step = tracker_.scan(unread_.readable());
    if (!step) throw Lost("the answer breaks the protocol: " + std::string(to_text(step.error())));
    answer.append(unread_.readable().first(step->forward + step->packet));
    unread_.consume(step->forward + step->packet);
    if (step->packet == 0 && !tracker_.done()) unread_.append(receive());
  }
  std::vector<std::string> payloads;
  bool continues = false;
  unframe(answer.readable(), payloads, continues);
  return payloads;
}

void WireClient::await_end() {
  std::uint8_t ignored[1024];
  ssize_t size;
  do {
    size = recv(socket_, ignored, sizeof ignored, 0);
  } while (size > 0);
  if (size < 0 && errno == EAGAIN) throw Lost("not closed");
}

void WireClient::send_upload(std::string_view content, std::uint8_t sequence) {
  ByteQueue out;
  if (!content.empty()) write_packet(out, as_bytes(content), sequence);
  write_packet(out, {}, sequence);
  send(out.readable());
}

std::vector<std::string> WireClient::change_user(const Login& login) {
  const Established before = handshake_.established();
  auto want = handshake_.start_change_user(request_of(login), before);
  std::string last;
  for (;;) {
    send(handshake_.output().readable());
    handshake_.output().clear();
    if (want == ClientHandshake::Want::done) return {"changed"};
    if (want == ClientHandshake::Want::failed) throw Lost("change user: " + handshake_.failure().message);
    want = handshake_.on_bytes(receive());
  }
}

}  // namespace weir::differential
