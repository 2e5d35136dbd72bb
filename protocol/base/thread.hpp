// What every thread begins with.
#pragma once

namespace weir {

// Of the calling thread, as its first act: its name in `top -H`, debuggers and /proc/PID/task/*/comm (at most
// 15 bytes), and a stack of its own for signal handlers, so that an overflow of the other one can still be
// reported. Idempotent.
void begin_thread(const char* name);

}  // namespace weir
