// The items inside an OK that say what a statement changed in the session. MySQL:
// page_protocol_basic_ok_packet, "Session State Information"; MariaDB agrees.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "protocol/base/result.hpp"
#include "protocol/wire/reader.hpp"
#include "protocol/wire/writer.hpp"

namespace weir {

enum class TrackType : std::uint8_t {
  system_variable = 0,              // name, value
  schema = 1,                       // value: the new default schema
  state_change = 2,                 // value: "1" if anything changed
  gtids = 3,                        // value: the GTIDs of the transaction just committed
  transaction_characteristics = 4,  // value: SQL that starts the same kind of transaction, or empty
  transaction_state = 5,            // value: eight characters, "T_______" and the like
};

// Views into the OK's payload.
struct TrackItem {
  TrackType type;
  std::string_view name;  // of a system variable; otherwise empty
  std::string_view value;
};

// Walks OkPacket::session_state. Items of unknown type are skipped by their length. After next() returns
// nothing, error() tells an end from a fault; items already seen stand.
class SessionTrackReader {
 public:
  explicit SessionTrackReader(std::string_view session_state)
      : items_(as_bytes(session_state)), variables_(Bytes{}) {}

  std::optional<TrackItem> next();
  std::optional<DecodeError> error() const { return items_.error(); }

 private:
  std::optional<TrackItem> next_variable();
  std::optional<TrackItem> fail(DecodeError error);

  Reader items_;
  Reader variables_;  // what is left of a system-variable item: MariaDB may put several pairs into one
};

// Appends one item to the session state of an OK under construction.
void encode_track_item(const TrackItem& item, Writer& out);

}  // namespace weir
