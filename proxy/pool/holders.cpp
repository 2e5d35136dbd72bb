#include "proxy/pool/holders.hpp"

#include "proxy/pool/backend_connection.hpp"

namespace weir {

void HolderList::offer(Holder& holder, BackendConnection& connection) {
  holder.place_ = HolderLink::Place::offered;
  holder.connection_ = &connection;
  holder.previous_ = last_;
  holder.next_ = nullptr;
  (last_ == nullptr ? first_ : last_->next_) = &holder;
  last_ = &holder;
}

void HolderList::retract(Holder& holder) {
  if (holder.place_ == HolderLink::Place::offered) unlink(holder);
  if (holder.place_ == HolderLink::Place::asked) --holder.connection_->share()->asked_back;
  holder.place_ = HolderLink::Place::none;
}

bool HolderList::ask(const ServerShare& share) {
  for (Holder* holder = first_; holder != nullptr; holder = holder->next_) {
    if (holder->connection_->share() != &share) continue;
    unlink(*holder);
    holder->place_ = HolderLink::Place::asked;
    ++holder->connection_->share()->asked_back;
    holder->on_asked_back();
    return true;
  }
  return false;
}

void HolderList::unlink(Holder& holder) {
  (holder.previous_ == nullptr ? first_ : holder.previous_->next_) = holder.next_;
  (holder.next_ == nullptr ? last_ : holder.next_->previous_) = holder.previous_;
}

}  // namespace weir
