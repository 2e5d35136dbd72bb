// COM_QUERY where both sides have kQueryAttributes: before the text stand the query's attributes, named
// values for whoever watches statements, in the form of a prepared statement's parameters.
//
// MySQL: page_protocol_com_query. MariaDB has nothing of the kind.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "protocol/base/byte_queue.hpp"
#include "protocol/base/bytes.hpp"
#include "protocol/base/result.hpp"
#include "protocol/wire/capabilities.hpp"

namespace weir {

// Where the text begins in such a command's payload, counted from the command byte: 3 if it has no
// attributes. Fails where servers call the packet malformed, and for value types that no server lists: their
// length is anybody's guess, and with it where the text begins.
Result<std::size_t> find_query_text(Bytes payload);

// Makes it the same text, for a server that has no kQueryAttributes: servers pass over blanks before a
// statement.
void blank_attributes(MutableBytes payload, std::size_t text_at);

// What stands between the command byte and the text of a query of our own: no attributes.
inline Bytes no_attributes(Caps caps) {
  static constexpr std::uint8_t kNone[] = {0, 1};  // their number, and that of their sets
  return (caps & kQueryAttributes) != 0 ? Bytes(kNone) : Bytes();
}

// Appends a query of our own, framed with `sequence`, to a peer with `caps`.
void encode_query(std::string_view sql, Caps caps, ByteQueue& out, std::uint8_t& sequence);

}  // namespace weir
