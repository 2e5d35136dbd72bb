// What may differ between two runs of one script, taken out of an answer: nothing else is left out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::differential {

using Packets = std::vector<std::string>;  // of one answer, without headers

// An OK, or what stands in its place after rows.
bool is_ok(std::string_view packet);

// An error names the statement by a number: that of its end, or of the server behind it.
Packets without_number(Packets packets);

// What tells of the server's plan for `sql`: its statistics and dictionaries are renewed at some time.
Packets without_plan(std::string_view sql, Packets packets);

// The OK of a command that is no statement: MySQL counts in it the warnings of the statement before, and
// the connection that had them has perhaps been given to another session.
Packets without_warnings(Packets packets);

// A user variable that is NULL may show the type of a value that it once had, also where EXECUTE ... USING
// puts it.
Packets without_types_of_unset(Packets packets);

// What an OK tells of the session's changes.
void without_track(std::string& ok);

}  // namespace weir::differential
