// weir_load: N connections on one thread that ask a MySQL server, in a closed loop or at a fixed rate.
//
// Logs in, warms up, measures, prints one line of JSON. With --hold it says "warm" before it measures and
// "done" after it, and waits each time for a line on its input: whoever counts something of the server under
// test does so between the two, and counts queries only.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "bench/load/load.hpp"
#include "bench/support/arguments.hpp"
#include "bench/support/tls.hpp"
#include "proxy/net/fd_limit.hpp"

namespace weir::bench {
namespace {

constexpr std::string_view kUsage =
    "weir_load: asks a MySQL server the same question, and measures how long the answers take.\n"
    "  --host IP --port N     server; 127.0.0.1, 3306\n"
    "  --user NAME --password TEXT --schema NAME   bench, bench, sbtest\n"
    "  --connections N        1\n"
    "  --idle N               so many more, which log in and stay silent\n"
    "  --rate N               queries per second, due one after the other, whoever is slow (open loop); "
    "without it each\n"
    "                         connection asks when it is answered. Latencies count from when a query was "
    "due\n"
    "  --query TEXT           with %d for a number that varies; SELECT c FROM sbtest1 WHERE id=%d\n"
    "  --queries-from FILE    its lines in turn, instead of one query\n"
    "  --prepared             prepares it once per connection, and executes it\n"
    "  --tls                  by TLS, whoever the server is\n"
    "  --tls-first            by TLS from the first byte, as to a proxy that terminates it for any protocol\n"
    "  --fresh                each query by a connection of its own; its time is that of all: connect, log "
    "in, ask, leave\n"
    "  --strangers            by TLS: never with a session of before\n"
    "  --read-mb-per-s N      takes at most so much of an answer per second\n"
    "  --classic-eof          without CLIENT_DEPRECATE_EOF\n"
    "  --warmup N             queries before measuring, over all connections; 20 per connection\n"
    "  --count N | --seconds N | --milliseconds N  queries to measure, or for how long; 10000 queries\n"
    "  --every MS             prints a line with the queries of the last so many milliseconds, again and "
    "again\n"
    "  --hold                 say warm and done, and wait for a line after each\n";

std::vector<std::string> lines_of(const std::string& file) {
  std::vector<std::string> lines;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

int run(int argc, char** argv) {
  Arguments arguments(argc, argv, kUsage);
  const std::string host = arguments.text("host", "127.0.0.1");
  const auto port = static_cast<std::uint16_t>(arguments.number("port", 3306));
  Question question;
  question.user = arguments.text("user", "bench");
  question.password = arguments.text("password", "bench");
  question.schema = arguments.text("schema", "sbtest");
  question.query = arguments.text("query", question.query);
  const std::string queries_from = arguments.text("queries-from", "");
  if (!queries_from.empty()) question.queries = lines_of(queries_from);
  question.prepared = arguments.flag("prepared");
  question.classic_eof = arguments.flag("classic-eof");
  question.read_mb_per_s = arguments.number("read-mb-per-s", 0);
  Plan plan;
  plan.connections = std::max<std::uint64_t>(1, arguments.number("connections", 1));
  plan.idle = arguments.number("idle", 0);
  plan.rate = arguments.number("rate", 0);
  plan.warmup = arguments.number("warmup", plan.connections * 20);
  plan.count = arguments.number("count", 10'000);
  plan.measured_ms = arguments.number("seconds", 0) * 1000 + arguments.number("milliseconds", 0);
  plan.every_ms = arguments.number("every", 0);
  plan.hold = arguments.flag("hold");
  plan.fresh = arguments.flag("fresh");
  question.resumes = !arguments.flag("strangers");
  question.tls_first = arguments.flag("tls-first");
  if (arguments.flag("tls") || question.tls_first) question.tls = tls_to_anybody();
  arguments.no_more();
  const auto address = Address::from_ip(host, port);
  if (!address) {
    std::fprintf(stderr, "not an address: %s\n", host.c_str());
    return 2;
  }
  raise_fd_limit();
  return Load(plan, std::move(question)).run(*address);
}

}  // namespace
}  // namespace weir::bench

int main(int argc, char** argv) {
  return weir::bench::run(argc, argv);
}
