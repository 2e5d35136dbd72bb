// LOAD and SAVE: modules between layers, and where layers differ.
#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "admin/commands/topics.hpp"
#include "admin/refusals.hpp"
#include "protocol/base/check.hpp"
#include "router/config/nearest.hpp"
#include "router/query/lexer.hpp"

namespace weir::commands {
namespace {

struct LayerWord {
  std::string_view word;
  Layer layer;
};
constexpr std::array kLayerWords = {
    LayerWord{"memory", Layer::memory},   LayerWord{"mem", Layer::memory},
    LayerWord{"runtime", Layer::runtime}, LayerWord{"run", Layer::runtime},
    LayerWord{"disk", Layer::disk},       LayerWord{"config", Layer::config_file},
    LayerWord{"main", Layer::memory},
};

// The words of `text` with one blank between them, whatever stood there.
std::string words_of(std::string_view text) {
  std::string words;
  Lexer lexer(text, {});
  for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
    if (!words.empty()) words += ' ';
    words += token.text;
  }
  return words;
}

Result<const Module*, Refusal> module_of(const CommandCall& call) {
  const std::string name = words_of(call.captures["module"]);
  if (const Module* module = find_module(name)) return module;
  std::vector<std::string_view> known;
  for (const Module& module : modules()) known.push_back(module.name);
  return std::unexpected(
      refuse(AdminError::syntax, "near \"" + name +
                                     "\": syntax error: there is nothing of that name to load or save" +
                                     hint(name, known)));
}

// The error to answer with: the first of `complaints` that is one.
Refusal refusal_of(const Complaints& complaints, const Module& module) {
  const auto first = std::ranges::find(complaints, Severity::error, &Complaint::severity);
  const bool about_variables = !module.variable_prefix.empty();
  const auto count = std::ranges::count(complaints, Severity::error, &Complaint::severity);
  std::string text = first == complaints.end() ? "refused" : to_text(*first);
  if (count > 1) text += "; and " + std::to_string(count - 1) + " more in SHOW WARNINGS";
  return refuse(about_variables ? AdminError::bad_value : AdminError::other, text + "; nothing was changed");
}

Reply reply_of(CommandCall& call, const Module& module, Moved moved, bool tell_rows) {
  call.session.warnings = std::move(moved.complaints);
  if (std::ranges::any_of(call.session.warnings,
                          [](const Complaint& c) { return c.severity == Severity::error; })) {
    return refusal_of(call.session.warnings, module);
  }
  return Done{.affected_rows = tell_rows ? moved.rows : 0};
}

Reply move(CommandCall& call, Layer from, Layer to) {
  const auto module = module_of(call);
  if (!module) return module.error();
  return reply_of(call, **module, call.tools.layers.move(**module, from, to), from == Layer::config_file);
}

}  // namespace

Reply load_to_runtime(CommandCall& call) {
  return move(call, Layer::memory, Layer::runtime);
}
Reply load_to_memory(CommandCall& call) {
  return move(call, Layer::disk, Layer::memory);
}
Reply load_from_config(CommandCall& call) {
  return move(call, Layer::config_file, Layer::memory);
}
Reply save_to_memory(CommandCall& call) {
  return move(call, Layer::runtime, Layer::memory);
}
Reply save_to_disk(CommandCall& call) {
  return move(call, Layer::memory, Layer::disk);
}

Reply load_one_user(CommandCall& call) {
  const std::string_view name = call.captures["name"];
  const bool valid = std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '+' || c == '_';
  });
  if (!valid) return refuse(AdminError::syntax, "Invalid name " + std::string(name));
  const Module* users = find_module("MYSQL USERS");
  WEIR_CHECK(users != nullptr, "modules() has a row of that name");
  return reply_of(call, *users, call.tools.layers.load_user(name), false);
}

Reply show_config_diff(CommandCall& call) {
  const auto layer = [&](std::string_view placeholder, Layer otherwise) -> std::optional<Layer> {
    const std::string_view word = call.captures[placeholder];
    if (word.empty()) return otherwise;
    for (const LayerWord& row : kLayerWords) {
      if (equals_caseless(word, row.word)) return row.layer;
    }
    return std::nullopt;
  };
  const auto left = layer("left", Layer::runtime);
  const auto right = layer("right", Layer::memory);
  if (!left || !right) {
    return refuse(AdminError::syntax, "'" + std::string(call.captures[left ? "right" : "left"]) +
                                          "' is none of the layers runtime, memory, disk, config");
  }
  Rows rows{{"table", "key", "column", "left", "right"}};
  for (Difference& row : call.tools.layers.diff(*left, *right)) {
    rows.rows.push_back({std::move(row.table), std::move(row.key), std::move(row.column), std::move(row.left),
                         std::move(row.right)});
  }
  return rows;
}

}  // namespace weir::commands
