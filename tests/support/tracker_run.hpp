// Drives a ResponseTracker as a relay does: offers what was held together with what follows.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "protocol/machine/response_tracker.hpp"
#include "tests/support/hex.hpp"

namespace weir::test {

struct TrackerRun {
  Blob forwarded;
  std::vector<PacketKind> kinds;
  std::vector<Blob> packets;
  std::vector<std::size_t> forwarded_before;  // of each packet
  std::optional<DecodeError> error;

  bool operator==(const TrackerRun&) const = default;
};

// Feeds `chunks` in order; stops at the first error. Ends the upload of each LOCAL INFILE at once.
inline TrackerRun run_tracker(ResponseTracker& tracker, std::span<const Bytes> chunks) {
  TrackerRun run;
  Blob held;
  for (const Bytes chunk : chunks) {
    held.insert(held.end(), chunk.begin(), chunk.end());
    Bytes bytes = held;
    for (;;) {
      const auto scan = tracker.scan(bytes);
      if (!scan) {
        run.error = scan.error();
        return run;
      }
      run.forwarded.insert(run.forwarded.end(), bytes.begin(),
                           bytes.begin() + static_cast<long>(scan->forward));
      bytes = bytes.subspan(scan->forward);
      if (scan->packet == 0 && (!tracker.done() || bytes.empty())) break;
      if (scan->packet == 0)
        continue;  // done by what was forwarded, and bytes are left: the next scan complains
      run.kinds.push_back(scan->kind);
      run.packets.push_back(to_blob(bytes.first(scan->packet)));
      run.forwarded_before.push_back(run.forwarded.size());
      bytes = bytes.subspan(scan->packet);
      if (bytes.empty()) break;
    }
    if (tracker.awaiting_upload()) tracker.upload_ended();
    held = to_blob(bytes);
  }
  return run;
}

}  // namespace weir::test
