// What stands in columns of the configuration and has a form of its own: attributes and settings as JSON,
// passwords, addresses. Input: the value.
#include <string>

#include "protocol/auth/stored_secret.hpp"
#include "protocol/base/bytes.hpp"
#include "router/config/host_port.hpp"
#include "router/config/hostgroup_settings.hpp"
#include "router/config/json_text.hpp"
#include "router/config/user_attributes.hpp"
#include "router/rules/client_addresses.hpp"
#include "router/rules/rule_attributes.hpp"
#include "tests/fuzz/require.hpp"

namespace {

using namespace weir;

void as_json(std::string_view text) {
  parse_json(text);
  const auto quoted = parse_json(json_quoted(text));
  fuzz::require(quoted && quoted->kind == JsonValue::Kind::string && quoted->string == text,
                "what is quoted is read as it was");
}

void as_attributes(std::string_view text) {
  Complaints complaints;
  const UserAttributes user = parse_user_attributes(text, complaints);
  fuzz::require(!user.allowed_addresses || !user.allowed_addresses->empty(), "a list lets somebody in");
  parse_additional_password(text, complaints);

  std::vector<std::string> problems, without_effect;
  const HostgroupSettings hostgroup = parse_hostgroup_settings(text, problems, without_effect);
  fuzz::require(hostgroup.slow_start_ms >= 0 &&
                    hostgroup.slow_start_ms <= HostgroupSettings::kMaxSlowStartMs &&
                    hostgroup.max_lag_ms >= 0 && hostgroup.max_lag_ms <= HostgroupSettings::kMaxLagS * 1000 &&
                    hostgroup.min_readers >= 0 && hostgroup.min_readers <= HostgroupSettings::kMaxServers &&
                    hostgroup.send_proxy_protocol >= 0 && hostgroup.send_proxy_protocol <= 2,
                "settings are within their limits");

  std::vector<AttributeProblem> remarks;
  const RuleAttributes rule = parse_rule_attributes(text, remarks);
  for (const auto& chain : rule.flag_outs)
    fuzz::require(chain.chain >= 0 && chain.weight > 0, "so are chains");
  fuzz::require(rule.max_in_flight.value_or(0) >= 0, "so are limits");
}

void as_password(std::string_view text) {
  const StoredSecret secret = parse_stored_secret(text);
  switch (secret.kind) {
    case StoredSecret::Kind::empty:
      return fuzz::require(text.empty(), "no password is no text");
    case StoredSecret::Kind::plain:
      return fuzz::require(secret.text == text, "a password is as it is written");
    case StoredSecret::Kind::native_hash:
      return fuzz::require(from_hex(text.substr(1)) == as_text(secret.double_sha1), "the hash is the digits");
    case StoredSecret::Kind::sha2_hash:
      fuzz::require(sha2_kilorounds(secret) > 0, "a hash says its rounds");
      return fuzz::require(parse_stored_secret(secret.text).text == secret.text, "hex is another spelling");
  }
}

// Whether somebody who wrote this of IPv4 addresses meant all of them.
bool is_whole_ipv4(std::string_view text) {
  const std::size_t slash = text.find('/');
  return slash == text.npos || text.contains(':') || text.find_first_not_of('0', slash + 1) == text.npos;
}

void as_address(std::string_view text) {
  if (const auto addresses = ClientAddresses::parse(text)) {
    fuzz::require(addresses->written() == text, "addresses are as they are written");
    const bool all = addresses->contains("0.0.0.0") && addresses->contains("255.255.255.255");
    fuzz::require(!all || is_whole_ipv4(text), "a network is no larger than it says");
    for (const char* client : {"10.1.2.3", "fd00::1", "::ffff:10.1.2.3"}) addresses->contains(client);
    fuzz::require(!text.contains('/') || !addresses->contains(""), "a Unix socket is in no network");
  }
  if (const auto networks = PeerNetworks::parse(text))
    fuzz::require(!networks->contains(""), "a Unix socket is in no list");
  if (const auto place = parse_host_port(text, 3306))
    fuzz::require(parse_host_port(to_text(*place), 0) == place, "a place is written as it is read");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  const std::string_view text = as_text(Bytes(input, size));
  as_json(text);
  as_attributes(text);
  as_password(text);
  as_address(text);
  return 0;
}
