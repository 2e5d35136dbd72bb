#include "admin/durable_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "protocol/base/log.hpp"

namespace weir::durable {
namespace {

[[noreturn]] void fail(const std::string& path) {
  throw std::system_error(errno, std::generic_category(), path);
}

class Descriptor {
 public:
  Descriptor(const std::string& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {
    if (fd_ < 0) fail(path);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { ::close(fd_); }
  int get() const { return fd_; }

 private:
  int fd_;
};

std::string directory_of(const std::string& path) {
  const std::string directory = std::filesystem::path(path).parent_path();
  return directory.empty() ? "." : directory;
}

void sync_directory_of(const std::string& path) {
  const std::string directory = directory_of(path);
  const Descriptor descriptor(directory, O_RDONLY | O_DIRECTORY);
  if (::fsync(descriptor.get()) != 0) fail(directory);
}

void warn_of_mode(const std::string& path, std::string_view sentence, unsigned wanted) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0 || (status.st_mode & 077) == 0) return;
  log::warn(sentence, {{"path", path},
                       {"mode", fmt::format("{:04o}", status.st_mode & 07777)},
                       {"wanted", fmt::format("{:04o}", wanted)}});
}

}  // namespace

void make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0) {
    if (::chmod(path.c_str(), 0700) != 0) fail(path);  // whatever the umask took away
    return sync_directory_of(path);
  }
  if (errno != EEXIST) fail(path);
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) fail(path);
  if (!S_ISDIR(status.st_mode)) {
    errno = ENOTDIR;
    fail(path);
  }
  warn_of_mode(path, "the data directory holds passwords, and others may look into it", 0700);
}

bool exists(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

std::uint64_t size_of(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) fail(path);
  return static_cast<std::uint64_t>(status.st_size);
}

void make_file(const std::string& path) {
  remove_file(path);
  const Descriptor descriptor(path, O_WRONLY | O_CREAT | O_EXCL);
  if (::fchmod(descriptor.get(), 0600) != 0) fail(path);  // whatever the umask took away
}

void remove_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) fail(path);
}

void copy_file(const std::string& from, const std::string& to) {
  make_file(to);
  const Descriptor source(from, O_RDONLY), target(to, O_WRONLY);
  std::array<char, 65536> buffer{};
  for (;;) {
    const ssize_t got = ::read(source.get(), buffer.data(), buffer.size());
    if (got < 0) fail(from);
    if (got == 0) break;
    for (ssize_t done = 0; done < got;) {
      const ssize_t put = ::write(target.get(), buffer.data() + done, static_cast<std::size_t>(got - done));
      if (put < 0) fail(to);
      done += put;
    }
  }
  if (::fsync(target.get()) != 0) fail(to);
}

void rename_file(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) fail(from);
  sync_directory_of(to);
}

void sync_file(const std::string& path) {
  const Descriptor descriptor(path, O_RDONLY);
  if (::fsync(descriptor.get()) != 0) fail(path);
}

void warn_if_readable(const std::string& path) {
  warn_of_mode(path, "the file holds passwords, and others may read it", 0600);
}

}  // namespace weir::durable
