// JSON in columns: is it valid, and what does it say?
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

// One value. Of an object the members are kept in the order of the text; of several with one name, all.
struct JsonValue {
  enum class Kind : std::uint8_t { null, boolean, number, string, array, object };

  Kind kind = Kind::null;
  bool boolean = false;
  double number = 0;  // NaN if it is more, or closer to 0, than a double can hold
  std::string string{};
  std::vector<JsonValue> elements;
  struct Member;
  std::vector<Member> members;

  // The last member of that name, or null.
  const JsonValue* find(std::string_view name) const;
};

struct JsonValue::Member {
  std::string name;
  JsonValue value;
};

// RFC 8259, one value with blanks around it; nested at most 64 deep. Nothing if it is not that.
std::optional<JsonValue> parse_json(std::string_view text);
bool is_valid_json(std::string_view text);

// `text` as a JSON string, with its quotes. Bytes from 0x80 on stay as they are: UTF-8 in, UTF-8 out.
std::string json_quoted(std::string_view text);

}  // namespace weir
