#include "proxy/pool/connection_attributes.hpp"

#include <catch2/catch.hpp>

namespace weir {
namespace {

TEST_CASE("a client's attributes follow his address") {
  const AttributePairs opened_for{{"weir_opened_for", "10.0.0.9:51234"}};
  struct Case {
    const char* name;
    AttributePairs his;
    AttributePairs told;
  };
  const Case cases[] = {
      {"none", {}, {{"program_name", "weir"}}},
      {"some", {{"_pid", "7"}, {"_os", ""}}, {{"program_name", "weir"}, {"_pid", "7"}, {"_os", ""}}},
      {"his name", {{"_pid", "7"}, {"program_name", "shop"}}, {{"_pid", "7"}, {"program_name", "shop"}}},
      {"what only we may say", {{"weir_opened_for", "x"}}, {{"program_name", "weir"}}},
      {"one that is too long",
       {{"a", std::string(5000, 'x')}, {"b", "y"}},
       {{"program_name", "weir"}, {"b", "y"}}},
  };
  for (const Case& each : cases) {
    CAPTURE(each.name);
    AttributePairs expected = opened_for;
    expected.insert(expected.end(), each.told.begin(), each.told.end());
    CHECK(attribute_pairs(attributes_for_client(each.his, "10.0.0.9:51234")) == expected);
  }
}

TEST_CASE("however many they are, a session keeps a few kilobytes of them") {
  AttributePairs many;
  for (int i = 0; i < 10'000; ++i) many.emplace_back("name" + std::to_string(i), std::string(100, 'v'));
  const std::string block = attributes_for_client(many, "localhost");
  CHECK(block.size() > 3900);
  CHECK(block.size() <= 4096);
}

}  // namespace
}  // namespace weir
