#include "router/config/user_attributes.hpp"

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
    {"spiffe_id", nullptr},
};

void complain(Complaints& complaints, Severity severity, std::string text) {
  complaints.push_back({.table = {}, .row = 0, .column = {}, .text = std::move(text), .severity = severity});
}

}  // namespace

UserAttributes parse_user_attributes(std::string_view text, Complaints& complaints) {
  UserAttributes attributes;
  const auto object = parse_json(text);
  if (!object) return attributes;
  if (object->kind != JsonValue::Kind::object) {
    complain(complaints, Severity::warning, "is no JSON object and has no effect");
    return attributes;
  }
  for (const auto& [name, value] : object->members) {
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
