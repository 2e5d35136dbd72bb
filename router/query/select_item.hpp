// One item of a SELECT's list while its tokens pass by: where it begins and ends, and whether it has a name.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "router/query/lexer.hpp"

namespace weir {

class SelectItem {
 public:
  // A token of the item that stands in no parentheses of its own.
  void take(const Token& token) { add(token, end_of(token)); }
  // The last token of something whose first has been taken: of a pair of parentheses, of CASE ... END.
  void take_last(const Token& token) { add(token, End::operand); }

  bool empty() const { return tokens_ == 0; }
  std::size_t begin() const { return begin_; }
  std::size_t end() const { return end_; }

  // Whether an operand, or a name, could end with what has been taken so far.
  bool ends_operand() const { return ends_operand(last_); }

  // expression AS name, or expression name. True in doubt: what is taken for a name is left alone.
  bool has_name() const;
  // That name may as well be the end of the expression: INTERVAL 1 DAY, DATE '2020-01-01', _utf8'x'.
  bool may_have_no_name() const { return !has_as_ && has_name() && is_open_; }

 private:
  enum class End : unsigned char { nothing, operand, name, operation };
  static bool ends_operand(End end) { return end == End::operand || end == End::name; }
  static End end_of(const Token& token);
  void add(const Token& token, End end);

  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t tokens_ = 0;
  End last_ = End::nothing;
  End before_ = End::nothing;
  bool has_as_ = false;
  bool is_open_ = false;  // a word has been met behind which a name and a string are operands
};

// The name, in backquotes, that servers give to a column whose expression is written like this: at most 255
// bytes, whole characters, of UTF-8 at most three bytes each.
std::string column_name_of(std::string_view expression);

}  // namespace weir
