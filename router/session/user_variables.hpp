// The user variables of a session, or of a connection: @a and the text that sets it to what it is.
//
// A variable that is not here is NULL. Names are compared without regard to case, as servers do; those that
// are not plain ASCII cannot be carried, for what their bytes mean depends on the character set of the
// moment. Comparing allocates nothing. Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/machine/simple_query.hpp"
#include "router/query/lexer.hpp"

namespace weir {

struct UserVariable {
  std::string name;  // lower case, without @ and quotes
  std::string text;  // 5, 1.50, _latin1 X'41' COLLATE latin1_bin; empty: only the connection knows the value

  bool operator==(const UserVariable&) const = default;
};

class UserVariables {
 public:
  // More than this many of one session are not carried.
  static constexpr std::size_t kMost = 64;

  // The value is `text`; an empty one: it may be anything. False if there are too many, or `name` (as
  // written, without the @) is not plain: then only the connection knows.
  bool set(std::string_view name, std::string_view text);
  // It is NULL.
  void forget(std::string_view name);
  void clear();
  void forget_unknown();

  std::span<const UserVariable> all() const { return variables_; }  // sorted by name
  bool empty() const { return variables_.empty(); }
  // The text of a name in lower case; null: it is NULL.
  const std::string* find(std::string_view name) const;
  // Every value is known.
  bool settled() const { return settled_; }
  bool same_as(const UserVariables& other) const {
    return hash_ == other.hash_ && variables_ == other.variables_;
  }
  // Differs for different variables, but by rare chance; 0 for none.
  std::uint64_t hash() const { return hash_; }

 private:
  std::vector<UserVariable>::iterator place_of(std::string_view name);
  void changed();

  std::vector<UserVariable> variables_;
  std::uint64_t hash_ = 0;
  bool settled_ = true;
};

// Notes every user variable that is named in `sql` as one whose value is not known. False if that is not
// possible for one of them (see set()).
bool note_user_variables(std::string_view sql, LexMode mode, UserVariables& variables);

// How many times user variables are named in `sql`.
std::size_t count_user_variables(std::string_view sql, LexMode mode);

// The text for SET @a = <literal>, if the literal is one whose value and type depend on nothing else: a plain
// integer.
std::optional<std::string> user_variable_text(std::string_view literal);

// The text for a value that was read back: `kind` and `value` are those of SELECT @a, `hex` and `collation`
// what HEX(@a) and COLLATION(@a) gave. Nothing if no text gives the same value and type.
std::optional<std::string> user_variable_text(SimpleQuery::Kind kind, std::string_view value,
                                              std::string_view hex, std::string_view collation);

// "@`a`": as a SET of any sql_mode takes it.
std::string written_user_variable(std::string_view name);

}  // namespace weir
