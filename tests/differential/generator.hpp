// Makes scripts: what several clients do in turns, from a number, the same each time.
//
// A pool of P connections serves many sessions only while at most P - 1 of them keep theirs, so each
// statement has a Hold: what it leaves behind that keeps its session's connection. Sessions that may keep one
// (P - 1 "holders") do anything; the others do it in a section, which nobody interrupts and which ends with
// what releases the connection.
#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/differential/step.hpp"

namespace weir::differential {

enum class Hold : std::uint8_t {
  none,  // nothing: any connection does for the next statement
  soft,  // what can be carried to another connection: warnings, an insert id, user variables
  hard,  // what dies with the connection: a transaction, a lock, a temporary table
};

enum class Engine : std::uint8_t { any, mariadb, mysql };

struct Template {
  Hold hold;
  int weight;
  std::string_view sql;
  Engine engine = Engine::any;
};
std::span<const Template> templates();

struct Shape {
  int sessions = 6;
  int pool = 2;
  int steps = 300;
  Engine engine = Engine::mariadb;
  bool soft_everywhere = false;  // sessions that are no holders leave soft holds too
};

// What the schema needs before a script of this shape.
std::vector<std::string> setup_of(const Shape& shape);

class Generator {
 public:
  Generator(const Shape& shape, std::uint64_t seed);
  Script script();

 private:
  void section(int session);
  void next_transaction(int session);
  void contended_lock();
  void one(int session, Hold most);
  void prepared_step(int session, Hold most);
  void command_step(int session);
  void kill_step(int session);
  void pipelined(int session, Hold most);
  void query(int session, std::string_view sql);
  std::string filled(std::string_view sql, int session);
  std::string_view pick(Hold most);
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

  Shape shape_;
  std::mt19937_64 random_;
  Script script_;
};

}  // namespace weir::differential
