// Receiving and sending without waiting: what Channel does for every packet.
//
// As recv() and send(), but not by them: in a process with threads glibc's are points of cancellation, and
// pay for that with two locked instructions each, more than the rest of the call outside of the kernel.
// Nobody cancels threads here. Sanitizers watch glibc's.
#pragma once

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "protocol/base/bytes.hpp"

namespace weir {

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define WEIR_WATCHED_CALLS 1
#endif
#endif

// How many bytes; 0: the end of the stream; -1: errno, EAGAIN if there are none.
inline ssize_t receive_now(int fd, MutableBytes into) {
#if defined(WEIR_WATCHED_CALLS) || !defined(SYS_recvfrom)
  return ::recv(fd, into.data(), into.size(), MSG_DONTWAIT);
#else
  return ::syscall(SYS_recvfrom, fd, into.data(), into.size(), MSG_DONTWAIT, nullptr, nullptr);
#endif
}

// How many bytes the system took; -1: errno, EAGAIN if it takes none. SIGPIPE is not raised.
inline ssize_t send_now(int fd, Bytes bytes) {
#if defined(WEIR_WATCHED_CALLS) || !defined(SYS_sendto)
  return ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
#else
  return ::syscall(SYS_sendto, fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT, nullptr, 0);
#endif
}

#undef WEIR_WATCHED_CALLS

}  // namespace weir
