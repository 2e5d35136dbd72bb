// Servers that a LOAD puts to work where servers write.
#pragma once

#include <span>

#include "router/backend/server_overlay.hpp"
#include "router/config/tables.hpp"

namespace weir {

// `overlay`, with a hold on each row of `now` that is put to work in a hostgroup of writers, unless none
// was there before (`before`: the rows that are in force) and no other one comes. Whether it may write is for
// the monitor to say: it takes what is in force for what it has said, so its next decision ends the hold.
// `monitored`: there will be one.
ServerOverlay hold_newcomers(ServerOverlay overlay, std::span<const ServerRow> before, const Tables& now,
                             bool monitored);

}  // namespace weir
