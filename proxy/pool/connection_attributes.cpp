#include "proxy/pool/connection_attributes.hpp"

#include <algorithm>

#include "protocol/message/handshake.hpp"

namespace weir {
namespace {

constexpr std::string_view kProgramName = "program_name";
constexpr std::string_view kOpenedFor = "weir_opened_for";

// What one session keeps; servers refuse 64 KiB.
constexpr std::size_t kMaxBytes = 4096;

}  // namespace

std::string attributes_for_client(const AttributePairs& his, std::string_view address) {
  std::string block;
  append_attribute(block, kOpenedFor, address);
  const bool named = std::ranges::any_of(his, [](const auto& pair) { return pair.first == kProgramName; });
  if (!named) append_attribute(block, kProgramName, "weir");
  for (const auto& [name, value] : his) {
    if (name == kOpenedFor || block.size() + name.size() + value.size() + 8 > kMaxBytes) continue;
    append_attribute(block, name, value);
  }
  return block;
}

AttributePairs attribute_pairs(std::string_view block) {
  AttributePairs pairs;
  AttributeReader reader{block};
  while (const auto attribute = reader.next()) pairs.emplace_back(attribute->name, attribute->value);
  return pairs;
}

const AttributePairs& own_attributes() {
  static const AttributePairs attributes{{std::string(kProgramName), "weir"}};
  return attributes;
}

}  // namespace weir
