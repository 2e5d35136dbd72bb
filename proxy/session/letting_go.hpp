// What a session is reading from the connection that it is about to give back.
#pragma once

#include <memory>

#include "protocol/machine/simple_query.hpp"
#include "router/session/kept_diagnostics.hpp"
#include "router/session/read_back.hpp"

namespace weir {

struct LettingGo {
  LettingGo(Pins pins, const SessionState& wants, ServerFamily family) : values(pins, wants) {
    if (pins.has(Pin::warnings_pending)) diagnostics = std::make_unique<KeptDiagnostics>(family);
  }

  // First the warnings, for every other question forgets them.
  std::unique_ptr<KeptDiagnostics> diagnostics;  // null: there are none to be asked for
  ReadBack values;
  static constexpr std::size_t kSizes = KeptDiagnostics::kCount;
  static constexpr std::size_t kValues = kSizes + 1;
  std::size_t question = 0;  // of the diagnostics, or one of these two
  SimpleQuery query;
  ByteQueue reply;  // to the question under way, as it came
};

}  // namespace weir
