// Whether a statement, asked again a little later by the same account, may be given the same answer.
#pragma once

#include <string_view>

#include "router/query/lexer.hpp"

namespace weir {

// False if `sql` names a variable or a function whose value belongs to the moment, the connection or chance:
// NOW(), RAND(), UUID(), CONNECTION_ID(), @x ... Stored functions cannot be told from here: the classifier
// calls them unknown.
bool is_repeatable(std::string_view sql, LexMode mode);

}  // namespace weir
