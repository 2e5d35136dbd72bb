// HELP: the table of commands, as a table.
#include <algorithm>
#include <vector>

#include "admin/commands/topics.hpp"
#include "admin/quoting.hpp"

namespace weir::commands {
namespace {

std::string topic_of(std::string_view pattern) {
  return std::string(pattern.substr(0, pattern.find_first_of(" |")));
}

// Every word of `wanted` stands in the command.
bool about(const AdminCommand& command, std::string_view wanted) {
  const std::string text = lower_case(command.pattern) + " " + lower_case(command.synonyms);
  Lexer lexer(wanted, {});
  for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
    if (!text.contains(lower_case(without_quotes(token.text)))) return false;
  }
  return true;
}

}  // namespace

// One command is told in the three columns, several in the first three of the columns, that the command line
// clients of MySQL and MariaDB expect of HELP.
Reply help(CommandCall& call) {
  std::string_view wanted = call.captures["topic"];
  if (wanted.size() > 1 && (wanted.front() == '\'' || wanted.front() == '"')) wanted = without_quotes(wanted);
  if (equals_caseless(wanted, "contents") || equals_caseless(wanted, "commands")) wanted = {};
  std::vector<const AdminCommand*> found;
  for (const AdminCommand& command : admin_commands()) {
    if (about(command, wanted)) found.push_back(&command);
  }
  if (found.size() == 1) {
    return Rows{
        {"name", "description", "example"},
        {{std::string(found[0]->pattern), std::string(found[0]->doc), std::string(found[0]->synonyms)}}};
  }
  Rows rows{{"topic", "name", "is_it_category", "description"}};
  for (const AdminCommand* command : found) {
    rows.rows.push_back(
        {topic_of(command->pattern), std::string(command->pattern), "N", std::string(command->doc)});
  }
  return rows;
}

}  // namespace weir::commands
