// weir_load: N connections on one thread, each asking its next question when the last is answered (closed
// loop).
//
// Logs in, warms up, measures, prints one line of JSON. With --hold it says "warm" before it measures and
// "done" after it, and waits each time for a line on its input: whoever counts something of the server under
// test does so between the two, and counts queries only.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "bench/load/histogram.hpp"
#include "bench/load/load_client.hpp"
#include "bench/support/arguments.hpp"
#include "proxy/net/fd_limit.hpp"

namespace weir::bench {
namespace {

constexpr std::string_view kUsage =
    "weir_load: asks a MySQL server the same question, and measures how long the answers take.\n"
    "  --host IP --port N     server; 127.0.0.1, 3306\n"
    "  --user NAME --password TEXT --schema NAME   bench, bench, sbtest\n"
    "  --connections N        1\n"
    "  --query TEXT           with %d for a number that varies; SELECT c FROM sbtest1 WHERE id=%d\n"
    "  --queries-from FILE    its lines in turn, instead of one query\n"
    "  --prepared             prepares it once per connection, and executes it\n"
    "  --classic-eof          without CLIENT_DEPRECATE_EOF\n"
    "  --warmup N             queries before measuring, over all connections; 20 per connection\n"
    "  --count N | --seconds N  queries to measure, or for how long; 10000 queries\n"
    "  --every MS             prints a line with the queries of the last so many milliseconds, again and "
    "again\n"
    "  --hold                 say warm and done, and wait for a line after each\n";

struct Plan {
  std::size_t connections = 1;
  std::uint64_t warmup = 0;
  std::uint64_t count = 0;
  std::uint64_t seconds = 0;   // not 0: instead of count
  std::uint64_t every_ms = 0;  // not 0: how often to say how it goes
  bool hold = false;
};

class Load final : LoadHost {
 public:
  Load(Plan plan, Question question) : plan_(plan), question_(std::move(question)) {}

  int run(const Address& address) {
    for (std::size_t i = 0; i < plan_.connections; ++i) {
      LoadHost& host = *this;
      clients_.push_back(std::make_unique<LoadClient>(host, loop_, question_, i + 1));
      clients_.back()->connect(address);
    }
    loop_.run();
    if (!complaint_.empty()) {
      std::fprintf(stderr, "weir_load: %s\n", complaint_.c_str());
      return 1;
    }
    pass("warm");
    measured_from_us_ = loop_.now_us();
    const bool timed = plan_.seconds > 0;
    until_us_ =
        timed ? measured_from_us_ + plan_.seconds * 1'000'000 : std::numeric_limits<std::uint64_t>::max();
    measuring_ = true;
    start(timed ? std::numeric_limits<std::uint64_t>::max() : plan_.count);
    loop_.run();
    const std::uint64_t taken_us = loop_.now_us() - measured_from_us_;
    report(taken_us);
    pass("done");
    if (!complaint_.empty()) std::fprintf(stderr, "weir_load: %s\n", complaint_.c_str());
    return complaint_.empty() && errors_ == 0 ? 0 : 1;
  }

 private:
  void on_client_ready(LoadClient&) override {
    if (++ready_ < clients_.size()) return;
    if (plan_.warmup == 0) return loop_.stop();
    start(plan_.warmup);
  }

  // Every connection asks, as long as there are queries to ask.
  void start(std::uint64_t queries) {
    to_ask_ = queries;
    for (auto& client : clients_) {
      if (to_ask_ == 0) break;
      ask(*client);
    }
    if (in_flight_ == 0) loop_.stop();
  }
  void ask(LoadClient& client) {
    --to_ask_;
    ++in_flight_;
    client.ask();
  }

  void on_answer(LoadClient& client, std::uint64_t asked_at_us, bool failed) override {
    --in_flight_;
    if (failed) ++errors_;
    if (measuring_) {
      const std::uint64_t now_us = loop_.now_us();
      latencies_.add(now_us - asked_at_us);
      if (plan_.every_ms > 0) count_interval(now_us);
      if (now_us >= until_us_) to_ask_ = 0;
    }
    if (to_ask_ > 0) return ask(client);
    if (in_flight_ == 0) loop_.stop();
  }

  void count_interval(std::uint64_t now_us) {
    ++interval_queries_;
    if (now_us < interval_until_us_) return;
    if (interval_until_us_ > 0) {
      std::printf("%llu\n", as_shown(interval_queries_));
      std::fflush(stdout);
    }
    interval_queries_ = 0;
    interval_until_us_ = now_us + plan_.every_ms * 1000;
  }

  void on_client_lost(LoadClient&, const std::string& why) override {
    complaint_ = why;
    loop_.stop();
  }

  void pass(const char* word) const {
    if (!plan_.hold) return;
    std::printf("%s\n", word);
    std::fflush(stdout);
    std::string line;
    std::getline(std::cin, line);
  }

  void report(std::uint64_t taken_us) const {
    const double seconds = static_cast<double>(taken_us) / 1e6;
    std::printf(
        "{\"queries\": %llu, \"errors\": %llu, \"seconds\": %.6f, \"qps\": %.1f, \"p50_us\": %llu, "
        "\"p99_us\": %llu, "
        "\"p999_us\": %llu, \"max_us\": %llu}\n",
        as_shown(latencies_.count()), as_shown(errors_), seconds,
        static_cast<double>(latencies_.count()) / seconds, as_shown(latencies_.quantile_us(0.5)),
        as_shown(latencies_.quantile_us(0.99)), as_shown(latencies_.quantile_us(0.999)),
        as_shown(latencies_.max_us()));
    std::fflush(stdout);
  }
  static unsigned long long as_shown(std::uint64_t value) { return value; }

  Plan plan_;
  Question question_;
  Loop loop_;
  std::vector<std::unique_ptr<LoadClient>> clients_;
  Histogram latencies_;
  std::string complaint_;
  std::size_t ready_ = 0;
  std::size_t in_flight_ = 0;
  std::uint64_t to_ask_ = 0;
  std::uint64_t errors_ = 0;
  std::uint64_t measured_from_us_ = 0;
  std::uint64_t until_us_ = 0;
  std::uint64_t interval_queries_ = 0;
  std::uint64_t interval_until_us_ = 0;
  bool measuring_ = false;
};

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
  Plan plan;
  plan.connections = std::max<std::uint64_t>(1, arguments.number("connections", 1));
  plan.warmup = arguments.number("warmup", plan.connections * 20);
  plan.count = arguments.number("count", 10'000);
  plan.seconds = arguments.number("seconds", 0);
  plan.every_ms = arguments.number("every", 0);
  plan.hold = arguments.flag("hold");
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
