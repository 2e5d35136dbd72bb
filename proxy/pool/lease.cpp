#include "proxy/pool/lease.hpp"

#include "proxy/pool/pool_shard.hpp"

namespace weir {

void Lease::give_back() {
  BackendConnection& connection = *std::exchange(connection_, nullptr);
  if (suspect_) {
    shard_->discard(connection);
  } else {
    shard_->give_back(connection);
  }
}

void Lease::end_and_roll_back() {
  if (suspect_ || connection_ == nullptr) return end();
  shard_->roll_back(*std::exchange(connection_, nullptr));
}

}  // namespace weir
