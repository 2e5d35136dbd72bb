// Random bytes in small portions: the generator is asked for a block of them, which costs little more than
// asking for twenty. Each byte is handed out once, and wiped here as it is.
//
// One thread's. A fork would hand out the same bytes twice: this process forks only to run other programs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "protocol/base/bytes.hpp"

namespace weir {

class RandomBlock {
 public:
  static constexpr std::size_t kBytes = 2048;
  // Fills all of what it is given. false: there is nothing to be had.
  using Generator = bool (*)(MutableBytes);

  explicit RandomBlock(Generator generator) : generator_(generator) {}
  ~RandomBlock();  // wipes what is left
  RandomBlock(const RandomBlock&) = delete;
  RandomBlock& operator=(const RandomBlock&) = delete;

  // The next ones, at most kBytes. false if the generator has failed: `out` is not to be used then.
  [[nodiscard]] bool take(MutableBytes out);

  // For tests: what is kept, used or not.
  Bytes bytes() const { return bytes_; }

 private:
  const Generator generator_;
  std::array<std::uint8_t, kBytes> bytes_{};
  std::size_t used_ = kBytes;  // from the front
};

}  // namespace weir
