// What MySQL's SHOW statements list beyond the commands of the admin port: columns, indexes, character sets,
// and things that do not exist here. Rows of client_queries.cpp point here. Admin thread.
#pragma once

#include <string_view>

#include "admin/client_queries.hpp"
#include "admin/command_pattern.hpp"

namespace weir::client_listings {

using Captured = const Captures&;

// <table> [<schema>] [<column>|<like>|<condition...>]
Reply columns(ClientQueryContext& context, Captured captured);
Reply full_columns(ClientQueryContext& context, Captured captured);
Reply full_tables(ClientQueryContext& context, Captured captured);      // [<schema>] [<like>|<condition...>]
Reply indexes(ClientQueryContext& context, Captured captured);          // <table> [<schema>]
Reply databases(ClientQueryContext& context, Captured captured);        // <like>|<condition...>
Reply create_database(ClientQueryContext& context, Captured captured);  // <schema>
Reply charsets(ClientQueryContext& context, Captured captured);         // [<like>|<condition...>]
Reply collations(ClientQueryContext& context, Captured captured);
Reply engines(ClientQueryContext& context, Captured captured);
Reply grants(ClientQueryContext& context, Captured captured);
Reply warnings(ClientQueryContext& context, Captured captured);
Reply errors(ClientQueryContext& context, Captured captured);
Reply warning_count(ClientQueryContext& context, Captured captured);
Reply error_count(ClientQueryContext& context, Captured captured);

// " WHERE ..." for <like> on `column`, or <condition>, of a statement whose columns have the names that MySQL
// gives them; empty if there is neither.
std::string filter(Captured captured, std::string_view column);

}  // namespace weir::client_listings
