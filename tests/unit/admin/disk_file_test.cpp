// What is on disk, whatever happened to it.
#include "admin/disk_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/support/child_process.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/unit/admin/disk_scene.hpp"

using namespace weir;
using Origin = DiskFile::Origin;

namespace {

constexpr int kNobody = 65534;

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

void write(const std::string& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

unsigned mode_of(const std::string& path) {
  struct stat status{};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

// A data directory whose last good state, and whose weir.db, hold the mark "kept". Made once, then copied.
struct Kept {
  Kept() {
    static const TemporaryDirectory original;
    const std::string first = original.path("data");
    if (!std::filesystem::exists(first)) {
      DiskScene scene(first);
      scene.set_mark("kept");
      REQUIRE_FALSE(scene.save().failed());
    }
    std::filesystem::copy(first, data);
    REQUIRE(::chmod(data.c_str(), 0700) == 0);
  }
  TemporaryDirectory directory;
  std::string data = directory.path("data");
  std::string file = data + "/weir.db";
  std::string good = file + ".good";
};

// Starts there twice: the damage is repaired once, and the damaged file is still to be had.
void check_good_copy_is_used(const Kept& kept) {
  {
    DiskScene scene(kept.data);
    REQUIRE(scene.error.empty());
    CHECK(scene.disk->origin() == Origin::last_good);
    CHECK(scene.mark() == "kept");
    scene.set_mark("next");
    CHECK_FALSE(scene.save().failed());
  }
  DiskScene again(kept.data);
  REQUIRE(again.error.empty());
  CHECK(again.disk->origin() == Origin::existing);
  CHECK(again.mark() == "next");
}

}  // namespace

TEST_CASE("a new data directory and all in it are for the owner alone, whatever the umask", "[admin][disk]") {
  for (const mode_t mask : {0000u, 0022u, 0777u}) {
    INFO(mask);
    const TemporaryDirectory directory;
    const std::string data = directory.path("data");
    ChildProcess child([&] {
      ::umask(mask);
      DiskScene scene(data);
      scene.set_mark("x");
      return scene.disk && !scene.save().failed() && scene.mark() == "x" ? 0 : 1;
    });
    CHECK(child.wait() == 0);
    CHECK(mode_of(data) == 0700);
    for (const auto& entry : std::filesystem::directory_iterator(data)) {
      INFO(entry.path());
      CHECK(mode_of(entry.path()) == 0600);
    }
  }
}

TEST_CASE("what was saved is there at the next start", "[admin][disk]") {
  const Kept kept;
  DiskScene scene(kept.data);
  CHECK(scene.disk->origin() == Origin::existing);
  CHECK(scene.mark() == "kept");
}

TEST_CASE("--initial begins empty, and what was there has another name", "[admin][disk]") {
  const Kept kept;
  const std::string before = content(kept.file);
  DiskScene scene(kept.data, true);
  CHECK(scene.disk->origin() == Origin::created);
  CHECK(scene.mark() == "none");
  CHECK(content(kept.file + ".bak") == before);
}

TEST_CASE("a truncated file is never taken, the last good copy is", "[admin][disk]") {
  const std::size_t size = content(Kept().file).size();
  for (const std::size_t left :
       {std::size_t{0}, std::size_t{1}, std::size_t{15}, std::size_t{16}, std::size_t{100}, std::size_t{4095},
        std::size_t{4096}, size / 2, size - 4096, size - 1}) {
    INFO(left);
    const Kept kept;
    std::filesystem::resize_file(kept.file, left);
    check_good_copy_is_used(kept);
    CHECK(content(kept.file + ".corrupt-1").size() == left);
  }
}

// Bytes that no page needs are not missed: then all rows are there.
TEST_CASE("a page that was overwritten costs no row", "[admin][disk]") {
  const std::size_t pages = content(Kept().file).size() / 4096;
  std::size_t repaired = 0;
  for (std::size_t page = 0; page < pages; page += page < 4 ? 1 : 5) {
    for (const char filler : {'\0', '\xff', 'z'}) {
      INFO(page);
      const Kept kept;
      std::string text = content(kept.file);
      text.replace(page * 4096, 4096, 4096, filler);
      write(kept.file, text);
      DiskScene scene(kept.data);
      REQUIRE(scene.error.empty());
      CHECK(scene.mark() == "kept");
      repaired += scene.disk->origin() == Origin::last_good ? 1 : 0;
    }
  }
  CHECK(repaired > pages / 5);
}

TEST_CASE("a file that is something else is put aside for the last good copy", "[admin][disk]") {
  for (const char* what : {"text", "foreign database", "missing"}) {
    INFO(what);
    const Kept kept;
    std::filesystem::remove(kept.file);
    if (what == std::string_view("text")) write(kept.file, "mysql_variables = { threads=4 }\n");
    if (what == std::string_view("foreign database")) {
      Store store;
      store.attach_disk(kept.file);
      store.run("CREATE TABLE disk.songs(title)");
    }
    check_good_copy_is_used(kept);
    CHECK(std::filesystem::exists(kept.file + ".corrupt-1") == (what != std::string_view("missing")));
  }
}

TEST_CASE("damage without a good copy is an error that says what to do", "[admin][disk]") {
  for (const bool copy_is_damaged : {false, true}) {
    const Kept kept;
    std::filesystem::resize_file(kept.file, 5000);
    if (copy_is_damaged) std::filesystem::resize_file(kept.good, 5000);
    if (!copy_is_damaged) std::filesystem::remove(kept.good);
    {
      DiskScene scene(kept.data);
      CHECK_FALSE(scene.disk);
      CHECK_THAT(scene.error, Catch::Contains("weir.db is damaged") && Catch::Contains("--initial"));
    }
    CHECK(content(kept.file).size() == 5000);  // nothing was touched
    DiskScene scene(kept.data, true);
    CHECK(scene.disk->origin() == Origin::created);
    CHECK(content(kept.file + ".bak").size() == 5000);
  }
}

TEST_CASE("a directory or a socket in the file's place is an error", "[admin][disk]") {
  const TemporaryDirectory directory;
  std::filesystem::create_directories(directory.path("data") + "/weir.db/in");
  DiskScene scene(directory.path("data"));
  CHECK_FALSE(scene.disk);
  CHECK_THAT(scene.error, Catch::Contains("weir.db"));
  write(directory.path("file"), "");
  CHECK_THAT(DiskScene(directory.path("file")).error, Catch::Contains("Not a directory"));
  CHECK_THAT(DiskScene(directory.path("no/such")).error, Catch::Contains("No such file"));
}

// SQLite may still have the pages in memory: then the copy is made of those, and nothing is lost.
TEST_CASE("damage while Weir runs costs nothing that was told to be saved", "[admin][disk]") {
  const Kept kept;
  bool saved = false;
  {
    DiskScene scene(kept.data);
    std::string text = content(kept.file);
    text.replace(4096, 40960, 40960, '\xff');
    write(kept.file, text);
    scene.set_mark("new");
    saved = scene.save().complaints.empty();
  }
  DiskScene scene(kept.data);
  REQUIRE(scene.error.empty());
  CHECK(scene.disk->origin() == Origin::last_good);
  CHECK(scene.mark() == (saved ? "new" : "kept"));
}

TEST_CASE("a database of ProxySQL is taken over, and left as it was", "[admin][disk]") {
  const TemporaryDirectory directory;
  const std::string original = directory.path("proxysql.db");
  {
    Store store;
    store.attach_disk(original);
    store.run(
        "CREATE TABLE disk.mysql_servers(hostgroup_id INT, hostname VARCHAR, port INT, comment VARCHAR);"
        "INSERT INTO disk.mysql_servers VALUES (1, 'old', 3307, 'from there'), (1, 'bad', -7, '');"
        "CREATE TABLE disk.global_variables(variable_name VARCHAR, variable_value VARCHAR);"
        "INSERT INTO disk.global_variables VALUES ('mysql-threads', '2');"
        "CREATE TABLE disk.something_else(x)");
  }
  const std::string before = content(original);
  DiskScene scene(directory.path());
  REQUIRE(scene.disk);
  CHECK(scene.disk->origin() == Origin::imported);
  const auto found = scene.store.rows("SELECT hostname, port, weight, comment FROM disk.mysql_servers").rows;
  CHECK(found == std::vector<Row>{{"old", "3307", "1", "from there"}});
  CHECK(content(original) == before);
  CHECK(mode_of(directory.path("weir.db")) == 0600);
  for (const char* left : {"weir.db.import", "weir.db.new", "weir.db-journal"}) {
    CHECK_FALSE(std::filesystem::exists(directory.path(left)));
  }
}

TEST_CASE("tables of an older layout are brought up to date, rows and all", "[admin][disk]") {
  const Kept kept;
  {
    Store store;
    store.attach_disk(kept.file);
    store.run(
        "DROP TABLE disk.mysql_servers; CREATE TABLE disk.mysql_servers(hostname VARCHAR, comment VARCHAR);"
        "INSERT INTO disk.mysql_servers VALUES ('db1', 'older'); DROP TABLE disk.mysql_users");
  }
  DiskScene scene(kept.data);
  REQUIRE(scene.disk);
  CHECK(scene.mark() == "older");
  CHECK(scene.store.rows("SELECT max_connections FROM disk.mysql_servers").rows ==
        std::vector<Row>{{"1000"}});
  CHECK(scene.store.rows("SELECT * FROM disk.mysql_users").rows.empty());
}

TEST_CASE("who may not write keeps what is there, and is told", "[admin][disk]") {
  if (::geteuid() != 0) {
    WARN("skipped: needs root, to become somebody else");
    return;
  }
  struct Case {
    const char* name;
    mode_t directory, file;
  };
  for (const Case& c : {Case{"a directory without write permission", 0500, 0600},
                        Case{"a file without write permission", 0700, 0400}}) {
    INFO(c.name);
    const Kept kept;
    for (const std::string& path : {kept.directory.path(), kept.data, kept.file, kept.good}) {
      REQUIRE(::chown(path.c_str(), kNobody, kNobody) == 0);
    }
    REQUIRE(::chmod(kept.file.c_str(), c.file) == 0);
    REQUIRE(::chmod(kept.data.c_str(), c.directory) == 0);
    ChildProcess child([&] {
      if (::setgid(kNobody) != 0 || ::setuid(kNobody) != 0) return 1;
      DiskScene scene(kept.data);
      if (!scene.disk || scene.mark() != "kept") return 2;
      scene.set_mark("new");
      const Moved moved = scene.save();
      if (!moved.failed()) return 3;
      if (!moved.complaints[0].text.contains("weir.db was not written: attempt to write a readonly"))
        return 4;
      return scene.mark() == "kept" ? 0 : 5;
    });
    CHECK(child.wait() == 0);
  }
}

TEST_CASE("a data directory that nobody may write to is an error at the first start", "[admin][disk]") {
  if (::geteuid() != 0) {
    WARN("skipped: needs root, to become somebody else");
    return;
  }
  const TemporaryDirectory directory;
  REQUIRE(::chmod(directory.path().c_str(), 0555) == 0);
  ChildProcess child([&] {
    if (::setgid(kNobody) != 0 || ::setuid(kNobody) != 0) return 1;
    DiskScene scene(directory.path());
    if (scene.disk) return 2;
    return scene.error.contains("Permission denied") ? 0 : 3;
  });
  CHECK(child.wait() == 0);
}
