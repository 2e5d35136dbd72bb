#include "proxy/query_log/numbered_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "protocol/base/number_text.hpp"

namespace weir {
namespace {

constexpr std::size_t kDigits = 8;

std::unexpected<std::string> failure(const std::string& path, int error) {
  return std::unexpected(fmt::format("{}: {}", path, std::strerror(error)));
}

// The highest number of the files there are; 0 = there are none.
std::uint64_t last_number(const std::string& name) {
  const std::filesystem::path whole(name);
  const std::string prefix = whole.filename().string() + ".";
  std::error_code error;
  std::uint64_t last = 0;
  const auto directory = whole.has_parent_path() ? whole.parent_path() : std::filesystem::path(".");
  for (std::filesystem::directory_iterator entry(directory, error), none; !error && entry != none;
       entry.increment(error)) {
    const std::string file = entry->path().filename().string();
    if (!file.starts_with(prefix) || file.size() < prefix.size() + kDigits) continue;
    const auto number = to_integer<std::uint64_t>(std::string_view(file).substr(prefix.size()));
    last = std::max(last, number.value_or(0));
  }
  return last;
}

bool is_empty_file(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && status.st_size == 0;
}

std::size_t end_of_lines(std::string_view text) {
  return text.rfind('\n') + 1;  // npos + 1 = 0
}

}  // namespace

std::string NumberedFile::path() const {
  return fmt::format("{}.{:0{}}", name_, number_, kDigits);
}

Result<void, std::string> NumberedFile::open(std::string name) {
  close();
  name_ = std::move(name);
  number_ = last_number(name_);
  if (number_ == 0 || !is_empty_file(path())) ++number_;
  return open_current();
}

Result<void, std::string> NumberedFile::open_current() {
  close();
  descriptor_ = ::open(path().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  if (descriptor_ < 0) return failure(path(), errno);
  struct stat status{};
  size_ = ::fstat(descriptor_, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
  return {};
}

void NumberedFile::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

Result<void, std::string> NumberedFile::next() {
  if (size_ > 0) ++number_;
  return open_current();
}

// As many of the lines as this file takes.
std::string_view NumberedFile::fitting(std::string_view lines) const {
  const std::uint64_t room = limit_bytes_ > size_ ? limit_bytes_ - size_ : 0;
  if (lines.size() <= room) return lines;
  const std::string_view whole = lines.substr(0, end_of_lines(lines.substr(0, room)));
  if (!whole.empty() || size_ > 0) return whole;
  return lines.substr(0, lines.find('\n') + 1);
}

// How many bytes there are now more; errno says why not all.
std::size_t NumberedFile::write(std::string_view lines) {
  std::size_t done = 0;
  while (done < lines.size()) {
    const ssize_t written = ::write(descriptor_, lines.data() + done, lines.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) break;
    done += static_cast<std::size_t>(written);
  }
  return done;
}

Result<void, std::string> NumberedFile::append(std::string_view lines, std::uint64_t* lost) {
  const auto fail = [&](std::unexpected<std::string> why) {
    *lost = static_cast<std::uint64_t>(std::ranges::count(lines, '\n'));
    return why;
  };
  if (!is_open()) {
    if (auto opened = open_current(); !opened) return fail(std::unexpected(opened.error()));
  }
  while (!lines.empty()) {
    const std::string_view part = fitting(lines);
    if (part.empty()) {
      if (auto moved = next(); !moved) return fail(std::unexpected(moved.error()));
      continue;
    }
    const std::size_t done = write(part);
    const int error = errno;
    const std::size_t whole = end_of_lines(part.substr(0, done));
    size_ += whole;
    lines.remove_prefix(whole);
    if (done == part.size()) continue;
    // Half a line would spoil the next one. What cannot be cut off stays.
    if (done > whole && ::ftruncate(descriptor_, static_cast<off_t>(size_)) != 0) size_ += done - whole;
    return fail(failure(path(), error));
  }
  return {};
}

}  // namespace weir
