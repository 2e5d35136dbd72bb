// weir_crowd: thousands of clients, each with its hundreds of prepared statements, on one thread.
//
// Says "prepared" when every client has prepared all its statements, executes for so many seconds, and prints
// one line with what it did. Ends with 1, and says why, as soon as an answer is not what it must be.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "bench/support/arguments.hpp"
#include "bench/support/tls.hpp"
#include "proxy/net/fd_limit.hpp"
#include "tests/crowd/crowd_client.hpp"

namespace weir::crowd {
namespace {

constexpr std::string_view kUsage =
    "weir_crowd: clients that prepare and execute, and check every answer.\n"
    "  --host IP --port N     proxy or server; 127.0.0.1, 3306\n"
    "  --user NAME --password TEXT --schema NAME   app, app, test\n"
    "  --clients N            100\n"
    "  --statements N         of each client; 20\n"
    "  --seconds N            of executing; 10\n"
    "  --idle N               of the clients, that wait meanwhile, and execute once at the end; 0\n"
    "  --tls                  each by TLS, whoever the other side is\n";

// So many log in, or prepare, at a time: a crowd that comes at once is another test's.
constexpr std::size_t kPreparing = 200;

class Crowd final : CrowdHost {
 public:
  Crowd(std::size_t clients, std::size_t idle, std::size_t statements, std::uint64_t seconds, Account account,
        Address address)
      : seconds_(seconds), idle_(std::min(idle, clients)), account_(std::move(account)), address_(address) {
    CrowdHost& host = *this;
    for (std::size_t i = 0; i < clients; ++i) {
      clients_.push_back(std::make_unique<CrowdClient>(host, loop_, account_, i + 1, statements));
    }
  }

  int run() {
    while (started_ < std::min(kPreparing, clients_.size())) start_next();
    loop_.run();
    if (complaint_.empty()) {
      std::printf("prepared\n");
      std::fflush(stdout);
      const std::uint64_t from_us = loop_.now_us();
      until_us_ = from_us + seconds_ * 1'000'000;
      execute({clients_.begin() + static_cast<std::ptrdiff_t>(idle_), clients_.end()});
      execute(
          {clients_.begin(), clients_.begin() + static_cast<std::ptrdiff_t>(idle_)});  // are they all there?
      std::printf("executed %llu in %.1f s\n", static_cast<unsigned long long>(executed_),
                  static_cast<double>(loop_.now_us() - from_us) / 1e6);
    }
    if (!complaint_.empty()) std::printf("failed: %s\n", complaint_.c_str());
    return complaint_.empty() ? 0 : 1;
  }

 private:
  void execute(std::span<const std::unique_ptr<CrowdClient>> some) {
    under_way_ = some.size();
    for (const auto& client : some) {
      if (complaint_.empty()) client->go_on();
    }
    if (!some.empty() && complaint_.empty()) loop_.run();
  }

  void start_next() { clients_[started_++]->connect(address_); }

  void on_prepared(CrowdClient&) override {
    if (++prepared_ == clients_.size()) return loop_.stop();
    if (started_ < clients_.size()) start_next();
  }

  bool on_executed(CrowdClient&) override {
    ++executed_;
    if (loop_.now_us() < until_us_) return true;
    if (--under_way_ == 0) loop_.stop();
    return false;
  }

  void on_failed(CrowdClient&, const std::string& why) override {
    if (complaint_.empty()) complaint_ = why;
    loop_.stop();
  }

  const std::uint64_t seconds_;
  const std::size_t idle_;
  const Account account_;
  const Address address_;
  Loop loop_;
  std::vector<std::unique_ptr<CrowdClient>> clients_;
  std::size_t started_ = 0;
  std::size_t prepared_ = 0;
  std::size_t under_way_ = 0;
  std::uint64_t executed_ = 0;
  std::uint64_t until_us_ = 0;
  std::string complaint_;
};

int run(int argc, char** argv) {
  bench::Arguments arguments(argc, argv, kUsage);
  const std::string host = arguments.text("host", "127.0.0.1");
  const auto port = static_cast<std::uint16_t>(arguments.number("port", 3306));
  Account account{arguments.text("user", "app"), arguments.text("password", "app"),
                  arguments.text("schema", "test")};
  const std::size_t clients = std::max<std::uint64_t>(1, arguments.number("clients", 100));
  const std::size_t statements = std::max<std::uint64_t>(1, arguments.number("statements", 20));
  const std::uint64_t seconds = arguments.number("seconds", 10);
  const std::size_t idle = arguments.number("idle", 0);
  if (arguments.flag("tls")) account.tls = bench::tls_to_anybody();
  arguments.no_more();
  const auto address = Address::from_ip(host, port);
  if (!address) {
    std::fprintf(stderr, "not an address: %s\n", host.c_str());
    return 2;
  }
  raise_fd_limit();
  return Crowd(clients, idle, statements, seconds, std::move(account), *address).run();
}

}  // namespace
}  // namespace weir::crowd

int main(int argc, char** argv) {
  return weir::crowd::run(argc, argv);
}
