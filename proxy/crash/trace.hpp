// The calls that led to where a thread is, as lines for a person. For signal handlers: no memory of the heap,
// no lock.
#pragma once

#include <string_view>

namespace weir {

// Once, before prepare_trace() has been called a trace has numbers only. `program`: /proc/self/exe.
void prepare_trace();

// One line for each call of the calling thread, innermost first: "#3 weir::Session::on_bytes at
// proxy/session/session.cpp:155". `skip`: calls at the beginning to leave out. To this descriptor.
void write_trace(int fd, int skip);

// The readable beginning of a mangled name (Itanium C++ ABI, 5.1.2): "weir::Session::on_bytes" of
// _ZN4weir7Session8on_bytesESt4spanIhLm18446744073709551615EE. As much as fits into `into`; what is not such
// a name comes back as it is. Async-signal-safe, which __cxa_demangle is not.
std::string_view readable_name(const char* mangled, char* into, std::size_t size);

// A source file's path, however it was compiled, without what all sources have in common, and what it says of
// the machine that built this: "proxy/net/loop.cpp". A view of `path`.
std::string_view short_path(std::string_view path);

}  // namespace weir
