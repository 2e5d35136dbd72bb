#include "proxy/crash/trace.hpp"

#include <backtrace.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace weir {
namespace {

backtrace_state* g_state = nullptr;

struct Lines {
  int fd;
  int number = 0;
};

void no_trouble(void*, const char*, int) {}

// What is known of the name by the symbol table, where debugging information has none.
void take_symbol(void* into, std::uintptr_t, const char* name, std::uintptr_t, std::uintptr_t) {
  *static_cast<const char**>(into) = name;
}

int write_line(void* data, std::uintptr_t pc, const char* file, int line, const char* function) {
  if (pc == ~std::uintptr_t{0}) return 0;  // the end of a chain, not a call
  auto& lines = *static_cast<Lines*>(data);
  if (function == nullptr && g_state != nullptr)
    backtrace_syminfo(g_state, pc, take_symbol, no_trouble, &function);
  std::array<char, 256> name;
  std::array<char, 512> text;
  const std::string_view shown =
      function == nullptr ? std::string_view("?") : readable_name(function, name.data(), name.size());
  const auto out = file == nullptr ? fmt::format_to_n(text.data(), text.size(), "    #{} {} (0x{:x})\n",
                                                      lines.number, shown, pc)
                                   : fmt::format_to_n(text.data(), text.size(), "    #{} {} at {}:{}\n",
                                                      lines.number, shown, short_path(file), line);
  ++lines.number;
  const std::size_t size = std::min(out.size, text.size());
  if (size == text.size()) text.back() = '\n';
  return ::write(lines.fd, text.data(), size) < 0 ? 1 : 0;
}

// Reads a length and that many characters of a name; 0 if there is none here.
std::size_t take_part(const char*& at, std::string_view& part) {
  std::size_t length = 0;
  const char* digit = at;
  while (*digit >= '0' && *digit <= '9' && length < 1000)
    length = 10 * length + static_cast<std::size_t>(*digit++ - '0');
  if (length == 0 || ::strnlen(digit, length) < length) return 0;
  part = {digit, length};
  at = digit + length;
  return length;
}

}  // namespace

std::string_view short_path(std::string_view path) {
  constexpr std::string_view kRoot = WEIR_SOURCE_ROOT, kUp = "../", kIncludeRoots = "roots/";
  if (path.starts_with(kRoot)) path.remove_prefix(kRoot.size());
  // ../../FILE, or BUILD/../../FILE: a compiler cache may have made paths relative.
  if (const std::size_t up = path.rfind(kUp); up != path.npos) path.remove_prefix(up + kUp.size());
  const std::size_t roots = path.find(kIncludeRoots);  // roots/LAYER/LAYER/FILE
  const std::size_t layer = roots == path.npos ? path.npos : path.find('/', roots + kIncludeRoots.size());
  return layer == path.npos ? path : path.substr(layer + 1);
}

void prepare_trace() {
  if (g_state == nullptr) g_state = backtrace_create_state("/proc/self/exe", 1, no_trouble, nullptr);
}

void write_trace(int fd, int skip) {
  Lines lines{.fd = fd};
  if (g_state != nullptr) backtrace_full(g_state, skip + 1, write_line, no_trouble, &lines);
}

std::string_view readable_name(const char* mangled, char* into, std::size_t size) {
  const char* at = mangled;
  if (std::strncmp(at, "_Z", 2) != 0) return mangled;
  at += 2;
  while (*at == 'Z') ++at;  // what is within a function: a lambda
  const bool nested = *at == 'N';
  if (nested) ++at;
  while (nested && (*at == 'K' || *at == 'V' || *at == 'r')) ++at;  // of member functions: const, volatile
  std::size_t used = 0;
  std::string_view part;
  while (take_part(at, part) > 0) {
    const std::string_view between = used > 0 ? "::" : "";
    if (part.starts_with("_GLOBAL__N_")) part = "(anonymous namespace)";
    if (used + between.size() + part.size() > size) break;
    used += between.copy(into + used, between.size());
    used += part.copy(into + used, part.size());
    if (!nested) break;
  }
  return used > 0 ? std::string_view(into, used) : std::string_view(mangled);
}

}  // namespace weir
