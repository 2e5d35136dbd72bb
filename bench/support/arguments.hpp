// The command line of a program of bench/: pairs of --name value, each of them optional.
#pragma once

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir::bench {

class Arguments {
 public:
  // `usage` is shown with every complaint, and by --help. Complaints end the process with 2.
  Arguments(int argc, char** argv, std::string_view usage) : usage_(usage) {
    const std::span<char*> words(argv, static_cast<std::size_t>(argc));
    for (std::size_t i = 1; i < words.size(); ++i) {
      const std::string_view name = words[i];
      if (name == "--help") exit_with(0, "");
      if (!name.starts_with("--")) exit_with(2, std::string("not an option: ").append(name));
      const bool has_value = i + 1 < words.size() && !std::string_view(words[i + 1]).starts_with("--");
      given_.push_back({name.substr(2), has_value ? words[++i] : ""});
    }
  }

  bool flag(std::string_view name) { return take(name) != nullptr; }
  std::string text(std::string_view name, std::string_view otherwise) {
    const Given* given = take(name);
    return std::string(given ? given->value : otherwise);
  }
  std::uint64_t number(std::string_view name, std::uint64_t otherwise) {
    const Given* given = take(name);
    if (!given) return otherwise;
    std::uint64_t value = 0;
    const char* const end = given->value.data() + given->value.size();
    if (given->value.empty() || std::from_chars(given->value.data(), end, value).ptr != end)
      exit_with(2, std::string("needs a number: --").append(name));
    return value;
  }
  // After all others: what nobody asked for is a mistake.
  void no_more() {
    for (const Given& given : given_) {
      if (!given.taken) exit_with(2, std::string("unknown option: --").append(given.name));
    }
  }

 private:
  struct Given {
    std::string_view name, value;
    bool taken = false;
  };

  Given* take(std::string_view name) {
    for (Given& given : given_) {
      if (given.name != name) continue;
      given.taken = true;
      return &given;
    }
    return nullptr;
  }
  [[noreturn]] void exit_with(int code, const std::string& complaint) const {
    std::FILE* const out = code == 0 ? stdout : stderr;
    if (!complaint.empty()) std::fprintf(out, "%s\n", complaint.c_str());
    std::fprintf(out, "%.*s", static_cast<int>(usage_.size()), usage_.data());
    std::exit(code);
  }

  std::string_view usage_;
  std::vector<Given> given_;
};

}  // namespace weir::bench
