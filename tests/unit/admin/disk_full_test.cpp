// A save that finds no space, and a process that is killed while it saves.
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "tests/support/child_process.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/unit/admin/disk_scene.hpp"

using namespace weir;

namespace {

constexpr int kNotPossible = 77;

void add_users(DiskScene& scene, int count) {
  scene.store.run(
      "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT " + std::to_string(count) +
      ") INSERT INTO main.mysql_users(username, comment) SELECT 'user' || x, printf('%0500d', x) FROM c");
}

std::string users_on_disk(Store& store) {
  return store.rows("SELECT count(*) FROM disk.mysql_users").rows[0][0].value_or("");
}

// Saves too much while `no_space` holds, then again: 0, or the number of the step that went wrong.
template <class Begin, class End>
int save_without_space(const std::string& data, Begin no_space, End space_again) {
  DiskScene scene(data);
  if (!scene.disk) return 1;
  add_users(scene, 10);
  if (scene.save("MYSQL USERS").failed()) return 2;
  scene.store.run("DELETE FROM main.mysql_users");
  add_users(scene, 4000);
  if (!no_space()) return kNotPossible;
  const Moved moved = scene.save("MYSQL USERS");
  if (!moved.failed() || moved.complaints[0].text.empty()) return 3;
  if (users_on_disk(scene.store) != "10") return 4;
  {
    DiskScene next(data);  // a process that starts then
    if (!next.disk || next.disk->origin() != DiskFile::Origin::existing) return 5;
    if (users_on_disk(next.store) != "10") return 6;
  }
  space_again();
  if (scene.save("MYSQL USERS").failed()) return 7;
  return users_on_disk(scene.store) == "4000" ? 0 : 8;
}

int fill(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  const std::string block(65536, 'x');
  while (::write(fd, block.data(), block.size()) > 0) {
  }
  ::close(fd);
  return 0;
}

// A process that saves one state after the other, and says so after each of them.
int save_for_ever(const std::string& data, int reports) {
  DiskScene scene(data);
  for (int state = 1;; ++state) {
    scene.set_mark(std::to_string(state));
    scene.store.run(
        "INSERT INTO main.mysql_servers(hostname, comment) SELECT 'other', comment "
        "FROM main.mysql_servers LIMIT 1");
    if (scene.save().failed()) return 1;
    if (::write(reports, &state, sizeof state) != sizeof state) return 2;
  }
}

int kills() {
  const char* wanted = std::getenv("WEIR_KILLS");
  return wanted == nullptr ? 25 : std::atoi(wanted);
}

}  // namespace

TEST_CASE("a full file system fails the save, and the earlier state stays", "[admin][disk]") {
  const TemporaryDirectory directory;
  const std::string mounted = directory.path("small");
  std::filesystem::create_directory(mounted);
  ChildProcess child([&] {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("none", mounted.c_str(), "tmpfs", 0, "size=4m") != 0) {
      return kNotPossible;
    }
    const std::string ballast = mounted + "/ballast";
    return save_without_space(
        mounted + "/data", [&] { return fill(ballast) == 0; },
        [&] {
          std::filesystem::remove(ballast);
          ::mount("none", mounted.c_str(), "tmpfs", MS_REMOUNT, "size=64m");
        });
  });
  const int status = child.wait();
  if (status == kNotPossible) {
    WARN("skipped: no right to mount a small file system");
  } else {
    CHECK(status == 0);
  }
}

TEST_CASE("a limit on the size of files fails the save, and the earlier state stays", "[admin][disk]") {
  const TemporaryDirectory directory;
  ChildProcess child([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const auto limit = [](rlim_t bytes) {
      rlimit files{};
      ::getrlimit(RLIMIT_FSIZE, &files);
      files.rlim_cur = bytes;
      return ::setrlimit(RLIMIT_FSIZE, &files) == 0;
    };
    return save_without_space(
        directory.path("data"), [&] { return limit(1 << 20); }, [&] { limit(RLIM_INFINITY); });
  });
  CHECK(child.wait() == 0);
}

// WEIR_KILLS=200 for more of them. The moment moves through the save: the later kills come later in it.
TEST_CASE("killed while it saves, it starts again with a whole state, no older than the last that was told",
          "[admin][disk]") {
  using Clock = std::chrono::steady_clock;
  const TemporaryDirectory directory;
  const std::string data = directory.path("data");
  const int count = kills();
  for (int kill = 0; kill < count; ++kill) {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    int told = 0;
    {
      ChildProcess child([&] { return save_for_ever(data, ends[1]); });
      ::close(ends[1]);
      const auto listen = [&] { return ::read(ends[0], &told, sizeof told) == sizeof told; };
      REQUIRE(listen());
      const auto begin = Clock::now();
      REQUIRE(listen());
      std::this_thread::sleep_for((Clock::now() - begin) * kill / count);
      child.kill();
      child.wait();
      while (listen()) {
      }
    }
    ::close(ends[0]);
    INFO("kill " << kill << ", told of " << told);
    DiskScene scene(data);
    REQUIRE(scene.error.empty());
    CHECK(scene.disk->origin() == DiskFile::Origin::existing);
    const auto found = scene.store.rows("SELECT comment FROM disk.mysql_servers").rows;
    REQUIRE(found.size() == 2);
    CHECK(found[0] == found[1]);
    const std::string mark = scene.mark();
    CHECK((mark == std::to_string(told) || mark == std::to_string(told + 1)));
  }
}
