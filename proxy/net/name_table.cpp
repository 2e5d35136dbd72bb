#include "proxy/net/name_table.hpp"

#include <algorithm>

namespace weir {

bool is_name(const std::string& host, std::uint16_t port) {
  return port != 0 && !Endpoint{host, port, ""}.numeric();
}

std::span<const Address> NameTable::find(std::string_view name) const {
  const auto entry = entries_.find(name);
  return entry == entries_.end() ? std::span<const Address>() : entry->second;
}

bool NameTable::is_elsewhere(std::string_view name, const Address& address) const {
  const std::span<const Address> known = find(name);
  return !known.empty() && std::ranges::find(known, address.with_port(0)) == known.end();
}

}  // namespace weir
