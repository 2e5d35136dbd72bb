// Is a text valid JSON? Columns that hold JSON are checked when they are set; their meaning is read
// elsewhere.
#pragma once

#include <string_view>

namespace weir {

// RFC 8259, one value with blanks around it; nested at most 64 deep.
bool is_valid_json(std::string_view text);

}  // namespace weir
