// What the texts of variables may be, beyond being text.
#include <arpa/inet.h>

#include "protocol/wire/charsets.hpp"
#include "router/config/credentials.hpp"
#include "router/config/host_port.hpp"
#include "router/config/variable_rows.hpp"
#include "router/rules/client_addresses.hpp"

namespace weir::variable_rows {

// Beyond what parse_host_port() takes: no host, or *, is every address, and port 0 lets the system choose.
std::string check_interfaces(std::string_view text) {
  bool any = false;
  while (!text.empty()) {
    const auto end = text.find(';');
    std::string item(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    if (item.find_first_not_of(' ') == std::string::npos) continue;
    any = true;
    item.erase(0, item.find_first_not_of(' '));
    if (item.starts_with(':')) item.insert(0, "*");
    if (item.ends_with(":0")) item.back() = '1';
    const auto address = parse_host_port(item, 0);
    if (!address) return address.error();
  }
  return any ? "" : "at least one address is needed, such as 0.0.0.0:6033";
}

std::string check_auth_plugin(std::string_view text) {
  if (text == "mysql_native_password" || text == "caching_sha2_password") return {};
  return "'" + std::string(text) + "' is not one of mysql_native_password, caching_sha2_password";
}

std::string check_charset(std::string_view text) {
  if (find_charset(text) != nullptr) return {};
  return "'" + std::string(text) + "' is not a character set of MySQL or MariaDB, such as utf8mb4";
}

std::string check_collation(std::string_view text) {
  if (find_collation(text) != nullptr) return {};
  return "'" + std::string(text) + "' is not a collation of MySQL or MariaDB, such as utf8mb4_general_ci";
}

std::string check_ip(std::string_view text) {
  const std::string address(text);
  in6_addr parsed{};  // the larger of the two
  if (inet_pton(AF_INET, address.c_str(), &parsed) == 1 ||
      inet_pton(AF_INET6, address.c_str(), &parsed) == 1) {
    return {};
  }
  return "'" + address + "' is not a numeric address, such as 127.0.0.1 or ::1";
}

std::string check_networks(std::string_view text) {
  const auto networks = PeerNetworks::parse(text);
  return networks ? "" : networks.error();
}

std::string check_log_name(std::string_view text) {
  return text.ends_with('/')
             ? "'" + std::string(text) + "' is a directory; the beginning of a file's name is needed"
             : "";
}

std::string check_not_empty(std::string_view text) {
  return text.empty() ? "may not be empty" : "";
}

// It becomes part of a statement, quoted.
std::string check_table_name(std::string_view text) {
  const auto dot = text.find('.');
  const bool two_names = dot != std::string_view::npos && dot > 0 && dot + 1 < text.size() &&
                         text.find_first_of(".`\n", dot + 1) == std::string_view::npos &&
                         text.substr(0, dot).find_first_of("`\n") == std::string_view::npos;
  return text.empty() || two_names ? "" : "must be schema.table";
}

std::string check_credentials(std::string_view text) {
  const auto credentials = parse_credentials(text);
  return credentials ? "" : credentials.error();
}

std::string check_some_credentials(std::string_view text) {
  const auto credentials = parse_credentials(text);
  if (!credentials) return credentials.error();
  return credentials->empty() ? "at least one account is needed, such as admin:secret" : "";
}

}  // namespace weir::variable_rows
