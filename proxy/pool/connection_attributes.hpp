// What a server is told of a connection at login, and shows in performance_schema.session_connect_attrs: the
// attributes of the client for whom it is opened, or is given another user, and where he is. Others use the
// connection after him; nobody tells the server again for that.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir {

using AttributePairs = std::vector<std::pair<std::string, std::string>>;

// `his` attributes, as far as they are not longer than servers take together, behind ours: the address first,
// for servers keep the beginning (512 bytes by default). For AttributeReader.
std::string attributes_for_client(const AttributePairs& his, std::string_view address);

// The pairs of such a block.
AttributePairs attribute_pairs(std::string_view block);

// Of a connection that is opened for no client.
const AttributePairs& own_attributes();

}  // namespace weir
