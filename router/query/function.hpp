// What is known of a name that stands before an opening parenthesis.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir {

// Whose names are meant. any: not known, or servers of both.
enum class ServerFamily : std::uint8_t { any, mysql, mariadb };

// By the version in a server's greeting: "9.7.4", "5.5.5-10.11.6-MariaDB-log".
ServerFamily family_of(std::string_view server_version);

enum class FunctionKind : std::uint8_t {
  unknown,           // may do anything
  pure,              // changes nothing and depends on no connection or server
  pure_if_adjacent,  // pure; with a blank before the parenthesis and without IGNORE_SPACE, a stored
                     // function's name
  syntax,            // no function: IN (, VALUES (, DECIMAL (
  last_insert_id,
  found_rows,
  row_count,
  takes_lock,
  releases_lock,
  tests_lock,
  connection_id,
  sequence,
  acts_on_server,  // waits for replication, or reads the server's files
};

// `name` unqualified and unquoted, any case. An unquoted name in this list cannot be a stored or loadable
// function on a server of this family.
FunctionKind find_function(std::string_view name, ServerFamily family);

}  // namespace weir
