// A copy of some bytes in a heap block of exactly their size: reading one byte beyond is an error that
// AddressSanitizer sees. Decoders are given their input in one of these.
#pragma once

#include <algorithm>
#include <memory>

#include "protocol/base/bytes.hpp"

namespace weir::test {

class ExactBuffer {
 public:
  explicit ExactBuffer(Bytes bytes)
      : size_(bytes.size()), data_(std::make_unique_for_overwrite<std::uint8_t[]>(bytes.size())) {
    std::copy(bytes.begin(), bytes.end(), data_.get());
  }

  Bytes bytes() const { return {data_.get(), size_}; }
  MutableBytes bytes() { return {data_.get(), size_}; }
  operator Bytes() const { return bytes(); }

 private:
  std::size_t size_;
  std::unique_ptr<std::uint8_t[]> data_;
};

}  // namespace weir::test
