#include "router/config/user_attributes.hpp"

#include <algorithm>

#include "protocol/auth/stored_secret.hpp"
#include "router/config/json_text.hpp"

namespace weir {
namespace {

struct Switch {
  std::string_view name;
  void (*set)(UserAttributes&, bool);  // null: no effect in this version, whatever the value
};
constexpr Switch kSwitches[] = {
    {"annotations", [](UserAttributes& a, bool on) { a.annotations = on; }},
    {"auto_rw_split", [](UserAttributes& a, bool on) { a.auto_rw_split = on; }},
    {"default-transaction_isolation", nullptr},
    {"local_infile", [](UserAttributes& a, bool on) { a.local_infile = on; }},
};

void complain(Complaints& complaints, Severity severity, std::string text) {
  complaints.push_back({.table = {}, .row = 0, .column = {}, .text = std::move(text), .severity = severity});
}

constexpr std::string_view kAllowedAddresses = "allowed_addresses";
constexpr std::string_view kUnixSockets = "localhost";

// A name is a mistake, for addresses are compared; an empty list, which would let nobody in, is one, too.
void take_addresses(const JsonValue& value, UserAttributes& attributes, Complaints& complaints) {
  auto allowed = std::make_shared<std::vector<ClientAddresses>>();
  for (const JsonValue& element : value.elements) {
    const auto addresses =
        element.kind == JsonValue::Kind::string ? ClientAddresses::parse(element.string) : std::nullopt;
    if (!addresses || !(addresses->is_sound() || element.string == kUnixSockets)) {
      return complain(complaints, Severity::error,
                      "'allowed_addresses': '" + element.string +
                          "' is none of: an address, 10.1.%, 10.1.0.0/16, localhost (Unix sockets)");
    }
    allowed->push_back(*addresses);
  }
  if (allowed->empty())
    return complain(complaints, Severity::error,
                    "'allowed_addresses' must be a list with at least one address");
  attributes.allowed_addresses = std::move(allowed);
}

constexpr std::string_view kSpiffeId = "spiffe_id";

void take_certificate_uri(const JsonValue& value, UserAttributes& attributes, Complaints& complaints) {
  if (value.kind != JsonValue::Kind::string)
    return complain(complaints, Severity::error, "'spiffe_id' must be a string");
  auto demanded = CertificateUri::parse(value.string);
  if (!demanded) return complain(complaints, Severity::error, "'spiffe_id' " + demanded.error());
  attributes.certificate_uri = std::make_shared<const CertificateUri>(*std::move(demanded));
}

constexpr std::string_view kAdditionalPassword = "additional_password";

}  // namespace

std::string parse_additional_password(std::string_view text, Complaints& complaints) {
  const auto object = parse_json(text);
  if (!object || object->kind != JsonValue::Kind::object) return {};
  const JsonValue* const value = object->find(kAdditionalPassword);
  if (value == nullptr) return {};
  auto decoded = value->kind == JsonValue::Kind::string ? from_hex(value->string) : std::nullopt;
  if (!decoded || decoded->contains('\0')) {
    complain(
        complaints, Severity::error,
        "'additional_password' must be hex digits, as HEX('...') makes them of a password or of its hash");
    return {};
  }
  return *std::move(decoded);
}

bool UserAttributes::allows(std::string_view address) const {
  if (!allowed_addresses) return true;
  return std::ranges::any_of(*allowed_addresses, [&](const ClientAddresses& addresses) {
    return address.empty() ? addresses.written() == kUnixSockets : addresses.contains(address);
  });
}

UserAttributes parse_user_attributes(std::string_view text, Complaints& complaints) {
  UserAttributes attributes;
  const auto object = parse_json(text);
  if (!object) return attributes;
  if (object->kind != JsonValue::Kind::object) {
    complain(complaints, Severity::warning, "is no JSON object and has no effect");
    return attributes;
  }
  for (const auto& [name, value] : object->members) {
    if (name == kAllowedAddresses) take_addresses(value, attributes, complaints);
    if (name == kSpiffeId) take_certificate_uri(value, attributes, complaints);
    for (const Switch& known : kSwitches) {
      if (name != known.name) continue;
      if (known.set == nullptr) {
        complain(complaints, Severity::warning, "'" + name + "' has no effect in this version");
      } else if (value.kind != JsonValue::Kind::boolean) {
        complain(complaints, Severity::error, "'" + name + "' must be true or false");
      } else {
        known.set(attributes, value.boolean);
      }
    }
  }
  return attributes;
}

}  // namespace weir
