// What is in memory as a configuration file: shown, or written.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "admin/commands/topics.hpp"
#include "admin/refusals.hpp"

namespace weir::commands {
namespace {

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// Replaces the file in one step: who reads it sees the old text or the new one, and nobody else's eyes see
// passwords.
Result<void, std::string> replace_file(const std::string& path, std::string_view text) {
  const std::string fresh = path + ".new";
  ::unlink(fresh.c_str());
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  bool written = fd >= 0 && write_all(fd, text) && ::fsync(fd) == 0;
  int problem = written ? 0 : errno;
  if (fd >= 0) ::close(fd);
  if (written && std::rename(fresh.c_str(), path.c_str()) != 0) {
    problem = errno;
    written = false;
  }
  if (written) return {};
  if (fd >= 0) ::unlink(fresh.c_str());
  return std::unexpected(path + ": " + std::strerror(problem));
}

}  // namespace

Reply write_config_file(CommandCall& call) {
  const std::string path(call.captures["path"]);
  if (path.empty())
    return refuse(AdminError::syntax, "near \"''\": syntax error: the name of a file is missing");
  const auto written = replace_file(path, call.tools.layers.as_config_file());
  if (!written) return refuse(AdminError::other, written.error());
  return Done{};
}

Reply show_config_file(CommandCall& call) {
  return Rows{{"Data"}, {{call.tools.layers.as_config_file()}}};
}

}  // namespace weir::commands
