#include "proxy/net/stream_filter.hpp"

namespace weir {
namespace {

constexpr std::size_t kPieceBytes = 16 * 1024;

}  // namespace

FilterStack::FilterStack(std::unique_ptr<StreamFilter> below, std::unique_ptr<StreamFilter> above,
                         Bytes ahead)
    : below_(std::move(below)), above_(std::move(above)) {
  between_.append(ahead);
}

void FilterStack::pass_down(ByteQueue& bytes, ByteQueue& wire) {
  if (!bytes.empty()) below_->encode(bytes.readable(), wire);
  bytes.clear();
}

void FilterStack::enter(Loop& loop) {
  below_->enter(loop);
  above_->enter(loop);
}

void FilterStack::start(ByteQueue& wire) {
  ByteQueue first;
  above_->start(first);
  pass_down(first, wire);
}

std::size_t FilterStack::decode(Bytes& wire, MutableBytes plain, ByteQueue& reply) {
  ByteQueue answer;
  while (true) {
    Bytes middle = between_.readable();
    const std::size_t before = middle.size();
    const std::size_t made = above_->decode(middle, plain, answer);
    between_.consume(before - middle.size());
    pass_down(answer, reply);
    if (made > 0 || above_->condition() != Condition::open) return made;
    const MutableBytes room = between_.writable(kPieceBytes);
    const std::size_t got = below_->decode(wire, room, reply);
    between_.wrote(got);
    if (got > 0) continue;
    if (between_.empty()) between_.release();
    return 0;
  }
}

void FilterStack::encode(Bytes plain, ByteQueue& wire) {
  ByteQueue encoded;
  above_->encode(plain, encoded);
  pass_down(encoded, wire);
}

void FilterStack::finish(ByteQueue& wire) {
  ByteQueue last;
  above_->finish(last);
  pass_down(last, wire);
  below_->finish(wire);
}

void FilterStack::on_cut() {
  below_->on_cut();
  above_->on_cut();
}

// What has come whole counts before what is wrong with the rest.
StreamFilter::Condition FilterStack::condition() const {
  const Condition above = above_->condition();
  return above == Condition::open ? below_->condition() : above;
}

std::string_view FilterStack::failure() const {
  return above_->condition() == Condition::failed ? above_->failure() : below_->failure();
}

}  // namespace weir
