// A whole worker between clients and a server that do anything, in any order: it stays up, forgets nobody's
// connection, and whoever comes after them is served.
//
// Input: a script of steps, a byte each, with the bytes that the step takes. Everything runs on this thread.
#include <deque>
#include <string>
#include <string_view>

#include "protocol/base/log.hpp"
#include "tests/fuzz/require.hpp"
#include "tests/support/frames.hpp"
#include "tests/support/scene.hpp"

namespace {

using namespace weir;
using test::Blob;

constexpr std::size_t kMostClients = 4, kMostSteps = 64;
constexpr int kTurnsToLogIn = 100;  // of about ten; a login that waits for a server is not waited for
constexpr weir::Millis kPatienceMs = 8000;

constexpr std::string_view kTexts[] = {
    "SELECT 1",
    "SELECT * FROM t FOR UPDATE",
    "INSERT INTO t VALUES (1)",
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "SET autocommit=0",
    "SET autocommit=1",
    "SET @a = 1",
    "SET NAMES latin1",
    "SET sql_mode = 'ANSI_QUOTES', time_zone = '+01:00'",
    "USE s",
    "CREATE TEMPORARY TABLE t (a INT)",
    "DROP TEMPORARY TABLE t",
    "LOCK TABLES t WRITE",
    "UNLOCK TABLES",
    "SELECT GET_LOCK('a', 1)",
    "SELECT RELEASE_LOCK('a')",
    "SELECT LAST_INSERT_ID(), ROW_COUNT(), FOUND_ROWS()",
    "SELECT CONNECTION_ID()",
    "SHOW WARNINGS",
    "PREPARE p FROM 'SELECT ?'",
    "EXECUTE p USING @a",
    "DEALLOCATE PREPARE p",
    "LOAD DATA LOCAL INFILE 'f' INTO TABLE t",
    "KILL 1",
    "KILL QUERY 2",
    "CALL p()",
    "SELECT 1; INSERT INTO t VALUES (2); SELECT 3",
    "XA START 'x'",
    "XA END 'x'",
    "SET TRANSACTION READ ONLY",
    "SAVEPOINT a",
    "HANDLER t OPEN",
    "FLUSH TABLES WITH READ LOCK",
    "/* hostgroup=1 */ SELECT 2",
    "",
};

// What the server answers next; without one it behaves.
struct Answer {
  std::uint8_t kind = 0;
  Blob bytes{};
};

class Script {
 public:
  Script(const std::uint8_t* input, std::size_t size) : left_(input, size) {}

  bool ended() const { return left_.empty(); }
  std::uint8_t byte() {
    if (left_.empty()) return 0;
    const std::uint8_t first = left_.front();
    left_ = left_.subspan(1);
    return first;
  }
  Blob bytes() {
    const std::size_t count = std::min<std::size_t>(byte(), left_.size());
    const Blob taken(left_.begin(), left_.begin() + static_cast<std::ptrdiff_t>(count));
    left_ = left_.subspan(count);
    return taken;
  }

 private:
  Bytes left_;
};

class Play {
 public:
  Play() {
    scene_.settings().auto_rw_split = false;
    const auto handler = [this](test::ServerSide& side) { answer(side); };
    scene_.server().on("", handler);
    for (const Command command :
         {Command::init_db, Command::stmt_prepare, Command::stmt_execute, Command::stmt_fetch,
          Command::stmt_reset, Command::field_list, Command::ping, Command::statistics, Command::set_option,
          Command::reset_connection})
      scene_.server().on(command, handler);
    scene_.start();
  }

  void run(Script& script) {
    for (std::size_t steps = 0; steps < kMostSteps && !script.ended(); ++steps) step(script);
  }

  // Everybody leaves, and nothing of them stays; then somebody comes.
  void finish() {
    answers_.clear();
    for (test::ScriptedClient* client : clients_) client->close();
    release_all();
    scene_.settle();
    fuzz::require(turned_until([&] { return scene_.sessions() == 0; }),
                  "all sessions have ended with their clients");
    release_all();
    fuzz::require(turned_until([&] { return scene_.connections() == scene_.idle_connections(); }),
                  "no connection is kept for somebody who has left");
    fuzz::require(scene_.permits() == static_cast<std::int64_t>(scene_.connections()),
                  "every connection has its permit, and no other has one");
    if (told_news_) return;  // the server may write no more, for all that is known
    test::ScriptedClient& after = scene_.connect(test::Scene::request("bob"));
    fuzz::require(turned_until([&] { return after.logged_in() || after.ended(); }),
                  "who comes after them is answered");
    fuzz::require(after.logged_in(), "who comes after them is let in");
    after.query("SELECT 1");
    fuzz::require(turned_until([&] { return !after.replies().empty() || after.ended(); }),
                  "his statement is answered");
    fuzz::require(!after.replies().empty() && after.take_reply().text() == "a", "his answer is his");
  }

 private:
  template <class Done>
  bool turned_until(Done done) {
    const Instant limit = scene_.loop().now() + kPatienceMs;
    while (scene_.loop().now() < limit) {
      if (done()) return true;
      scene_.turn();
    }
    return done();
  }

