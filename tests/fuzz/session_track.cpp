// What OK packets say of the session: any bytes end, in views of what came; and what was read, written again,
// reads the same.
#include "protocol/message/session_track.hpp"

#include <string>
#include <vector>

#include "protocol/base/byte_queue.hpp"
#include "tests/fuzz/require.hpp"

namespace {

using namespace weir;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  const std::string_view state = as_text(Bytes(input, size));
  std::vector<TrackItem> items;
  SessionTrackReader reader(state);
  while (const auto item = reader.next()) {
    fuzz::require(fuzz::within(item->name, state) && fuzz::within(item->value, state),
                  "an item is a view of what came");
    fuzz::require(item->name.empty() || item->type == TrackType::system_variable,
                  "only variables have names");
    items.push_back(*item);
    fuzz::require(items.size() <= size, "each takes bytes");
  }
  fuzz::require(!reader.next(), "the end stays the end");

  ByteQueue written;
  Writer out{written};
  for (const TrackItem& item : items) encode_track_item(item, out);
  SessionTrackReader again(as_text(written.readable()));
  for (const TrackItem& item : items) {
    const auto same = again.next();
    fuzz::require(same && same->type == item.type && same->name == item.name && same->value == item.value,
                  "an item reads as it was written");
  }
  fuzz::require(!again.next() && !again.error(), "and there is no other");
  return 0;
}
