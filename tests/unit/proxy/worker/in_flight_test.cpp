#include "proxy/worker/in_flight.hpp"

#include <catch2/catch.hpp>

#include <vector>

namespace weir {
namespace {

constexpr std::int64_t kRule = 10;

struct Lane {
  std::vector<std::uint32_t> granted;  // session ids
  InFlight in_flight{[this](const InFlightTicket& ticket) { granted.push_back(ticket.session_id); }};
};

TEST_CASE("places are given in the order of arrival") {
  Lane lane;
  CHECK_FALSE(lane.in_flight.enter(7, kRule, 2, 0, 1));
  CHECK_FALSE(lane.in_flight.enter(7, kRule, 2, 0, 2));
  CHECK(lane.in_flight.enter(7, kRule, 2, 0, 3));
  CHECK(lane.in_flight.enter(7, kRule, 2, 1, 4));
  CHECK(lane.in_flight.waiting(7) == 2);
  lane.in_flight.leave(7);
  CHECK(lane.granted == std::vector<std::uint32_t>{3});
  lane.in_flight.leave(7);
  CHECK(lane.granted == std::vector<std::uint32_t>{3, 4});
  CHECK(lane.in_flight.running(7) == 2);
}

TEST_CASE("a higher limit lets more of those who wait run") {
  Lane lane;
  CHECK_FALSE(lane.in_flight.enter(7, kRule, 1, 0, 1));
  CHECK(lane.in_flight.enter(7, kRule, 1, 0, 2));
  CHECK(lane.in_flight.enter(7, kRule, 1, 0, 3));
  CHECK(lane.in_flight.enter(7, kRule, 3, 0, 4));
  lane.in_flight.leave(7);
  CHECK(lane.granted == std::vector<std::uint32_t>{2, 3, 4});
}

TEST_CASE("keys do not share places") {
  Lane lane;
  CHECK_FALSE(lane.in_flight.enter(1, kRule, 1, 0, 1));
  CHECK_FALSE(lane.in_flight.enter(2, kRule, 1, 0, 2));
}

TEST_CASE("who waits no longer is passed over") {
  Lane lane;
  CHECK_FALSE(lane.in_flight.enter(7, kRule, 1, 0, 1));
  const auto gone = lane.in_flight.enter(7, kRule, 1, 0, 2);
  CHECK(lane.in_flight.enter(7, kRule, 1, 0, 3));
  lane.in_flight.cancel(7, *gone);
  lane.in_flight.leave(7);
  CHECK(lane.granted == std::vector<std::uint32_t>{3});
}

TEST_CASE("a place that was granted to one who has just left goes to the next") {
  Lane lane;
  CHECK_FALSE(lane.in_flight.enter(7, kRule, 1, 0, 1));
  const auto gone = lane.in_flight.enter(7, kRule, 1, 0, 2);
  CHECK(lane.in_flight.enter(7, kRule, 1, 0, 3));
  lane.in_flight.leave(7);
  lane.in_flight.cancel(7, *gone);
  CHECK(lane.granted == std::vector<std::uint32_t>{2, 3});
  lane.in_flight.leave(7);
  CHECK(lane.in_flight.running(7) == 0);
}

TEST_CASE("a place may be taken beyond the limit, and is given back first") {
  Lane lane;
  CHECK_FALSE(lane.in_flight.enter(7, kRule, 1, 0, 1));
  lane.in_flight.enter_anyway(7, kRule);
  CHECK(lane.in_flight.enter(7, kRule, 1, 0, 2));
  lane.in_flight.leave(7);
  CHECK(lane.granted.empty());
  lane.in_flight.leave(7);
  CHECK(lane.granted == std::vector<std::uint32_t>{2});
}

TEST_CASE("what runs and waits is told by rule") {
  Lane lane;
  CHECK(lane.in_flight.uses().empty());
  CHECK_FALSE(lane.in_flight.enter(7, 1, 1, 0, 1));
  CHECK(lane.in_flight.enter(7, 1, 1, 0, 2));
  CHECK_FALSE(lane.in_flight.enter(8, 1, 1, 0, 3));
  lane.in_flight.enter_anyway(9, 2);
  const auto uses = lane.in_flight.uses();
  REQUIRE(uses.size() == 2);
  CHECK((uses.at(1).running == 2 && uses.at(1).waiting == 1 && uses.at(1).keys == 2));
  CHECK((uses.at(2).running == 1 && uses.at(2).waiting == 0 && uses.at(2).keys == 1));
  lane.in_flight.leave(9);
  CHECK(lane.in_flight.uses().size() == 1);
}

}  // namespace
}  // namespace weir
