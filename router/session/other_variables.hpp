// Session variables that are in no row of kTrackedVariables: of plugins, of other servers' kinds, of versions
// to come.
//
// One that a session sets to a plain literal, and that its server knows, is set again wherever the session
// goes. What it was before nobody knows, and whether DEFAULT brings that back neither: a connection that
// has one which its next session does not want gets a change of user, after which it is as a new one.
// `SET x = DEFAULT` counts as what a new connection has, for servers take the global value for both.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

struct OtherVariable {
  std::string name;  // lower case
  std::string text;  // the literal that sets it; empty, in an Effect: DEFAULT

  bool operator==(const OtherVariable&) const = default;
};

class OtherVariables {
 public:
  // Whether a name can be written without quotes, and is one variable's: no component's, no structured one's.
  static bool carries(std::string_view name);

  // An empty text forgets the variable. There are no more than servers know.
  void set(const OtherVariable& variable);
  void clear() { all_.clear(); }
  // Whether each of them is, with whatever value, in `other`, too.
  bool within(const OtherVariables& other) const;
  const std::string* find(std::string_view name) const;        // null: it is not set
  std::span<const OtherVariable> all() const { return all_; }  // by name

  bool operator==(const OtherVariables&) const = default;

 private:
  std::vector<OtherVariable> all_;
};

}  // namespace weir
