#include "router/rules/replacement.hpp"

namespace weir {

Result<Replacement, std::string> Replacement::parse(std::string_view written, const Pattern& pattern,
                                                    Extent extent) {
  Replacement replacement;
  replacement.extent_ = extent;
  Part part;
  for (std::size_t i = 0; i < written.size(); ++i) {
    if (written[i] != '\\') {
      part.text += written[i];
      continue;
    }
    const char next = ++i < written.size() ? written[i] : '\0';
    if (next == '\\') {
      part.text += next;
    } else if (next < '0' || next > '9') {
      return std::unexpected("a backslash must be followed by one of 0 to 9, or by a backslash");
    } else if (next - '0' > pattern.group_count()) {
      return std::unexpected("the expression has " + std::to_string(pattern.group_count()) +
                             " groups, and no \\" + next);
    } else {
      part.group = next - '0';
      replacement.parts_.push_back(std::move(part));
      part = {};
    }
  }
  replacement.parts_.push_back(std::move(part));
  return replacement;
}

void Replacement::append(const MatchGroups& groups, std::string& text) const {
  for (const Part& part : parts_) {
    text += part.text;
    if (part.group >= 0) text += groups[static_cast<std::size_t>(part.group)];
  }
}

MatchOutcome Replacement::rewrite(const Pattern& pattern, std::string_view subject, std::size_t most_bytes,
                                  MatchContext& context, std::string& text) const {
  text.clear();
  MatchGroups groups;
  bool replaced = false;
  std::size_t at = 0;  // what lies before is in `text`
  while (at <= subject.size()) {
    const MatchOutcome outcome = pattern.find(subject, at, context, groups);
    if (outcome == MatchOutcome::limit_reached) return outcome;
    if (outcome == MatchOutcome::no_match) break;
    replaced = true;
    const std::string_view found = groups[0].data() == nullptr ? subject.substr(at, 0) : groups[0];
    const auto begin = static_cast<std::size_t>(found.data() - subject.data());
    if (begin < at) break;  // \K in a look-behind
    text += subject.substr(at, begin - at);
    append(groups, text);
    if (text.size() > most_bytes) return MatchOutcome::limit_reached;
    at = begin + found.size();
    if (extent_ == Extent::first_match) break;
    if (!found.empty()) continue;
    if (at < subject.size()) text += subject[at];  // step over the place of an empty match
    ++at;
  }
  if (!replaced) return MatchOutcome::no_match;
  if (at < subject.size()) text += subject.substr(at);
  return text.size() > most_bytes ? MatchOutcome::limit_reached : MatchOutcome::match;
}

}  // namespace weir
