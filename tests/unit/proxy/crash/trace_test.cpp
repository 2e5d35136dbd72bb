// Names and lines of calls, without the heap.
#include "proxy/crash/trace.hpp"

#include <catch2/catch.hpp>

#include <unistd.h>
#include <array>
#include <string>

#include "proxy/crash/at_work.hpp"

namespace weir::test {
namespace {

std::string readable(const char* mangled, std::size_t size = 100) {
  std::array<char, 100> into{};
  REQUIRE(size <= into.size());
  return std::string(readable_name(mangled, into.data(), size));
}

TEST_CASE("a mangled name shows its function", "[crash]") {
  CHECK(readable("_ZN4weir7Session8on_bytesESt4spanIhLm18446744073709551615EE") == "weir::Session::on_bytes");
  CHECK(readable("_ZNK4weir5Fleet6stallsEv") == "weir::Fleet::stalls");
  CHECK(readable("_ZN4weir12_GLOBAL__N_13runEv") == "weir::(anonymous namespace)::run");
  CHECK(readable("_Z5plaini") == "plain");
  CHECK(readable("_ZZN4weir11AdminServer4Port5startB5cxx11EvENKUlvE_clEv") ==
        "weir::AdminServer::Port::start");
  CHECK(readable("main") == "main");
  CHECK(readable("uv_run") == "uv_run");
}

TEST_CASE("what is no such name, or is cut off, is shown as it is", "[crash]") {
  for (const char* odd :
       {"", "_", "_Z", "_ZN", "_ZNK", "_ZN9weir", "_ZN0E", "_ZN99999999999999999999weirE", "_ZNSt6vectorE"})
    CHECK(readable(odd) == odd);
  CHECK(readable("_ZN4weir99Session") == "weir");
  CHECK(readable("_ZN4weir7Session8on_bytesEv", 15) == "weir::Session");
  CHECK(readable("_ZN4weir7Session8on_bytesEv", 3) == "_ZN4weir7Session8on_bytesEv");
}

TEST_CASE("a path begins where the sources do", "[crash]") {
  for (const char* loop :
       {"proxy/net/loop.cpp", "../../proxy/net/loop.cpp", "../proxy/net/loop.cpp",
        "/else/where/build/release/../../proxy/net/loop.cpp",
        "/else/where/build/release/roots/proxy/proxy/net/loop.cpp", "roots/proxy/proxy/net/loop.cpp"})
    CHECK(short_path(loop) == "proxy/net/loop.cpp");
  CHECK(short_path("./nptl/pthread_create.c") == "./nptl/pthread_create.c");
  CHECK(short_path("../sysdeps/nptl/libc_start_call_main.h") == "sysdeps/nptl/libc_start_call_main.h");
  CHECK(short_path("/usr/lib/gcc/12/../../../include/c++/12/bits/std_function.h") ==
        "include/c++/12/bits/std_function.h");
  CHECK(short_path("roots/x") == "roots/x");
  CHECK(short_path("../").empty());
}

[[gnu::noinline]] void innermost(int fd) {
  write_trace(fd, 0);
  asm volatile("");  // no tail call: this one is to be seen
}

TEST_CASE("a trace has a line for each call, with file and line", "[crash]") {
  prepare_trace();
  std::array<int, 2> pipe{};
  REQUIRE(::pipe(pipe.data()) == 0);
  innermost(pipe[1]);
  ::close(pipe[1]);
  std::string text;
  std::array<char, 4096> read{};
  for (ssize_t count; (count = ::read(pipe[0], read.data(), read.size())) > 0;)
    text.append(read.data(), static_cast<std::size_t>(count));
  ::close(pipe[0]);
  INFO(text);
  const std::string first = text.substr(0, text.find('\n'));
  CHECK(first.starts_with("    #0 "));
  CHECK(first.find("innermost at ") != std::string::npos);
  CHECK(first.find("trace_test.cpp:") != std::string::npos);
  CHECK(text.find(" main at ") != std::string::npos);
}

TEST_CASE("a scope within a scope gives back whom the thread worked for", "[crash]") {
  AtWork at;
  {
    const AtWork::Scope outer(at, 7, "idle");
    {
      const AtWork::Scope inner(at, 8, "executing");
      CHECK(at.seen().session == 8);
      CHECK(std::string_view(at.seen().stage) == "executing");
    }
    CHECK(at.seen().session == 7);
  }
  CHECK(at.seen().session == 0);
  CHECK(at.seen().stage == nullptr);
}

}  // namespace
}  // namespace weir::test
