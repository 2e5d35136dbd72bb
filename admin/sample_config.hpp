// The sample configuration file, etc/weir.cnf: generated, so that it cannot disagree with the program.
#pragma once

#include <string>

namespace weir {

// Every variable in use at its default, with its documentation, and examples of the tables with theirs. It
// loads as it is, to defaults() and no rows.
std::string sample_config();

}  // namespace weir
