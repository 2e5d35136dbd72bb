// SQL with a touch of MySQL in it, as clients and people write it, made readable for SQLite.
//
//   SELECT @@max_allowed_packet, NOW()   ->   SELECT 67108864 AS "@@max_allowed_packet", datetime(...) AS
//   "NOW()"
//
// Pure but for `value_of`; reads the statement once, keeps its size but for what it replaces.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "admin/reply.hpp"
#include "protocol/base/result.hpp"

namespace weir {

// What stands for names in a statement.
struct TranslationNames {
  // @@name, without the @@ but with its scope, if it has one; nothing if there is no such variable.
  std::function<Cell(std::string_view name)> variable;
  // Of the session: DATABASE(), USER(), CONNECTION_ID().
  std::string database, user, connection_id, version;
};

// The text for SQLite; nothing if `sql` needs no translation. The error is the name of an unknown variable.
// Results keep the titles that MySQL gives them: the text of the expression.
Result<std::optional<std::string>, std::string> translate_for_sqlite(std::string_view sql,
                                                                     const TranslationNames& names);

}  // namespace weir
