#include "protocol/message/session_track.hpp"

namespace weir {

// Stops at the first fault: an item that does not hold what its type says.
std::optional<TrackItem> SessionTrackReader::fail(DecodeError error) {
  items_.fail(error);
  variables_ = Reader{Bytes{}};
  return std::nullopt;
}

std::optional<TrackItem> SessionTrackReader::next_variable() {
  TrackItem item{TrackType::system_variable, variables_.lenenc_text(), {}};
  item.value = variables_.lenenc_text();
  if (variables_.failed()) return fail(*variables_.error());
  return item;
}

std::optional<TrackItem> SessionTrackReader::next() {
  if (!variables_.empty()) return next_variable();
  while (!items_.empty()) {
    const std::uint64_t type = items_.fixed(1);
    Reader body{as_bytes(items_.lenenc_text())};
    if (items_.failed()) return std::nullopt;
    if (type > static_cast<std::uint64_t>(TrackType::transaction_state)) continue;
    const TrackType known = static_cast<TrackType>(type);
    if (known == TrackType::system_variable) {
      variables_ = body;
      return next_variable();
    }
    if (known == TrackType::gtids) body.skip(1);         // how they are encoded: there is one way
    const bool bare = known == TrackType::state_change;  // the one item whose text has no length of its own
    const TrackItem item{known, {}, bare ? body.rest() : body.lenenc_text()};
    if (const auto error = body.finish()) return fail(*error);
    return item;
  }
  return std::nullopt;
}

void encode_track_item(const TrackItem& item, Writer& out) {
  ByteQueue body;
  Writer writer{body};
  if (item.type == TrackType::system_variable) writer.lenenc_text(item.name);
  if (item.type == TrackType::gtids) writer.fixed(0, 1);
  if (item.type == TrackType::state_change)
    writer.text(item.value);
  else
    writer.lenenc_text(item.value);
  out.fixed(static_cast<std::uint64_t>(item.type), 1);
  out.lenenc_text(as_text(body.readable()));
}

}  // namespace weir
