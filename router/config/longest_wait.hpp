// How long a statement waits for a server of its hostgroup, before error 9001.
//
// Any thread; no allocation.
#pragma once

#include "protocol/base/time.hpp"
#include "router/config/snapshot.hpp"

namespace weir {

// Servers of a pair change their hostgroups in a failover: an empty one is about to be filled.
bool may_be_filled(const Snapshot& snapshot, int hostgroup) noexcept;

// Whether `hostgroup` is that of a pair's writers, and nobody in there may write until the monitor says so:
// it has no server, or only such as are dead, fenced, or have just refused a write. One that is full, or that
// the operator holds back for a while, is a writer.
bool lacks_writer(const Snapshot& snapshot, int hostgroup) noexcept;

// mysql-writer_wait_ms if it lacks a writer, else mysql-connect_timeout_server_max.
Millis longest_wait(const Snapshot& snapshot, int hostgroup) noexcept;

}  // namespace weir
