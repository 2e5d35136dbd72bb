// What is left of a process that a signal ends: the signal, the thread, for which session it worked, and the
// calls that led there, in the log. Then the signal does what it does (end, perhaps a core).
#pragma once

#include <pthread.h>

namespace weir {

// Once, on the main thread, before others begin. `version` lives forever. Does nothing under sanitizers: they
// report themselves.
void install_crash_report(const char* version);

// Asks a thread for the calls that have led to where it is; they come into the log as soon as it runs. For a
// thread that lives.
void request_trace(pthread_t thread);

}  // namespace weir
