// weir_differential: what clients of a proxy see is what clients of the server see.
//
// Plays scripts of random steps of several interleaved sessions, first directly and then through the proxy,
// and compares every byte of every answer. At the first difference it looks for the shortest script that
// still differs, prints that with both answers, and ends with 1.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <optional>

#include "bench/support/arguments.hpp"
#include "tests/differential/generator.hpp"
#include "tests/differential/replay.hpp"

namespace weir::differential {
namespace {

constexpr std::string_view kUsage =
    "weir_differential: compares what clients see through a proxy with what they see directly.\n"
    "  --server PORT      the server, on 127.0.0.1\n"
    "  --proxy PORT       the proxy before it, whose pool has --pool connections\n"
    "  --engine NAME      mariadb or mysql\n"
    "  --user, --password (app) of the sessions; must be allowed to create schemas and roles\n"
    "  --other-user, --other-password (app2) whom a session may become\n"
    "  --pool N           connections the proxy may have to the server (2)\n"
    "  --sessions N       (6)\n"
    "  --steps N          in all (10000); --batch N: per fresh schema (300)\n"
    "  --seed N           of the first batch; the next one has the next number\n"
    "  --seconds N        ends after so long, whatever --steps says\n"
    "  --soft-everywhere  sessions beyond the pool leave warnings and user variables on their connections "
    "too\n"
    "  --script FILE      plays this instead, once\n";

struct Difference {
  std::size_t step = 0;
  std::vector<std::string> direct, through;
};

struct Ends {
  Stage direct, through;
};

std::optional<Difference> compare(const Ends& ends, const Script& script) {
  const Answers direct = replay(ends.direct, script);
  const Answers through = replay(ends.through, script);
  for (std::size_t i = 0; i < script.size(); ++i) {
    if (direct[i] != through[i]) return Difference{i, direct[i], through[i]};
  }
  return std::nullopt;
}

// Without the steps that gave a connection back, sessions wait for one in vain: error 9001 is not what is
// looked for.
bool starved(const Difference& difference) {
  return std::ranges::any_of(difference.through,
                             [](const std::string& packet) { return packet.starts_with("\xff\x29\x23"); });
}

// Leaves out steps as long as a difference remains: halves first, single steps at last.
Script shortest(const Ends& ends, Script script, Difference& difference) {
  script.resize(difference.step + 1);
  for (std::size_t piece = script.size() / 2; piece > 0; piece /= 2) {
    for (std::size_t at = 0; at + 1 < script.size();) {
      Script without = script;
      const auto from = without.begin() + static_cast<std::ptrdiff_t>(at);
      without.erase(from, from + static_cast<std::ptrdiff_t>(std::min(piece, script.size() - 1 - at)));
      const auto found = compare(ends, without);
      if (found && !starved(*found)) {
        difference = *found;
        without.resize(found->step + 1);
        script = std::move(without);
      } else {
        at += piece;
      }
    }
  }
  return script;
}

void print_answer(const char* who, const std::vector<std::string>& packets) {
  fmt::print("  {}:\n", who);
  for (const std::string& packet : packets) fmt::print("    {}\n", readable(packet));
}

int report(const Ends& ends, const Script& script, Difference difference, std::uint64_t seed) {
  fmt::print("DIFFERENT in step {} of the batch with seed {}: {}\n", difference.step, seed,
             to_line(script[difference.step]));
  print_answer("direct", difference.direct);
  print_answer("through", difference.through);
  std::fflush(stdout);
  const Script minimal = shortest(ends, script, difference);
  fmt::print("shortest script that differs ({} steps):\n", minimal.size());
  for (const Step& step : minimal) fmt::print("{}\n", to_line(step));
  print_answer("direct", difference.direct);
  print_answer("through", difference.through);
  return 1;
}

Script read_script(const std::string& path) {
  Script script;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    Step step;
    if (parse_line(line, &step)) script.push_back(step);
  }
  return script;
}

int run(int argc, char** argv) {
  bench::Arguments arguments(argc, argv, kUsage);
  Shape shape;
  Ends ends;
  ends.direct.endpoint.port = static_cast<std::uint16_t>(arguments.number("server", 3306));
  ends.through.endpoint.port = static_cast<std::uint16_t>(arguments.number("proxy", 6033));
  ends.direct.login = {arguments.text("user", "app"), arguments.text("password", "app"), "diff",
                       kCollationUtf8mb4General};
  ends.direct.other = {arguments.text("other-user", "app2"), arguments.text("other-password", "app2"), "",
                       kCollationUtf8mb4General};
  shape.engine = arguments.text("engine", "mariadb") == "mysql" ? Engine::mysql : Engine::mariadb;
  // What MySQL takes after COM_RESET_CONNECTION, whatever the login said; Weir keeps the login's.
  if (shape.engine == Engine::mysql)
    ends.direct.login.collation = ends.direct.other.collation = kCollationUtf8mb4Mysql8;
  ends.direct.types_stay = ends.through.types_stay = shape.engine == Engine::mysql;
  shape.pool = static_cast<int>(arguments.number("pool", 2));
  shape.sessions = static_cast<int>(arguments.number("sessions", 6));
  shape.steps = static_cast<int>(arguments.number("batch", 300));
  shape.soft_everywhere = arguments.flag("soft-everywhere");
  const std::uint64_t wanted = arguments.number("steps", 10'000);
  const std::uint64_t first_seed = arguments.number("seed", 1);
  const std::chrono::seconds limit(arguments.number("seconds", 1'000'000));
  const std::string path = arguments.text("script", "");
  arguments.no_more();
  ends.direct.server = ends.direct.endpoint;
  ends.direct.setup = setup_of(shape);
  ends.through.login = ends.direct.login;
  ends.through.other = ends.direct.other;
  ends.through.server = ends.direct.server;
  ends.through.setup = ends.direct.setup;

  const auto began = std::chrono::steady_clock::now();
  std::uint64_t done = 0, seed = first_seed;
  for (; done < wanted && std::chrono::steady_clock::now() - began < limit; ++seed) {
    const Script script = path.empty() ? Generator(shape, seed).script() : read_script(path);
    if (const auto difference = compare(ends, script)) return report(ends, script, *difference, seed);
    done += script.size();
    if (!path.empty()) break;
  }
  fmt::print("{} steps of {} sessions over {} connections, seeds {} to {}: no difference\n", done,
             shape.sessions, shape.pool, first_seed, seed - 1);
  return 0;
}

}  // namespace
}  // namespace weir::differential

int main(int argc, char** argv) {
  try {
    return weir::differential::run(argc, argv);
  } catch (const weir::differential::Lost& lost) {
    fmt::print(stderr, "weir_differential: {}\n", lost.what());
    return 2;
  }
}
