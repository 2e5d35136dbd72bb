// SET name=value.
#include <optional>

#include "admin/commands/sql_text.hpp"
#include "admin/commands/topics.hpp"
#include "admin/refusals.hpp"
#include "admin/variable_names.hpp"
#include "router/config/variables.hpp"

namespace weir::commands {
namespace {

constexpr std::string_view kBlanks = " \t\r\n\f\v";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// The text that a quoted string stands for: quotes inside are doubled. A backslash is one, as everywhere on
// this port: a password may have some.
std::string unquoted(std::string_view literal) {
  const char quote = literal.front();
  std::string text;
  for (std::size_t i = 1; i + 1 < literal.size(); ++i) {
    text += literal[i];
    if (literal[i] == quote) ++i;
  }
  return text;
}

// "mysql-max_connections" of `mysql-max_connections`, GLOBAL mysql-max_connections,
// @@global.mysql-max_connections.
std::string_view variable_name(std::string_view text) {
  text = trimmed(text);
  for (std::string_view scope : {"@@global.", "@@", "global "}) {
    if (text.size() > scope.size() && equals_caseless(text.substr(0, scope.size()), scope)) {
      text = trimmed(text.substr(scope.size()));
      break;
    }
  }
  const bool quoted = text.size() > 1 && (text.front() == '`' || text.front() == '"' || text.front() == '\'');
  return quoted && text.back() == text.front() ? text.substr(1, text.size() - 2) : text;
}

// What stands right of the equals sign, or nothing if it is not one value.
std::optional<std::string> value_of(std::string_view text) {
  text = trimmed(text);
  Lexer lexer(text, {.no_backslash_escapes = true});
  Token token = lexer.next();
  if (token.kind == TokenKind::end) return std::nullopt;
  if (token.kind == TokenKind::string && (text.front() == '\'' || text.front() == '"')) {
    const std::string_view literal = token.text;
    const bool alone = lexer.next().kind == TokenKind::end && !lexer.malformed();
    return alone ? std::optional(unquoted(literal)) : std::nullopt;
  }
  const bool one_word = text.find_first_of(" \t\r\n='\"`") == std::string_view::npos;
  return one_word ? std::optional(std::string(text)) : std::nullopt;
}

void warn(CommandCall& call, const Variable& variable, std::string text) {
  call.session.warnings.push_back({.table = "global_variables",
                                   .column = std::string(variable.name),
                                   .text = std::move(text),
                                   .severity = Severity::warning});
}

// Says now what LOAD ... TO RUNTIME would say of the value.
void comment_on(CommandCall& call, const Variable& variable, std::string_view value) {
  Settings scratch = defaults();
  if (const auto taken = weir::set_variable(scratch, variable.name, value); !taken) {
    warn(call, variable,
         taken.error() + "; LOAD " + (variable.name.starts_with("admin-") ? "ADMIN" : "MYSQL") +
             " VARIABLES TO RUNTIME will refuse it");
  } else if (!has_effect(variable)) {
    warn(call, variable, lack_of_effect(variable));
  }
}

// Through SQL, so that admin-read_only and the note about what remains to be done hold here, too.
Reply store_value(CommandCall& call, std::string_view name, std::string_view value) {
  Reply reply = query(call, "UPDATE main.global_variables SET variable_value = " + quoted_text(value) +
                                " WHERE variable_name = " + quoted_text(name));
  const Done* done = std::get_if<Done>(&reply);
  if (done == nullptr || done->affected_rows > 0) return reply;
  return query(call, "INSERT INTO main.global_variables(variable_name, variable_value) VALUES (" +
                         quoted_text(name) + ", " + quoted_text(value) + ")");
}

}  // namespace

Reply set_variable(CommandCall& call) {
  const std::string_view assignment = call.captures["assignment"];
  const auto equals = assignment.find('=');
  if (equals == std::string_view::npos) {
    return refuse(AdminError::syntax,
                  "near \"" + std::string(assignment) + "\": syntax error: SET name=value is expected");
  }
  std::string_view left = assignment.substr(0, equals);
  if (left.ends_with(':')) left.remove_suffix(1);
  const std::string_view name = variable_name(left);
  if (const auto problem = unknown_variable(name)) return refuse(AdminError::unknown_variable, *problem);
  const std::optional<std::string> value = value_of(assignment.substr(equals + 1));
  if (!value) {
    return refuse(AdminError::syntax,
                  "near \"" + std::string(trimmed(assignment.substr(equals + 1))) +
                      "\": syntax error: one value is expected, in quotes if it has blanks, quotes "
                      "or =, and one variable in a statement");
  }
  Reply reply = store_value(call, name, *value);
  if (std::holds_alternative<Done>(reply)) comment_on(call, *find_variable(name), *value);
  return reply;
}

}  // namespace weir::commands
