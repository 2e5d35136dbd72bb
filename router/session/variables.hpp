// The session variables that follow a client from connection to connection: kTrackedVariables.
//
// A new one is a row in variables.cpp, and nothing else. For a variable that is in no row see OtherVariables.
// MySQL: Reference Manual, "Server System Variable Reference"; MariaDB: "Server System Variables".
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace weir {

using VariableIndex = std::uint16_t;  // a row of kTrackedVariables

enum class VariableKind : std::uint8_t {
  boolean,  // ON, 1, TRUE and 'on' are one value
  number,   // never quoted: servers refuse '5' for a number
  text,     // words, lists and enumerations: quoted
  flags,    // 'a=on,b=off': a new value changes only the flags that it names (optimizer_switch)
};

// What a session does with a value of this variable.
enum class Following : std::uint8_t {
  replayed,   // set again on the next connection
  pins,       // the value is used up, or tied to its connection: the session keeps that until it is reset
  by_server,  // the server changes it by itself, with the schema or with each statement: its SET pins, a
              // report is no news nothing
};

struct TrackedVariable {
  std::string_view name;   // lower case; what servers call it, and (unless `spelling` is given) what we set
  std::string_view alias;  // another name of the same variable, or empty
  VariableKind kind;
  Following following;
  // How to write it so that both server families understand, where they differ in the name. Empty: `name`.
  std::string_view spelling;
  // Variables of one group overwrite each other (collation_connection, character_set_connection). 0: none.
  std::uint8_t group;
  // What puts the server's default back where DEFAULT does not. Empty: DEFAULT does.
  std::string_view default_text;
  // The row that a SET of this one changes, too, and that has to be set behind it. Empty: none.
  std::string_view also_sets;
  // Why it is not an ordinary row; empty for one that is.
  std::string_view note;

  std::string_view written() const { return spelling.empty() ? name : spelling; }
  std::string_view restored_by() const { return default_text.empty() ? "DEFAULT" : default_text; }
};

// Sorted in the order in which values are to be set: sql_mode, then the character set group, then the rest.
std::span<const TrackedVariable> tracked_variables();
const TrackedVariable& tracked_variable(VariableIndex index);

// By name or alias, in any case.
std::optional<VariableIndex> find_tracked_variable(std::string_view name);

// Rows that other code has to know.
struct KnownVariables {
  VariableIndex sql_mode, character_set_client, character_set_results, character_set_connection,
      collation_connection, isolation, access_mode, last_insert_id, autocommit;
};
const KnownVariables& known_variables();

// The text to replay for what a server reported as the variable's value: 'UTC', 1, NULL. False if the value
// cannot be written so that it reads the same in every sql_mode and character set. `text` is overwritten.
bool replay_text(const TrackedVariable& variable, std::string_view reported, std::string& text);

// `text` as a literal in single quotes, its quotes doubled. `text` is what plain_text() accepted.
std::string quoted(std::string_view text);

// The value of character_set_results after a login, or NAMES, with a collation. The variable shows the
// character set only, but the results' columns say that collation, and nothing but NAMES brings it back:
// "'utf8mb4' COLLATE 'utf8mb4_bin'", to be written behind NAMES.
std::string collated(std::string_view charset, std::string_view collation);

// Longest value that is replayed; a longer one pins.
inline constexpr std::size_t kMaxReplayText = 2048;

}  // namespace weir
