#include "protocol/auth/random_block.hpp"

#include <openssl/crypto.h>

#include <cstring>

#include "protocol/base/check.hpp"

namespace weir {

RandomBlock::~RandomBlock() {
  OPENSSL_cleanse(bytes_.data(), bytes_.size());
}

bool RandomBlock::take(MutableBytes out) {
  WEIR_CHECK(out.size() <= kBytes, "a block is enough for whatever is taken at once");
  if (kBytes - used_ < out.size()) {
    used_ = kBytes;  // should it fail, nothing of it is handed out
    if (!generator_(bytes_)) return false;
    used_ = 0;
  }
  std::memcpy(out.data(), bytes_.data() + used_, out.size());
  OPENSSL_cleanse(bytes_.data() + used_, out.size());
  used_ += out.size();
  return true;
}

}  // namespace weir
