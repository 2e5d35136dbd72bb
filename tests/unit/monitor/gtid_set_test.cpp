// Sets of transactions: what servers write, and who has what.
#include "monitor/gtid_set.hpp"

#include <catch2/catch.hpp>

namespace weir::test {
namespace {

constexpr const char* kA = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
constexpr const char* kB = "3E11FA47-71CA-11E1-9E33-C80AA9429563";

std::string text(const char* uuid, const char* intervals) {
  return std::string(uuid) + ":" + intervals;
}
GtidSet mysql(const std::string& written) {
  const auto set = GtidSet::from_mysql(written);
  REQUIRE(set);
  return *set;
}
GtidSet mariadb(const std::string& written) {
  const auto set = GtidSet::from_mariadb(written);
  REQUIRE(set);
  return *set;
}

enum class Relation { equal, contains, contained, diverged };

Relation relation(const GtidSet& a, const GtidSet& b) {
  const bool more = a.contains(b);
  const bool less = b.contains(a);
  if (more) return less ? Relation::equal : Relation::contains;
  return less ? Relation::contained : Relation::diverged;
}

struct Pair {
  const char* name;
  std::string a, b;
  Relation relation;
};

TEST_CASE("sets of MySQL contain each other, or not", "[gtid]") {
  const Pair pairs[] = {
      {"nothing and nothing", "", "", Relation::equal},
      {"something and nothing", text(kA, "1-5"), "", Relation::contains},
      {"the same in pieces", text(kA, "1-5"), text(kA, "1-2:3:4-5"), Relation::equal},
      {"the same in another order and case", text(kA, "1-5") + "," + text(kB, "1"),
       "3e11fa47-71ca-11e1-9e33-c80aa9429563:1,\n" + text(kA, "1-5"), Relation::equal},
      {"one more", text(kA, "1-6"), text(kA, "1-5"), Relation::contains},
      {"a hole", text(kA, "1-6"), text(kA, "1-2:4-6"), Relation::contains},
      {"holes at different places", text(kA, "1-2:4-6"), text(kA, "1-3:5-6"), Relation::diverged},
      {"another source", text(kA, "1-6"), text(kA, "1-6") + "," + text(kB, "1-9"), Relation::contained},
      {"an extra of each", text(kA, "1-7"), text(kA, "1-6") + "," + text(kB, "1"), Relation::diverged},
      {"a tag is a source of its own", text(kA, "1-5:blue:1-2"), text(kA, "1-5"), Relation::contains},
      {"tags differ", text(kA, "blue:1-2"), text(kA, "red:1-2"), Relation::diverged},
      {"intervals over all of the other's", text(kA, "1-100"), text(kA, "2-3:50:99-100"), Relation::contains},
  };
  for (const Pair& pair : pairs) {
    INFO(pair.name);
    CHECK(relation(mysql(pair.a), mysql(pair.b)) == pair.relation);
  }
}

TEST_CASE("positions of MariaDB contain each other, or not", "[gtid]") {
  const Pair pairs[] = {
      {"nothing and nothing", "", "", Relation::equal},
      {"the same", "0-1-100,1-2-5", "1-2-5, 0-1-100", Relation::equal},
      {"none of a server", "0-1-100,1-2-0", "0-1-100", Relation::equal},
      {"further", "0-1-101", "0-1-100", Relation::contains},
      {"another domain", "0-1-100", "0-1-100,1-1-1", Relation::contained},
      {"written by a new primary after the switch", "0-1-100,0-2-103", "0-1-100", Relation::contains},
      {"the old primary has extra rows", "0-1-102", "0-1-100,0-2-103", Relation::diverged},
      {"further in one domain each", "0-1-5,1-1-9", "0-1-6,1-1-8", Relation::diverged},
  };
  for (const Pair& pair : pairs) {
    INFO(pair.name);
    CHECK(relation(mariadb(pair.a), mariadb(pair.b)) == pair.relation);
  }
}

TEST_CASE("what is no set is refused", "[gtid]") {
  for (const std::string& bad :
       {std::string("1-5"), std::string(kA), text(kA, ""), text(kA, "5-1"), text(kA, "0"), text(kA, "1-"),
        text(kA, "1-5-6"), text(kA, "x y"), text(kA, "99999999999999999999"), text("3e11fa47", "1"),
        text(kA, "1-9223372036854775807"), text(kA, "1") + ",,", text(kA, "blue"), std::string(":::")}) {
    INFO(bad);
    CHECK_FALSE(GtidSet::from_mysql(bad));
  }
  for (const char* bad :
       {"0-1", "0-1-", "a-1-1", "0-1-1-1", "0-1-99999999999999999999", "4294967296-1-1", "0-1-1,,"}) {
    INFO(bad);
    CHECK_FALSE(GtidSet::from_mariadb(bad));
  }
}

TEST_CASE("sets of different kinds contain nothing of each other", "[gtid]") {
  CHECK_FALSE(mysql(text(kA, "1")).contains(mariadb("0-1-1")));
  CHECK_FALSE(mariadb("0-1-1").contains(mysql(text(kA, "1"))));
  CHECK_FALSE(mysql("").contains(mariadb("")));
}

TEST_CASE("what is beyond a set is counted", "[gtid]") {
  CHECK(mysql(text(kA, "1-10")).count_beyond(mysql(text(kA, "2-3:5"))) == 7);
  CHECK(mysql(text(kA, "1-10")).count_beyond(mysql("")) == 10);
  CHECK(mysql(text(kA, "5-6")).count_beyond(mysql(text(kA, "1-10"))) == 0);
  CHECK(mariadb("0-1-10,0-2-4").count_beyond(mariadb("0-1-7")) == 7);
}

TEST_CASE("more than can be counted is not nothing", "[gtid]") {
  const std::string most = "1-9223372036854775806";  // the last number of MySQL
  const GtidSet many = mysql(text(kA, (most + ":b:" + most + ":c:1-4").c_str()));
  CHECK(many.count_beyond(mysql("")) == 18446744073709551615u);
  CHECK_FALSE(mysql("").contains(many));
  const GtidSet all = mariadb("0-1-18446744073709551615,0-2-1");
  CHECK(all.count_beyond(mariadb("")) == 18446744073709551615u);
  CHECK_FALSE(mariadb("").contains(all));
}

TEST_CASE("a merge has what either has", "[gtid]") {
  GtidSet set = mariadb("0-1-10");
  set.merge(mariadb("0-1-7,0-2-12"));
  CHECK(set == mariadb("0-1-10,0-2-12"));
  GtidSet other = mysql(text(kA, "1-2:5"));
  other.merge(mysql(text(kA, "3-4") + "," + text(kB, "1")));
  CHECK(other == mysql(text(kA, "1-5") + "," + text(kB, "1")));
  CHECK_FALSE(other.empty());
}

TEST_CASE("a MariaDB replica that names only the last server of a domain has got as far", "[gtid]") {
  const GtidSet writer = mariadb("0-1-100,0-2-150,1-1-7");
  CHECK(mariadb("0-2-150,1-1-7").reaches(writer));
  CHECK(mariadb("0-3-151,1-1-7").reaches(writer));
  CHECK_FALSE(mariadb("0-2-149,1-1-7").reaches(writer));
  CHECK_FALSE(mariadb("0-2-150").reaches(writer));
  CHECK_FALSE(mariadb("0-2-150,1-1-7").contains(writer));
  CHECK(mysql(text(kA, "1-5")).reaches(mysql(text(kA, "1-5"))));
  CHECK_FALSE(mysql(text(kA, "1-3:5")).reaches(mysql(text(kA, "4"))));
  CHECK_FALSE(mysql(text(kA, "1-5")).reaches(writer));
}

}  // namespace
}  // namespace weir::test
