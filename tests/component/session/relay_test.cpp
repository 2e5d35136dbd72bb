// Replies arrive at the client byte for byte, however the server sends them and however slowly the client
// reads.
#include <catch2/catch.hpp>

#include "protocol/message/session_track.hpp"
#include "tests/support/allocation_count.hpp"
#include "tests/support/frames.hpp"
#include "tests/support/scene.hpp"

namespace weir::test {
namespace {

struct Answer {
  std::string name;
  std::function<void(ServerSide&)> write;
};

const Answer kAnswers[] = {
    {"ok", [](ServerSide& side) { side.ok(3, 7); }},
    {"err", [](ServerSide& side) { side.err(1146, "no such table", "42S02"); }},
    {"rows", [](ServerSide& side) { side.rows("v", {"one", "", "three"}); }},
    {"no rows", [](ServerSide& side) { side.rows("v", {}); }},
    {"several results",
     [](ServerSide& side) {
       side.rows("v", {"one"}, kStatusMoreResults);
       side.ok(1, 0, kStatusMoreResults);
       side.rows("w", {"two", "three"});
     }},
    {"an error behind rows",
     [](ServerSide& side) {
       side.head({"v"});
       side.row({"one"});
       side.err(1317, "interrupted");
     }},
    {"a first field that looks like an end",
     [](ServerSide& side) {
       side.head({"v"});
       side.packet(Blob{0xfc, 0xfe, 0xff} + Blob(0xfffe, 'x'));
       side.end_rows();
     }},
};

// What a client gets, and what the server sent.
std::pair<Blob, Blob> exchange(Scene& scene, ScriptedClient& client, const Answer& answer) {
  Blob sent;
  scene.server().on("SELECT", [&](ServerSide& side) {
    answer.write(side);
    sent = to_blob(side.out().readable());
  });
  client.query("SELECT it");
  scene.until([&] { return !client.replies().empty() || client.ended(); });
  REQUIRE(!client.ended());
  return {client.take_reply().wire, sent};
}

TEST_CASE("replies are relayed byte for byte, cut at every byte") {
  for (const Caps caps : {kUsualClient, kUsualClient & ~kDeprecateEof}) {
    for (const Answer& answer : kAnswers) {
      CAPTURE(answer.name, caps);
      Scene scene;
      scene.start();
      ScriptedClient& client = scene.log_in("ann", "", caps);
      const auto [got, sent] = exchange(scene, client, answer);
      CHECK(got == sent);
      const std::size_t cuts = std::min<std::size_t>(sent.size(), 300);
      for (std::size_t cut = 1; cut < cuts; ++cut) {
        CAPTURE(cut);
        scene.server().set_split_at(cut);
        const auto [got_cut, sent_cut] = exchange(scene, client, answer);
        REQUIRE(got_cut == sent_cut);
      }
      scene.server().set_split_at(0);
      CHECK(scene.server().accepted() == 1);
    }
  }
}

TEST_CASE("replies are relayed byte for byte, sent one byte at a time") {
  for (const Answer& answer : kAnswers) {
    if (answer.name.starts_with("a first field")) continue;  // 64 KiB one by one
    CAPTURE(answer.name);
    Scene scene;
    scene.start();
    ScriptedClient& client = scene.log_in();
    scene.server().set_piece_bytes(1);
    const auto [got, sent] = exchange(scene, client, answer);
    CHECK(got == sent);
    CHECK(scene.server().accepted() == 1);
  }
}

TEST_CASE("the synchronisation before a statement may be answered one byte at a time") {
  Scene scene;
  scene.server_row(0).max_connections = 1;
  scene.start();
  ScriptedClient& one = scene.log_in("ann", "shop");
  ScriptedClient& two = scene.log_in("ann", "stock");
  CHECK(scene.ask(one, "SET NAMES latin1") == "ok");
  scene.server().set_piece_bytes(1);
  CHECK(scene.ask(two, "SELECT 1") == "a");
  CHECK(scene.ask(one, "SELECT 1") == "a");
}

TEST_CASE("a client without session tracking gets its OKs without it") {
  Scene scene;
  scene.server().on("USE", [](ServerSide& side) {
    ByteQueue items;
    Writer out(items);
    encode_track_item({TrackType::schema, {}, "shop"}, out);
    side.ok_tracking(items.readable());
  });
  scene.start();
  ScriptedClient& plain = scene.log_in("ann", "", kUsualClient & ~kSessionTrack);
  for (const std::size_t piece : {0u, 1u}) {
    scene.server().set_piece_bytes(piece);
    plain.query("USE shop");
    scene.until([&] { return !plain.replies().empty(); });
    CHECK(plain.take_reply().wire == "07 00 00 01 00 00 00 02 00 00 00"_hex);
  }
  ScriptedClient& tracking = scene.log_in();
  tracking.query("USE shop");
  scene.until([&] { return !tracking.replies().empty(); });
  CHECK(tracking.take_reply().wire.size() > 11);
}

// ---- pipelining

TEST_CASE("commands that come in one segment are answered in order") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in();
  const Blob all = packet("\x03SELECT 1"_bytes) + packet("\x0e"_bytes) +
                   packet("\x03UPDATE t SET a = 1"_bytes) + packet("\x0e"_bytes) + packet("\x0e"_bytes) +
                   packet("\x03SELECT 2"_bytes);
  client.send(all, {Shape::result, Shape::ok, Shape::result, Shape::ok, Shape::ok, Shape::result});
  std::string answers;
  for (int i = 0; i < 6; ++i) answers += scene.reply_of(client) + " ";
  CHECK(answers == "a ok ok ok ok a ");
  CHECK(scene.server().texts() == std::vector<std::string>{"SELECT 1", "UPDATE t SET a = 1", "SELECT 2"});
}

TEST_CASE("pipelined commands are answered in order at every cut of them") {
  const Blob all =
      packet("\x03SELECT 1"_bytes) + packet("\x0e"_bytes) + packet("\x03UPDATE t SET a = 1"_bytes);
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in();
  for (std::size_t cut = 1; cut < all.size(); ++cut) {
    CAPTURE(cut);
    client.send(Bytes(all).first(cut), {Shape::result, Shape::ok, Shape::result});
    scene.turn(3);
    client.send(Bytes(all).subspan(cut));
    std::string answers;
    for (int i = 0; i < 3; ++i) answers += scene.reply_of(client) + " ";
    REQUIRE(answers == "a ok ok ");
  }
}

TEST_CASE("a command that comes while another executes waits its turn") {
  Scene scene;
  scene.server().on("SELECT held", [](ServerSide& side) {
    side.rows("v", {"held"});
    side.hold();
  });
  scene.start();
  ScriptedClient& client = scene.log_in();
  client.query("SELECT held");
  scene.until([&] { return scene.server().find_held() != nullptr; });
  client.query("UPDATE t SET a = 1");
  client.command(Command::ping, {});
  scene.settle();
  CHECK(scene.server().count("UPDATE") == 0);
  CHECK(client.replies().empty());
  scene.server().find_held()->release();
  CHECK(scene.reply_of(client) == "held");
  CHECK(scene.reply_of(client) == "ok");
  CHECK(scene.reply_of(client) == "ok");
}

TEST_CASE("thousands of pipelined commands are all answered") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in();
  constexpr int kCommands = 3000;
  for (int i = 0; i < kCommands; ++i)
    client.query("SELECT " + std::to_string(i) + " /* " + std::string(100, 'x') + " */");
  scene.until([&] { return client.replies().size() == kCommands || client.ended(); });
  REQUIRE(client.replies().size() == kCommands);
  CHECK(scene.server().count("SELECT") == kCommands);
  for (int i = 0; i < kCommands; ++i)
    REQUIRE(scene.server().received()[static_cast<std::size_t>(i)].text.starts_with("SELECT " +
                                                                                    std::to_string(i) + " "));
}

