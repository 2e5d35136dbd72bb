#include "bench/load/load.hpp"

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <limits>
#include <utility>

namespace weir::bench {
namespace {

// At a time: what a server's queue of connections holds, and a little less.
constexpr std::size_t kMostLoggingIn = 100;
constexpr std::uint64_t kNsPerS = 1'000'000'000;

unsigned long long as_shown(std::uint64_t value) {
  return value;
}

}  // namespace

Load::Load(Plan plan, Question question)
    : plan_(plan), question_(std::move(question)), pacer_(loop_, *this) {}

int Load::run(const Address& address) {
  address_ = address;
  for (std::size_t i = 0; i < plan_.connections + plan_.idle; ++i) {
    LoadHost& host = *this;
    clients_.push_back(std::make_unique<LoadClient>(host, loop_, question_, i + 1));
  }
  connect_more();
  loop_.run();
  if (!complaint_.empty()) {
    std::fprintf(stderr, "weir_load: %s\n", complaint_.c_str());
    return 1;
  }
  pass("warm");
  measured_from_us_ = loop_.now_us();
  const bool timed = plan_.measured_ms > 0;
  until_us_ =
      timed ? measured_from_us_ + plan_.measured_ms * 1000 : std::numeric_limits<std::uint64_t>::max();
  measuring_ = true;
  if (plan_.rate > 0) start_pace();
  start(timed ? std::numeric_limits<std::uint64_t>::max() : plan_.count);
  loop_.run();
  report(loop_.now_us() - measured_from_us_);
  pass("done");
  if (!complaint_.empty()) std::fprintf(stderr, "weir_load: %s\n", complaint_.c_str());
  return complaint_.empty() && errors_ == 0 ? 0 : 1;
}

void Load::connect_more() {
  while (connected_ < clients_.size() && connected_ < ready_ + kMostLoggingIn)
    clients_[connected_++]->connect(address_);
}

void Load::on_client_ready(LoadClient& client) {
  if (ready_ == clients_.size()) return client.ask();  // a fresh one
  ++ready_;
  connect_more();
  if (ready_ < clients_.size()) return;
  if (plan_.warmup == 0) return loop_.stop();
  start(plan_.warmup);
}

// As long as there are queries to ask. In an open loop, which begins with the measurement, those that are
// due.
void Load::start(std::uint64_t queries) {
  to_ask_ = queries;
  if (measuring_ && plan_.rate > 0) return;
  for (std::size_t i = 0; i < plan_.connections && to_ask_ > 0; ++i) ask(*clients_[i], loop_.now_us());
  if (in_flight_ == 0) loop_.stop();
}

void Load::start_pace() {
  for (std::size_t i = plan_.connections; i-- > 0;) free_.push_back(clients_[i].get());
  if (pacer_.start(measured_from_us_, kNsPerS / plan_.rate)) return;
  complaint_ = "no timer";
}

void Load::on_due(std::uint64_t count) {
  due_ += count;
  ask_due();
}

void Load::ask_due() {
  while (asked_ < due_ && !free_.empty() && to_ask_ > 0) {
    LoadClient& client = *free_.back();
    free_.pop_back();
    ask(client, measured_from_us_ + ++asked_ * kNsPerS / plan_.rate / 1000);
  }
}

void Load::ask(LoadClient& client, std::uint64_t since_us) {
  --to_ask_;
  ++in_flight_;
  client.count_from(since_us);
  if (!plan_.fresh) return client.ask();
  renewed_.push_back(&client);
  loop_.at_turn_end(*this);
}

// Not within an event of theirs.
void Load::on_turn_end() noexcept {
  for (LoadClient* client : std::exchange(renewed_, {})) {
    client->leave();
    client->connect(address_);
  }
}

void Load::on_answer(LoadClient& client, std::uint64_t since_us, bool failed) {
  --in_flight_;
  if (failed) ++errors_;
  const std::uint64_t now_us = loop_.now_us();
  if (measuring_) {
    latencies_.add(now_us - since_us);
    if (plan_.every_ms > 0) count_interval(now_us);
    if (now_us >= until_us_) to_ask_ = 0;
  }
  if (measuring_ && plan_.rate > 0) {
    free_.push_back(&client);
    ask_due();
  } else if (to_ask_ > 0) {
    return ask(client, now_us);
  }
  if (to_ask_ == 0 && in_flight_ == 0) loop_.stop();
}

void Load::count_interval(std::uint64_t now_us) {
  ++interval_queries_;
  if (now_us < interval_until_us_) return;
  if (interval_until_us_ > 0) {
    std::printf("%llu\n", as_shown(interval_queries_));
    std::fflush(stdout);
  }
  interval_queries_ = 0;
  interval_until_us_ = now_us + plan_.every_ms * 1000;
}

void Load::on_client_lost(LoadClient&, const std::string& why) {
  complaint_ = why;
  loop_.stop();
}

void Load::pass(const char* word) const {
  if (!plan_.hold) return;
  std::printf("%s\n", word);
  std::fflush(stdout);
  std::string line;
  std::getline(std::cin, line);
}

void Load::report(std::uint64_t taken_us) const {
  const double seconds = static_cast<double>(taken_us) / 1e6;
  std::printf(
      "{\"queries\": %llu, \"errors\": %llu, \"seconds\": %.6f, \"qps\": %.1f, \"p50_us\": %llu, "
      "\"p99_us\": %llu, \"p999_us\": %llu, \"max_us\": %llu, \"behind\": %llu}\n",
      as_shown(latencies_.count()), as_shown(errors_), seconds,
      static_cast<double>(latencies_.count()) / seconds, as_shown(latencies_.quantile_us(0.5)),
      as_shown(latencies_.quantile_us(0.99)), as_shown(latencies_.quantile_us(0.999)),
      as_shown(latencies_.max_us()), as_shown(due_ - asked_));
  std::fflush(stdout);
}

}  // namespace weir::bench
