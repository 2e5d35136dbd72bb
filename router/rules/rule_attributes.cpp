#include "router/rules/rule_attributes.hpp"

#include <cmath>

#include "router/config/json_text.hpp"

namespace weir {
namespace {

constexpr double kMaxNumber = 2147483647;

std::optional<std::int64_t> whole_number(const JsonValue* value) {
  if (value == nullptr || value->kind != JsonValue::Kind::number) return std::nullopt;
  if (value->number < 0 || value->number > kMaxNumber || value->number != std::floor(value->number))
    return std::nullopt;
  return static_cast<std::int64_t>(value->number);
}

class AttributeReader {
 public:
  explicit AttributeReader(std::vector<AttributeProblem>& problems) : problems_(problems) {}

  RuleAttributes read(const JsonValue& object) {
    for (const auto& [name, value] : object.members) {
      if (name == "flagOUTs") {
        read_flag_outs(value);
      } else if (name == "dry_run") {
        if (value.kind == JsonValue::Kind::boolean) {
          attributes_.dry_run = value.boolean;
        } else {
          refuse("dry_run must be true or false");
        }
      } else if (name == "max_in_flight") {
        attributes_.max_in_flight = whole_number(&value);
        if (!attributes_.max_in_flight) refuse("max_in_flight must be a whole number in 0..2147483647");
      } else if (name == "max_in_flight_per") {
        read_per(value);
      } else {
        warn("'" + name + "' is unknown and has no effect");
      }
    }
    return std::move(attributes_);
  }

 private:
  void warn(std::string text) { problems_.push_back({Severity::warning, std::move(text)}); }
  void refuse(std::string text) { problems_.push_back({Severity::error, std::move(text)}); }

  void read_flag_outs(const JsonValue& list) {
    if (list.kind != JsonValue::Kind::array)
      return refuse("flagOUTs must be a list of {\"id\":…,\"weight\":…}");
    for (const JsonValue& entry : list.elements) {
      const auto chain = whole_number(entry.find("id"));
      const auto weight = whole_number(entry.find("weight"));
      if (!chain || !weight) {
        refuse("an entry of flagOUTs needs id and weight, whole numbers in 0..2147483647");
      } else if (*weight > 0) {
        attributes_.flag_outs.push_back({*chain, static_cast<std::uint64_t>(*weight)});
      }
    }
  }

  void read_per(const JsonValue& value) {
    if (value.string == "rule") return void(attributes_.max_in_flight_per = InFlightPer::rule);
    if (value.string == "digest") return void(attributes_.max_in_flight_per = InFlightPer::digest);
    if (value.string == "user") return void(attributes_.max_in_flight_per = InFlightPer::user);
    refuse("max_in_flight_per must be one of rule, digest, user");
  }

  std::vector<AttributeProblem>& problems_;
  RuleAttributes attributes_;
};

}  // namespace

RuleAttributes parse_rule_attributes(std::string_view text, std::vector<AttributeProblem>& problems) {
  if (text.empty()) return {};
  const auto value = parse_json(text);
  if (!value) return {};
  if (value->kind != JsonValue::Kind::object) {
    problems.push_back({Severity::warning, "is no JSON object and has no effect"});
    return {};
  }
  return AttributeReader(problems).read(*value);
}

}  // namespace weir
