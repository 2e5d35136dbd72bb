// SQL of clients of the admin port as SQLite is given it: any bytes; only variables that are named are asked
// for, and what needs no translation is left alone. Input: the text.
#include <string>

#include "admin/sql_translation.hpp"
#include "protocol/base/bytes.hpp"
#include "tests/fuzz/require.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  using namespace weir;
  const std::string_view sql = as_text(Bytes(input, size));
  bool asked = false, unknown = false;
  const TranslationNames names{.variable = [&](std::string_view name) -> Cell {
                                 asked = true;
                                 unknown |= name == "x";
                                 return name == "x" ? Cell() : Cell("it's 1");
                               },
                               .database = "main",
                               .user = "o'neill",
                               .connection_id = "7",
                               .version = "8.0"};
  const auto translated = translate_for_sqlite(sql, names);
  fuzz::require(!asked || sql.contains("@@"), "only variables that are named are asked for");
  fuzz::require(translated.has_value() || unknown, "a variable that there is not is the only error");
  if (!translated || !*translated) return 0;
  fuzz::require(**translated != sql, "a translation differs");
  return 0;
}
