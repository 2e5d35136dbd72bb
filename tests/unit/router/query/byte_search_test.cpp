#include "router/query/byte_search.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "tests/support/exact_buffer.hpp"

namespace weir {

TEST_CASE("one of two bytes is found wherever it stands, and nothing behind the end", "[router][lexer]") {
  for (std::size_t size = 0; size < 40; ++size) {
    for (std::size_t at = 0; at <= size; ++at) {
      for (const char sought : {'\'', '\\', '\xff', '\0', '\x80'}) {
        std::string text(size, 'x');
        if (at < size) text[at] = sought;
        for (std::size_t later = at + 1; later < size; later += 3) text[later] = '\'';  // not the first
        const test::ExactBuffer buffer(as_bytes(text));
        const std::string_view exact = as_text(buffer);
        const char* const end = exact.data() + exact.size();
        CAPTURE(size, at, static_cast<int>(sought));
        const std::size_t found =
            static_cast<std::size_t>(find_either(exact.data(), end, sought, '\'') - exact.data());
        CHECK(found == at);
      }
    }
  }
  const std::string near = "\x26\x28\xa7\x5b\x5d\xdc";  // one bit away from what is sought
  CHECK(find_either(near.data(), near.data() + near.size(), '\'', '\\') == near.data() + near.size());
}

}  // namespace weir
