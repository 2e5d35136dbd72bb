// A configuration file of any bytes: rows, or complaints that say where.
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "admin/config_file.hpp"
#include "protocol/base/bytes.hpp"
#include "tests/fuzz/require.hpp"

namespace {

class TemporaryFile {
 public:
  TemporaryFile() {
    const int fd = ::mkstemp(path_.data());
    weir::fuzz::require(fd >= 0, "a file can be made");
    ::close(fd);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { ::unlink(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_ = "/dev/shm/weir-fuzz-XXXXXX";
};

}  // namespace

// libconfig forgets the token that it was reading when a file is malformed in the middle of a string.
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libconfig.so\n";
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  using namespace weir;
  const std::string text(as_text(Bytes(input, size)));
  if (text.find("@include") != std::string::npos) return 0;  // of files that are none of our business
  static const TemporaryFile written;
  std::ofstream(written.path(), std::ios::binary) << text;
  const ConfigFile file = read_config_file(written.path());
  for (const Complaint& complaint : file.complaints) fuzz::require(!complaint.text.empty(), "it says what");
  return 0;
}
