#include "tests/support/recorded_digests.hpp"

#include <fstream>
#include <stdexcept>
#include <string_view>

namespace weir::test {
namespace {

// The JSON strings of the file use no other escapes than these.
std::string from_json(const std::string& json) {
  std::string text;
  for (std::size_t i = 1; i + 1 < json.size(); ++i) {
    if (json[i] != '\\') {
      text += json[i];
      continue;
    }
    const char escape = json[++i];
    if (std::string_view("nrt\"\\/").find(escape) == std::string_view::npos) {
      throw std::runtime_error("an escape in digests.tsv that its reader does not know");
    }
    text += escape == 'n' ? '\n' : escape == 'r' ? '\r' : escape == 't' ? '\t' : escape;
  }
  return text;
}

std::vector<RecordedDigest> read_all() {
  std::ifstream file("tests/oracle/digests.tsv");
  std::vector<RecordedDigest> all;
  for (std::string line; std::getline(file, line);) {
    if (line[0] == '#') continue;
    const std::size_t first = line.find('\t'), second = line.find('\t', first + 1);
    all.push_back({from_json(line.substr(0, first)), line.substr(first + 1, second - first - 1),
                   from_json(line.substr(second + 1))});
  }
  return all;
}

}  // namespace

const std::vector<RecordedDigest>& recorded_digests() {
  static const std::vector<RecordedDigest> all = read_all();
  return all;
}

}  // namespace weir::test
