#include "router/session/other_variables.hpp"

#include <algorithm>

namespace weir {

bool OtherVariables::carries(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

void OtherVariables::set(const OtherVariable& variable) {
  const auto place = std::ranges::lower_bound(all_, variable.name, {}, &OtherVariable::name);
  const bool known = place != all_.end() && place->name == variable.name;
  if (variable.text.empty()) {
    if (known) all_.erase(place);
  } else if (known) {
    place->text = variable.text;
  } else {
    all_.insert(place, variable);
  }
}

const std::string* OtherVariables::find(std::string_view name) const {
  const auto place = std::ranges::lower_bound(all_, name, {}, &OtherVariable::name);
  return place != all_.end() && place->name == name ? &place->text : nullptr;
}

bool OtherVariables::within(const OtherVariables& other) const {
  return std::ranges::all_of(
      all_, [&](const OtherVariable& variable) { return other.find(variable.name) != nullptr; });
}

}  // namespace weir
