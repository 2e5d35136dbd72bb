// A blocking client that shows every packet of an answer, for comparing what two ends say.
#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/byte_queue.hpp"
#include "protocol/machine/client_handshake.hpp"
#include "protocol/machine/response_tracker.hpp"

namespace weir::differential {

struct Endpoint {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
};

struct Login {
  std::string user, password, schema;
  std::uint16_t collation = kCollationUtf8mb4General;
  Caps more = 0;  // asked for beside what an ordinary driver asks for
  Caps less = 0;  // not asked for, though such a driver does
};

// The connection cannot be used any more: refused, closed by the peer, silent for too long, or broken
// protocol.
struct Lost : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class WireClient {
 public:
  static constexpr int kTimeoutSeconds = 30;

  // Throws Lost.
  WireClient(const Endpoint& endpoint, const Login& login);
  ~WireClient();
  WireClient(const WireClient&) = delete;
  WireClient& operator=(const WireClient&) = delete;

  // Sends one command (code and argument) and returns the payloads of its answer, in order. Files that the
  // server asks for are sent with `upload` as their content. Throws Lost.
  std::vector<std::string> run(std::string_view command, std::string_view upload = {});
  // The same of several commands that are sent at once, one answer after the other.
  std::vector<std::vector<std::string>> run_pipelined(const std::vector<std::string>& commands);
  // Waits until the peer has closed the connection, whatever it says before. Throws Lost if it does not.
  void await_end();
  // COM_CHANGE_USER, with its conversation; only its last packet is returned.
  std::vector<std::string> change_user(const Login& login);

  Caps caps() const { return handshake_.established().caps; }
  // What KILL takes.
  std::uint32_t connection_id() const { return handshake_.established().connection_id; }

 private:
  void send(Bytes bytes);
  Bytes receive();
  std::vector<std::string> answer_to(std::string_view command, std::string_view upload);
  void send_upload(std::string_view content, std::uint8_t sequence);

  int socket_ = -1;
  ClientHandshake handshake_;
  ResponseTracker tracker_;
  ByteQueue unread_;
};

}  // namespace weir::differential
