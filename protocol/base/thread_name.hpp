// What a thread is called in `top -H`, debuggers and /proc/PID/task/*/comm.
#pragma once

#include <pthread.h>

namespace weir {

// Of the calling thread. At most 15 bytes.
inline void name_this_thread(const char* name) {
  pthread_setname_np(pthread_self(), name);
}

}  // namespace weir
