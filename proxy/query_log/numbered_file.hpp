// A log in files "<name>.00000001", "<name>.00000002" and so on: the next one when one is full.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/base/result.hpp"

namespace weir {

class NumberedFile {
 public:
  NumberedFile() = default;
  NumberedFile(const NumberedFile&) = delete;
  NumberedFile& operator=(const NumberedFile&) = delete;
  ~NumberedFile() { close(); }

  // Writes to files of this name from now on, behind those that are there; the last of them, if it is empty.
  // The error says which file, and why; append() and next() try again.
  Result<void, std::string> open(std::string name);
  // A file is not made longer than this, but for a line that is longer by itself.
  void set_limit(std::uint64_t bytes) { limit_bytes_ = bytes; }

  // `lines` end with newlines. On an error those that are written are whole, and `*lost` is the number of the
  // others, which are gone.
  Result<void, std::string> append(std::string_view lines, std::uint64_t* lost);
  // The next file. One that is empty goes on, and is made again if somebody has taken it away.
  Result<void, std::string> next();
  void close();

  const std::string& name() const { return name_; }
  bool is_open() const { return descriptor_ >= 0; }

 private:
  std::string path() const;
  Result<void, std::string> open_current();
  std::string_view fitting(std::string_view lines) const;
  std::size_t write(std::string_view lines);

  std::string name_;  // empty: none
  std::uint64_t number_ = 0;
  std::uint64_t limit_bytes_ = 0;
  std::uint64_t size_ = 0;
  int descriptor_ = -1;
};

}  // namespace weir
