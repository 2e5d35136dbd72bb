#include "router/config/json_text.hpp"

#include <cmath>

#include "protocol/base/number_text.hpp"

namespace weir {
namespace {

constexpr int kMaxDepth = 64;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

void append_utf8(std::uint32_t point, std::string& text) {
  const auto add = [&](std::uint32_t byte) { text += static_cast<char>(byte); };
  if (point < 0x80) return add(point);
  if (point < 0x800) {
    add(0xc0 | point >> 6);
  } else if (point < 0x10000) {
    add(0xe0 | point >> 12);
    add(0x80 | (point >> 6 & 0x3f));
  } else {
    add(0xf0 | point >> 18);
    add(0x80 | (point >> 12 & 0x3f));
    add(0x80 | (point >> 6 & 0x3f));
  }
  add(0x80 | (point & 0x3f));
}

// Recursive descent; every method consumes what it names and says whether it was there.
class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : text_(text) {}

  bool whole(JsonValue& value) { return element(value, 0) && text_.empty(); }

 private:
  bool take(char c) {
    if (!text_.starts_with(c)) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool take(std::string_view word) {
    if (!text_.starts_with(word)) return false;
    text_.remove_prefix(word.size());
    return true;
  }
  void blanks() {
    const auto end = text_.find_first_not_of(" \t\r\n");
    text_.remove_prefix(end == std::string_view::npos ? text_.size() : end);
  }
  bool digits() {
    if (text_.empty() || !is_digit(text_[0])) return false;
    while (!text_.empty() && is_digit(text_[0])) text_.remove_prefix(1);
    return true;
  }

  bool number(JsonValue& value) {
    const std::string_view from = text_;
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      if (!digits()) return false;
    }
    value.kind = JsonValue::Kind::number;
    // What a double cannot hold is outside of all limits.
    value.number = to_double(from.substr(0, from.size() - text_.size())).value_or(std::nan(""));
    return true;
  }

  bool unit(std::uint32_t& value) {
    if (text_.size() < 4) return false;
    const auto digits = to_integer<std::uint32_t>(text_.substr(0, 4), 16);
    value = digits.value_or(0);
    text_.remove_prefix(4);
    return digits.has_value();
  }
  bool unicode(std::string& text) {
    std::uint32_t point = 0, low = 0;
    if (!unit(point)) return false;
    if (point >= 0xd800 && point < 0xdc00 && take("\\u")) {
      if (!unit(low)) return false;
      point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
    }
    append_utf8(point & 0x1fffff, text);
    return true;
  }
  bool escape(std::string& text) {
    constexpr std::string_view kLetters = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
    if (take('u')) return unicode(text);
    const std::size_t at = text_.empty() ? std::string_view::npos : kLetters.find(text_[0]);
    if (at == std::string_view::npos) return false;
    text += kMeanings[at];
    text_.remove_prefix(1);
    return true;
  }

  bool string(std::string& text) {
    if (!take('"')) return false;
    while (!text_.empty()) {
      if (take('"')) return true;
      if (take('\\')) {
        if (!escape(text)) return false;
        continue;
      }
      if (static_cast<unsigned char>(text_[0]) < 0x20) return false;
      text += text_[0];
      text_.remove_prefix(1);
    }
    return false;
  }

  bool member(JsonValue& object, int depth) {
    auto& [name, value] = object.members.emplace_back();
    blanks();
    if (!string(name)) return false;
    blanks();
    return take(':') && element(value, depth);
  }
  bool element(JsonValue& value, int depth) {
    blanks();
    if (!read(value, depth)) return false;
    blanks();
    return true;
  }

  bool object(JsonValue& value, int depth) {
    value.kind = JsonValue::Kind::object;
    blanks();
    if (take('}')) return true;
    do {
      if (!member(value, depth)) return false;
    } while (take(','));
    return take('}');
  }
  bool array(JsonValue& value, int depth) {
    value.kind = JsonValue::Kind::array;
    blanks();
    if (take(']')) return true;
    do {
      if (!element(value.elements.emplace_back(), depth)) return false;
    } while (take(','));
    return take(']');
  }

  bool word(JsonValue& value) {
    if (take("null")) return true;
    value.boolean = text_.starts_with('t');
    if (!take("true") && !take("false")) return false;
    value.kind = JsonValue::Kind::boolean;
    return true;
  }

  bool read(JsonValue& value, int depth) {
    if (depth > kMaxDepth || text_.empty()) return false;
    if (take('{')) return object(value, depth + 1);
    if (take('[')) return array(value, depth + 1);
    if (text_[0] == '"') {
      value.kind = JsonValue::Kind::string;
      return string(value.string);
    }
    return word(value) || number(value);
  }

  std::string_view text_;
};

}  // namespace

const JsonValue* JsonValue::find(std::string_view name) const {
  for (auto member = members.rbegin(); member != members.rend(); ++member) {
    if (member->name == name) return &member->value;
  }
  return nullptr;
}

std::optional<JsonValue> parse_json(std::string_view text) {
  std::optional<JsonValue> value(std::in_place);
  if (!JsonReader(text).whole(*value)) value.reset();
  return value;
}

bool is_valid_json(std::string_view text) {
  return parse_json(text).has_value();
}

std::string json_quoted(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      result += "\\u00";
      result += kHex[byte >> 4];
      result += kHex[byte & 15];
      continue;
    }
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result += '"';
}

}  // namespace weir
