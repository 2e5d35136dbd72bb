#include "router/config/json_text.hpp"

namespace weir {
namespace {

constexpr int kMaxDepth = 64;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// Recursive descent; every method consumes what it names and says whether it was there.
class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : text_(text) {}

  bool whole() {
    blanks();
    if (!value(0)) return false;
    blanks();
    return text_.empty();
  }

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

  bool number() {
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      return digits();
    }
    return true;
  }

  bool escape() {
    if (!take('u')) {
      if (text_.empty() || std::string_view("\"\\/bfnrt").find(text_[0]) == std::string_view::npos)
        return false;
      text_.remove_prefix(1);
      return true;
    }
    for (int i = 0; i < 4; ++i) {
      if (text_.empty() || !is_hex(text_[0])) return false;
      text_.remove_prefix(1);
    }
    return true;
  }

  bool string() {
    if (!take('"')) return false;
    while (!text_.empty()) {
      if (take('"')) return true;
      if (take('\\')) {
        if (!escape()) return false;
        continue;
      }
      if (static_cast<unsigned char>(text_[0]) < 0x20) return false;
      text_.remove_prefix(1);
    }
    return false;
  }

  bool member(int depth) {
    blanks();
    if (!string()) return false;
    blanks();
    return take(':') && element(depth);
  }
  bool element(int depth) {
    blanks();
    if (!value(depth)) return false;
    blanks();
    return true;
  }

  bool object(int depth) {
    blanks();
    if (take('}')) return true;
    do {
      if (!member(depth)) return false;
    } while (take(','));
    return take('}');
  }
  bool array(int depth) {
    blanks();
    if (take(']')) return true;
    do {
      if (!element(depth)) return false;
    } while (take(','));
    return take(']');
  }

  bool value(int depth) {
    if (depth > kMaxDepth || text_.empty()) return false;
    if (take('{')) return object(depth + 1);
    if (take('[')) return array(depth + 1);
    if (text_[0] == '"') return string();
    return take("true") || take("false") || take("null") || number();
  }

  std::string_view text_;
};

}  // namespace

bool is_valid_json(std::string_view text) {
  return JsonReader(text).whole();
}

}  // namespace weir
