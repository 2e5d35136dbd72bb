// etc/statistics.md: generated, so that it cannot disagree with the program.
#pragma once

#include <string>

namespace weir {

// Every metric, and every table of the schemas stats and monitor with its columns, in Markdown.
std::string statistics_reference();

}  // namespace weir
