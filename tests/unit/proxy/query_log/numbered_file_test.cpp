// Files with numbers: which one goes on, when the next one begins, and what a disk that is full costs.
#include "proxy/query_log/numbered_file.hpp"

#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>
#include <sstream>

#include "tests/support/temporary_directory.hpp"

namespace weir {
namespace {

std::string contents(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return file ? text.str() : "none";
}

struct Fixture {
  TemporaryDirectory directory;
  NumberedFile file;
  std::uint64_t lost = 0;

  std::string name() const { return directory.path("q"); }
  std::string contents_of(int number) const { return contents(name() + ".0000000" + std::to_string(number)); }
  void open(std::uint64_t limit = 1000) {
    file.set_limit(limit);
    REQUIRE(file.open(name()).has_value());
  }
  void append(std::string_view lines) { REQUIRE(file.append(lines, &lost).has_value()); }
};

TEST_CASE_METHOD(Fixture, "a file is there as soon as the log is on, and goes on while it is empty",
                 "[query_log]") {
  open();
  CHECK(contents_of(1).empty());
  open();
  append("a\n");
  CHECK(contents_of(1) == "a\n");
  open();
  append("b\n");
  CHECK(contents_of(2) == "b\n");
  CHECK(contents_of(1) == "a\n");
}

TEST_CASE_METHOD(Fixture, "numbers go on behind the highest, and other files are none of ours",
                 "[query_log]") {
  for (const char* other :
       {"q.00000041", "q.1", "q.99999999x", "q.0000005a", "qq.00000099", "q.00000077.gz", "q."})
    std::ofstream(directory.path(other)) << "x";
  open();
  append("a\n");
  CHECK(contents(name() + ".00000042") == "a\n");
}

TEST_CASE_METHOD(Fixture, "lines are divided where a file is full, and never within", "[query_log]") {
  open(10);
  append("aaa\nbbb\nccc\nddd\n");
  CHECK(contents_of(1) == "aaa\nbbb\n");
  CHECK(contents_of(2) == "ccc\nddd\n");
  append("longer than a file\ne\n");
  CHECK(contents_of(3) == "longer than a file\n");
  CHECK(contents_of(4) == "e\n");
  file.set_limit(12);
  append("ff\n");
  CHECK(contents_of(4) == "e\nff\n");
}

TEST_CASE_METHOD(Fixture, "the next file begins when asked, unless this one is empty", "[query_log]") {
  open();
  REQUIRE(file.next().has_value());
  append("a\n");
  CHECK(contents_of(1) == "a\n");
  REQUIRE(file.next().has_value());
  CHECK(contents_of(2).empty());
  std::filesystem::remove(name() + ".00000002");
  REQUIRE(file.next().has_value());
  append("b\n");
  CHECK(contents_of(2) == "b\n");
}

TEST_CASE_METHOD(Fixture, "a directory that is not there costs the lines until it is", "[query_log]") {
  const std::string missing = directory.path("later/q");
  file.set_limit(1000);
  const auto opened = file.open(missing);
  REQUIRE(!opened);
  CHECK_THAT(opened.error(), Catch::Matchers::Contains("later/q.00000001: No such file"));
  CHECK(!file.append("a\nb\n", &lost));
  CHECK(lost == 2);
  std::filesystem::create_directory(directory.path("later"));
  lost = 0;
  append("c\n");
  CHECK(lost == 0);
  CHECK(contents(missing + ".00000001") == "c\n");
}

TEST_CASE_METHOD(Fixture, "a full disk costs the lines, and the next ones are tried again", "[query_log]") {
  std::filesystem::create_symlink("/dev/full", name() + ".00000001");
  open();
  const auto written = file.append("a\nb\nc\n", &lost);
  REQUIRE(!written);
  CHECK_THAT(written.error(), Catch::Matchers::EndsWith("No space left on device"));
  CHECK(lost == 3);
  std::filesystem::remove(name() + ".00000001");
  REQUIRE(file.next().has_value());
  append("d\n");
  CHECK(contents_of(1) == "d\n");
}

TEST_CASE_METHOD(Fixture, "a disk that takes half a line gets it back", "[query_log]") {
  open();
  append("0000\n");
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{12, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  const auto written = file.append("aaaa\nbbbb\ncccc\n", &lost);
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  CHECK(!written);
  CHECK(lost == 2);
  CHECK(contents_of(1) == "0000\naaaa\n");
  append("d\n");
  CHECK(contents_of(1) == "0000\naaaa\nd\n");
}

}  // namespace
}  // namespace weir
