// What is known of the addresses of servers' names. Immutable: loops of several threads share one.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/net/address.hpp"

namespace weir {

// Whether a server with this host must be looked up: neither an address nor (port 0) a path.
bool is_name(const std::string& host, std::uint16_t port);

class NameTable {
 public:
  // By name, as it is written in mysql_servers; the addresses have no port, and are in the order in which
  // they are tried.
  using Entries = std::map<std::string, std::vector<Address>, std::less<>>;

  NameTable() = default;
  explicit NameTable(Entries entries) : entries_(std::move(entries)) {}

  // Empty: nothing is known. Valid as long as the table.
  std::span<const Address> find(std::string_view name) const;
  // Whether `name` is known, and `address`, whatever its port, is not one of its addresses.
  bool is_elsewhere(std::string_view name, const Address& address) const;

  friend bool operator==(const NameTable&, const NameTable&) = default;

 private:
  Entries entries_;
};

}  // namespace weir