// ---- slow peers

TEST_CASE("a client that does not read holds its server up, and gets everything when it reads") {
  constexpr std::size_t kRow = 1 << 16;
  constexpr std::size_t kRows = 1024;  // 64 MiB
  Scene scene;
  const Blob row = Blob{0xfd, 0, 0, 1} + Blob(kRow, 'r');
  scene.server().on("SELECT many", [&](ServerSide& side) {
    side.head({"v"});
    for (std::size_t i = 0; i < kRows; ++i) side.packet(row);
    side.end_rows();
  });
  scene.start();
  ScriptedClient& client = scene.log_in();
  client.stop_reading();
  client.query("SELECT many");
  scene.until([&] { return scene.server().count("SELECT many") == 1; });
  std::size_t before = 0;
  scene.until([&] {  // nothing moves any more
    scene.turn(200);
    const std::size_t queued = scene.server().side(1).queued_bytes();
    return std::exchange(before, queued) == queued;
  });
  CHECK(scene.count(&WorkerStats::bytes_to_clients) <
        12'000'000);  // what sockets hold, and less than 1 MiB of ours
  CHECK(scene.server().side(1).queued_bytes() > 40'000'000);
  client.resume_reading();
  scene.until([&] { return !client.replies().empty() || client.ended(); });
  REQUIRE(!client.ended());
  CHECK(client.take_reply().wire.size() > kRow * kRows);
  CHECK(scene.ask(client, "SELECT 1") == "a");
}

TEST_CASE("a server that does not read holds a long statement up, and gets all of it when it reads") {
  Scene scene;
  scene.settings().query_processor_max_bytes = 1024;
  scene.start();
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "SELECT 1") == "a");
  scene.server().side(1).stop_reading();
  const std::string sql = "INSERT INTO t VALUES ('" + std::string(32 << 20, 'x') + "')";
  client.query(sql);
  std::size_t before = 0;
  scene.until([&] {
    scene.turn(200);
    const std::size_t queued = client.channel().queued_bytes();
    return std::exchange(before, queued) == queued;
  });
  CHECK(client.channel().queued_bytes() > 10'000'000);
  CHECK(scene.count(&WorkerStats::bytes_from_clients) < 20'000'000);
  scene.server().side(1).resume_reading();
  CHECK(scene.reply_of(client) == "ok");
  CHECK(scene.server().first("INSERT")->text == sql);
}

// ---- cost

TEST_CASE("a query of a warm session allocates nothing") {
  if (!AllocationCount::counts()) return;
  Scene scene;
  scene.server_row(0).max_connections = 1;
  scene.start();
  ScriptedClient& client = scene.log_in("ann", "shop");
  const auto run = [&](std::string_view sql) {
    // Only Weir's own turns are counted: the scripted peers allocate as they like.
    client.query(sql);
    std::size_t allocations = 0;
    while (client.replies().empty()) {
      const AllocationCount count;
      scene.turn_workers();
      allocations += count.allocations();
      scene.turn_peers();
    }
    client.take_reply();
    return allocations;
  };
  CHECK(run("SELECT 1") > 0);  // opens the connection: the count sees what there is to see
  for (const char* sql :
       {"SELECT c FROM sbtest1 WHERE id = 4711", "UPDATE t SET a = 1 WHERE b = 2", "SELECT 1"}) {
    CAPTURE(sql);
    for (int i = 0; i < 3; ++i) run(sql);
    CHECK(run(sql) == 0);
  }
}

}  // namespace
}  // namespace weir::test
