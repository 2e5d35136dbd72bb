#include "proxy/net/refusal.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>

#include "protocol/base/byte_queue.hpp"
#include "protocol/message/response.hpp"
#include "proxy/net/socket_io.hpp"

namespace weir {

void refuse_client(int fd, ProxyError error, std::string_view text) {
  ByteQueue packet;
  encode_greeting_error(error_spec(error).code, text, packet);
  const Bytes bytes = packet.readable();
  // A new socket has room for it, and the end goes in the same packet.
  ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT | MSG_MORE);
  ::shutdown(fd, SHUT_WR);
  // What a load balancer says first: unread, it would make the system send a reset behind the error.
  std::uint8_t first_words[4096];
  receive_now(fd, first_words);
  ::close(fd);
}

}  // namespace weir
