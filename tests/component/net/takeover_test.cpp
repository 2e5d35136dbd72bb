// One process takes the listening sockets of another: here both are this one.
#include "proxy/net/takeover.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <thread>

#include "proxy/net/listening_sockets.hpp"
#include "proxy/net/mailbox.hpp"
#include "tests/component/net/net_support.hpp"
#include "tests/component/net/no_more_descriptors.hpp"

namespace weir::test {
namespace {

using Catch::Contains;

struct DoorScene final : TakeoverHost {
  DoorScene() { REQUIRE(door.open(path)); }
  ~DoorScene() { door.close(); }
  std::uint32_t next_session_id() override { return 4711; }
  void on_taken_over(int pid) noexcept override {
    taken = true;
    by = pid;
    door.close();
  }

  // Somebody who knocks, with nothing said yet.
  int knock() const {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    REQUIRE(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    return fd;
  }
  static void say(int fd, std::string_view text) {
    REQUIRE(::send(fd, text.data(), text.size(), MSG_NOSIGNAL) == std::ssize(text));
  }
  // What is heard until a line, or the end, has come.
  std::string hear(int fd) {
    std::string heard;
    REQUIRE(run_until(loop, [&] {
      for (;;) {
        char byte = 0;
        const ssize_t count = ::recv(fd, &byte, 1, 0);
        if (count < 0 && errno == EAGAIN) return false;
        if (count != 1) heard += "|end";
        if (count != 1 || byte == '\n') return true;
        heard += byte;
      }
    }));
    return heard;
  }

  Loop loop;
  const TemporaryDirectory directory;
  const std::string path = takeover_path(directory.path.string());
  bool taken = false;
  int by = 0;
  TakeoverDoor door{loop, *this};
};

}  // namespace

TEST_CASE("a successor gets the sockets that listen, and then the place", "[takeover]") {
  DoorScene s;
  struct stat file{};
  REQUIRE(::stat(s.path.c_str(), &file) == 0);
  CHECK((file.st_mode & 0777) == 0600);
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::bind(listener, reinterpret_cast<const sockaddr*>(&any), sizeof any) == 0);
  REQUIRE(::listen(listener, 1) == 0);
  ListeningSockets& sockets = ListeningSockets::of_process();
  sockets.add(listener);
  std::atomic<int> stage = 0;
  std::string failure;
  std::uint32_t id = 0;
  Mailbox wakes(s.loop);
  const auto reach = [&](int next) {
    stage = next;
    wakes.post([] {});
  };
  std::thread successor([&] {
    Takeover takeover;
    if (auto begun = takeover.begin(s.path); !begun) failure = begun.error();
    id = takeover.next_session_id();
    reach(1);
    while (stage == 1) std::this_thread::yield();
    if (takeover.begun()) {
      if (auto finished = takeover.finish(); !finished) failure = finished.error();
    }
    reach(3);
  });
  const bool begun = run_until(s.loop, [&] { return stage == 1; });
  CHECK_FALSE(s.taken);
  const int inherited = sockets.take(Address::local_of(listener));
  CHECK(sockets.take(Address::local_of(listener)) == -1);
  stage = 2;
  const bool finished = run_until(s.loop, [&] { return stage == 3; });
  successor.join();
  CHECK(begun);
  CHECK(finished);
  CHECK(failure == "");
  CHECK(id == 4711);
  CHECK(s.taken);
  CHECK(s.by == ::getpid());
  REQUIRE(inherited >= 0);
  CHECK(inherited != listener);
  CHECK(Address::local_of(inherited) == Address::local_of(listener));
  CHECK_FALSE(std::filesystem::exists(s.path));
  for (const Address& address : sockets.drop_inherited()) CHECK(address.text().empty());  // there is none
  sockets.remove(listener);
  ::close(listener);
  ::close(inherited);
}

TEST_CASE("who does not speak as a successor is shown out, and the next one is let in", "[takeover]") {
  DoorScene s;
  for (const char* said : {"GET / HTTP/1.1\n", "serving\n", "weir takeover 2\n",
                           "weir takeover 1\nweir takeover 1\n", "weir takeover 1\nyours\n"}) {
    const int fd = s.knock();
    DoorScene::say(fd, said);
    std::string heard = s.hear(fd);
    if (heard.starts_with("sockets 4711")) heard = s.hear(fd);
    CHECK(heard == "|end");
    ::close(fd);
  }
  const int endless = s.knock();
  DoorScene::say(endless, std::string(1000, 'x'));
  CHECK(s.hear(endless) == "|end");
  ::close(endless);
  for (const std::string_view ask = "weir takeover 1\n";
       const std::size_t cut : {std::size_t{0}, std::size_t{7}, ask.size()}) {
    const int fd = s.knock();
    DoorScene::say(fd, ask.substr(0, cut));
    run_turns(s.loop, 5);
    ::close(fd);
    run_turns(s.loop, 5);
  }
  CHECK_FALSE(s.taken);
  const int in_bytes = s.knock();
  for (const char byte : std::string_view("weir takeover 1\n")) {
    DoorScene::say(in_bytes, {&byte, 1});
    run_turns(s.loop, 2);
  }
  CHECK(s.hear(in_bytes) == "sockets 4711");
  DoorScene::say(in_bytes, "serving\n");
  CHECK(s.hear(in_bytes) == "yours");
  CHECK(s.taken);
  ::close(in_bytes);
}

// Nothing is checked without descriptors: UBSan needs some to look at what a check is made of.
TEST_CASE("a successor is let in when there are no descriptors left", "[takeover]") {
  DoorScene s;
  for (int i = 0; i < 2; ++i) {
    const int fd = s.knock();
    DoorScene::say(fd, "weir takeover 1\n");
    std::array<char, 13> heard{};
    {
      const NoMoreDescriptors none;
      run_turns(s.loop, 5);
      ::recv(fd, heard.data(), heard.size(), 0);
    }
    CHECK(std::string_view(heard.data(), heard.size()) == "sockets 4711\n");
    ::close(fd);
    run_turns(s.loop, 5);
  }
}

TEST_CASE("who cannot be let in now is let in when there are descriptors again", "[takeover]") {
  DoorScene s;
  s.door.close();
  const int for_door = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  bool open = false;
  {
    const NoMoreDescriptors none;  // but the one for the door itself: it has no reserve
    ::close(for_door);
    open = s.door.open(s.path).has_value();
  }
  REQUIRE(open);
  const int fd = s.knock();
  DoorScene::say(fd, "weir takeover 1\n");
  char byte = 0;
  ssize_t count = 0;
  {
    const NoMoreDescriptors none;
    run_turns(s.loop, 5);
    count = ::recv(fd, &byte, 1, 0);
  }
  CHECK(count == -1);
  CHECK(s.hear(fd) == "sockets 4711");
  ::close(fd);
}

TEST_CASE("nobody gets the place who has gone when it is his turn", "[takeover]") {
  DoorScene s;
  const int fd = s.knock();
  DoorScene::say(fd, "weir takeover 1\n");
  CHECK(s.hear(fd) == "sockets 4711");
  DoorScene::say(fd, "serving\n");
  ::close(fd);  // both are there when the old one looks
  run_turns(s.loop, 5);
  CHECK_FALSE(s.taken);
  const int next = s.knock();
  DoorScene::say(next, "weir takeover 1\n");
  CHECK(s.hear(next) == "sockets 4711");
  ::close(next);
}

TEST_CASE("without a Weir to take over from a sentence says so", "[takeover]") {
  Takeover takeover;
  const auto begun = takeover.begin("/nowhere/weir.takeover");
  REQUIRE_FALSE(begun);
  CHECK_THAT(begun.error(), Contains("no Weir to take over from: /nowhere/weir.takeover"));
  CHECK_FALSE(takeover.begun());
}

}  // namespace weir::test
