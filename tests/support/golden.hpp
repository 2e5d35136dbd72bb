// Captured packets from tests/golden/.
//
// A file's first line is a comment: server, version, and how the packets were captured. After it, one packet
// per line: a name, a colon, and the whole packet (header included) in hexadecimal. Other lines that start
// with '#' are comments.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/support/hex.hpp"

namespace weir::test {

struct GoldenPacket {
  std::string name;
  Blob wire;  // header and payload

  Bytes payload() const { return Bytes(wire).subspan(4); }
};

class GoldenFile {
 public:
  // `name` is relative to tests/golden/. Throws std::runtime_error, with file and line, if it cannot be used.
  explicit GoldenFile(const std::string& name);

  const std::string& origin() const { return origin_; }  // the first line
  const std::vector<GoldenPacket>& packets() const { return packets_; }
  // Throws if there is no such packet.
  const GoldenPacket& at(std::string_view name) const;

 private:
  std::string file_;
  std::string origin_;
  std::vector<GoldenPacket> packets_;
};

}  // namespace weir::test
