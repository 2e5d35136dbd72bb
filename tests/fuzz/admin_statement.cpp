// What the admin port does with a text before SQLite sees it: splitting, commands and their placeholders, the
// table that is written to. All views stay within the text; what is found in it is found again.
#include <string>

#include "admin/commands.hpp"
#include "admin/session_sql.hpp"
#include "admin/statement_split.hpp"
#include "protocol/base/bytes.hpp"
#include "tests/fuzz/require.hpp"

namespace {

void look_at(std::string_view statement) {
  using namespace weir;
  const FoundCommand found = find_command(statement);
  if (found.command != nullptr) {
    const std::string again = "/* again */ " + std::string(statement) + " ;; ";
    fuzz::require(find_command(again).command == found.command, "comments and semicolons do not matter");
  }
  const WrittenTable written = written_table(statement);
  fuzz::require(fuzz::within(written.table, statement) && fuzz::within(written.schema, statement),
                "a table of the text");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  using namespace weir;
  const std::string_view sql = as_text(Bytes(input, size));
  std::string_view rest = sql;
  do {
    const std::size_t before = rest.size();
    const std::string_view statement = take_statement(rest);
    fuzz::require(fuzz::within(statement, sql) && fuzz::within(rest, sql),
                  "a statement is a part of the text");
    fuzz::require(rest.empty() || rest.size() < before, "something is taken");
    look_at(statement);
  } while (!rest.empty());
  return 0;
}
