// Which of its locks a SELECT GET_LOCK(...) did not get, by the answer that went to the client.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/bytes.hpp"
#include "protocol/wire/capabilities.hpp"
#include "router/query/lexer.hpp"

namespace weir {

// A longer answer than this tells of no lock.
inline constexpr std::size_t kLockAnswerBytes = 4096;

// Names of locks that another session has, for all calls of the statement: 0, not NULL, which is an error.
// `answer` is the whole reply to a COM_QUERY, framed from sequence 1 on, as a client with `caps` gets it.
// Empty where text or answer leaves a doubt. Allocates.
std::vector<std::string> refused_locks(std::string_view sql, LexMode mode, Bytes answer, Caps caps);

}  // namespace weir
