// The PROXY protocol: what a load balancer puts before all else, to say for whom it has connected.
//
// Versions 1 (a line) and 2 (binary), "The PROXY protocol", haproxy.org, proxy-protocol.txt. A login packet
// cannot be taken for either: it is not as long, nor has it that sequence id.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "protocol/base/byte_queue.hpp"
#include "protocol/base/bytes.hpp"
#include "protocol/base/result.hpp"

namespace weir {

struct ProxyHeader {
  // False: the load balancer speaks for itself (a health check), or for somebody whose address it does not
  // know; the rest is empty.
  bool has_addresses = false;
  std::string source, destination;  // IPv4 or IPv6, without port
  std::uint16_t source_port = 0, destination_port = 0;

  bool operator==(const ProxyHeader&) const = default;
};

// Longer ones are refused: version 2 may announce 64 KiB of what we have no use for.
inline constexpr std::size_t kMaxProxyHeaderBytes = 2048;

// Whether a stream that begins with `bytes` begins with such a header; of few bytes it is not known yet.
enum class BeginsProxyHeader { no, perhaps, yes };
BeginsProxyHeader begins_proxy_header(Bytes bytes);

// Takes a whole header off the front of `bytes`. Nothing: more is needed. Call it where begins_proxy_header()
// is not `no`.
Result<std::optional<ProxyHeader>> take_proxy_header(Bytes& bytes);

// Appends a header of version 1 or 2. Addresses of different families, or that are none, are as
// `has_addresses` = false.
void encode_proxy_header(const ProxyHeader& header, int version, ByteQueue& out);

}  // namespace weir