  test::ScriptedClient* client(Script& script) {
    return clients_.empty() ? nullptr : clients_[script.byte() % clients_.size()];
  }

  void step(Script& script) {
    switch (script.byte() % 12) {
      case 0:
        return come(script);
      case 1:
        return ask(script);
      case 2:
        return command(script);
      case 3:
        if (test::ScriptedClient* sender = client(script)) sender->channel().send(script.bytes());
        return;
      case 4:
        return leave(script);
      case 5:
        answers_.push_back({.kind = script.byte(), .bytes = script.bytes()});
        return;
      case 6:
        return scene_.turn(1 + script.byte() % 8);
      case 7:
        return speak(script);
      case 8:
        scene_.fleet().kill(script.byte() % 8u, script.byte() % 2 == 0);
        return;
      case 9:
        return scene_.publish();
      case 10:
        return release_all();
      case 11:
        if (test::ScriptedClient* reader = client(script))
          script.byte() % 2 == 0 ? reader->stop_reading() : reader->resume_reading();
        return;
    }
  }

  void come(Script& script) {
    if (clients_.size() == kMostClients) return;
    const std::uint8_t how = script.byte();
    Caps caps = test::kUsualClient;
    if ((how & 1) != 0) caps &= ~kDeprecateEof;
    if ((how & 2) != 0) caps &= ~kSessionTrack;
    if ((how & 4) != 0) caps &= ~kMultiStatements;
    test::ScriptedClient& come = scene_.connect(
        test::Scene::request((how & 8) != 0 ? "bob" : "ann", (how & 16) != 0 ? "s" : "", caps));
    come.discard_replies();
    clients_.push_back(&come);
    if ((how & 32) != 0) return;
    for (int turns = 0; turns < kTurnsToLogIn && !come.logged_in() && !come.ended(); ++turns) scene_.turn();
  }

  void ask(Script& script) {
    test::ScriptedClient* asker = client(script);
    const std::uint8_t which = script.byte();
    if (asker == nullptr) return;
    if (which < std::size(kTexts)) {
      asker->query(kTexts[which]);
    } else {
      const Blob text = script.bytes();
      asker->command(Command::query, text);
    }
  }

  void command(Script& script) {
    test::ScriptedClient* asker = client(script);
    const std::uint8_t code = script.byte();
    const Blob argument = script.bytes();
    if (asker == nullptr) return;
    Blob payload{static_cast<std::uint8_t>(code % 34)};
    payload.insert(payload.end(), argument.begin(), argument.end());
    asker->channel().send(test::packet(payload));
  }

  void leave(Script& script) {
    if (clients_.empty()) return;
    const std::size_t which = script.byte() % clients_.size();
    script.byte() % 2 == 0 ? clients_[which]->close() : clients_[which]->reset();
    clients_.erase(clients_.begin() + static_cast<std::ptrdiff_t>(which));
  }

  void speak(Script& script) {
    const std::uint8_t which = script.byte();
    const Blob said = script.bytes();
    if (scene_.server().accepted() == 0) return;
    test::ServerSide& side = scene_.server().side(1 + which % scene_.server().accepted());
    if (side.open()) side.speak(said);
  }

  void release_all() {
    for (std::size_t number = 1; number <= scene_.server().accepted(); ++number) {
      test::ServerSide& side = scene_.server().side(number);
      if (side.held()) side.release();
    }
  }

  void answer(test::ServerSide& side) {
    if (answers_.empty()) return scene_.server().answer_normally(side);
    const Answer next = std::move(answers_.front());
    answers_.pop_front();
    const auto at = [&](std::size_t i) -> std::size_t { return i < next.bytes.size() ? next.bytes[i] : 0; };
    switch (next.kind % 12) {
      case 0:
        told_news_ = true;  // some codes are news of the server
        return side.err(static_cast<std::uint16_t>(at(0) << 8 | at(1)), "no");
      case 1:
        return side.raw(next.bytes);
      case 2:
        return side.packet(next.bytes);
      case 3:
        scene_.server().answer_normally(side);
        side.send_part(at(0));
        return side.close();
      case 4:
        scene_.server().answer_normally(side);
        side.send_part(at(0));
        return side.reset();
      case 5:
        scene_.server().answer_normally(side);
        return side.hold();
      case 6:
        return side.ok(at(0), at(1), static_cast<std::uint16_t>(at(2) << 8 | at(3)));
      case 7:
        return side.ok_tracking(next.bytes);
      case 8:
        scene_.server().answer_normally(side);
        return side.raw(next.bytes);
      case 9:
        return side.ask_file("f");
      case 10:
        return side.close();
      case 11:
        side.head({"a", "b"});
        side.packet(next.bytes);
        return side.end_rows(static_cast<std::uint16_t>(at(0)));
    }
  }

  test::Scene scene_;
  std::vector<test::ScriptedClient*> clients_;
  std::deque<Answer> answers_;
  bool told_news_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  weir::log::set_level(weir::log::Level::error);
  Script script(input, size);
  Play play;
  play.run(script);
  play.finish();
  return 0;
}
