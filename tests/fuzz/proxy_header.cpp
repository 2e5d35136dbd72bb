// The PROXY protocol's headers: what is taken does not depend on how much has come beyond it, bytes that are
// missing are waited for and not invented, and what was understood is encoded and understood again.
#include "protocol/message/proxy_header.hpp"

#include "tests/fuzz/require.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  using namespace weir;
  const Bytes stream(input, size);
  if (begins_proxy_header(stream) == BeginsProxyHeader::no) return 0;
  Bytes rest = stream;
  const auto header = take_proxy_header(rest);
  if (!header || !header->has_value()) {
    fuzz::require(rest.size() == size, "nothing is taken of what is no whole header");
    fuzz::require(!header || size < kMaxProxyHeaderBytes, "nobody is waited for without end");
    return 0;
  }
  const std::size_t taken = size - rest.size();
  fuzz::require(taken > 0 && taken <= kMaxProxyHeaderBytes, "a header has its bounds");
  Bytes alone = stream.first(taken);
  const auto again = take_proxy_header(alone);
  fuzz::require(again && *again == *header && alone.empty(), "what is behind a header does not matter");
  Bytes less = stream.first(taken - 1);
  const auto part = take_proxy_header(less);
  fuzz::require(part && !part->has_value(), "without its last byte it is waited for");
  for (const int version : {1, 2}) {
    ByteQueue out;
    encode_proxy_header(**header, version, out);
    Bytes encoded = out.readable();
    const auto decoded = take_proxy_header(encoded);
    fuzz::require(decoded && decoded->has_value(), "what is encoded decodes");
    fuzz::require((*decoded)->has_addresses == (*header)->has_addresses, "to the same");
    fuzz::require((*decoded)->source_port == (*header)->source_port, "with its ports");
  }
  return 0;
}
