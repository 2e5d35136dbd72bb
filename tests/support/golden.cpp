#include "tests/support/golden.hpp"

#include <fstream>
#include <stdexcept>

namespace weir::test {

GoldenFile::GoldenFile(const std::string& name) : file_("tests/golden/" + name) {
  std::ifstream in(file_);
  if (!in || !std::getline(in, origin_) || !origin_.starts_with("# "))
    throw std::runtime_error(file_ + ": missing, or its first line does not say where it comes from");
  std::string line;
  for (int number = 2; std::getline(in, line); ++number) {
    if (line.empty() || line[0] == '#') continue;
    const std::string where = file_ + " line " + std::to_string(number);
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) throw std::runtime_error(where + ": no name before a colon");
    GoldenPacket packet{line.substr(0, colon), parse_hex(std::string_view(line).substr(colon + 1))};
    if (packet.wire.size() < 4) throw std::runtime_error(where + ": no packet header");
    packets_.push_back(std::move(packet));
  }
}

const GoldenPacket& GoldenFile::at(std::string_view name) const {
  for (const GoldenPacket& packet : packets_)
    if (packet.name == name) return packet;
  throw std::runtime_error(file_ + ": no packet named " + std::string(name));
}

}  // namespace weir::test
