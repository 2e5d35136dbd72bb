// SQL of administrators and of stats accounts: the one does not leave the database, the other reads neither
// configuration nor changes anything. Input: the caller, then the text.
#include <algorithm>
#include <filesystem>
#include <string>

#include "admin/sql_functions.hpp"
#include "admin/store.hpp"
#include "protocol/base/bytes.hpp"
#include "tests/fuzz/require.hpp"

namespace {

constexpr std::string_view kSecret = "open sesame";

void fill(weir::Store& store) {
  weir::add_admin_functions(store);
  store.limit_cpu_ms(20);
  store.run(
      "CREATE TABLE main.mysql_users(username, password); CREATE TABLE stats.counters(name, value);"
      "INSERT INTO mysql_users VALUES ('app', 'open sesame'); INSERT INTO counters VALUES ('a', 1)");
  store.protect("mysql_users");
}

bool tells_secret(const weir::Rows& rows) {
  return std::ranges::any_of(rows.rows, [](const weir::Row& row) {
    return std::ranges::any_of(
        row, [](const weir::Cell& cell) { return cell && cell->find(kSecret) != std::string::npos; });
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  using namespace weir;
  if (size == 0) return 0;
  const Caller caller = (input[0] & 1) != 0 ? Caller::admin : Caller::stats;
  const std::string sql(as_text(Bytes(input + 1, size - 1)));
  Store store;
  fill(store);
  const auto changes = store.total_changes();
  try {
    SqlStatement statement = store.prepare(sql, nullptr, caller);
    const Rows rows = store.rows(statement);
    if (caller == Caller::stats && sql.find(kSecret) == std::string::npos) {
      fuzz::require(!tells_secret(rows), "a stats account reads no configuration");
    }
  } catch (const SqlError&) {
  }
  if (caller == Caller::stats) fuzz::require(store.total_changes() == changes, "it changes nothing");
  fuzz::require(store.rows("SELECT count(*) FROM mysql_users").rows.size() == 1, "tables of ours stay");
  fuzz::require(store.rows("SELECT 1 FROM pragma_database_list WHERE file <> ''").rows.empty(),
                "no file is opened");
  return 0;
}
