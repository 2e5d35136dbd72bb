// Whoever asks a server by a probe, for tests: counts what comes back.
#pragma once

#include <optional>
#include <string>

#include "monitor/server_probe.hpp"
#include "tests/component/net/net_support.hpp"
#include "tests/support/scripted_server.hpp"

namespace weir::test {

struct ProbeAsker final : ProbeEvents {
  void on_probe_answer(ServerProbe&) noexcept override {
    ++answers;
    if (const auto act = when_told) act();
  }
  void on_probe_failed(ServerProbe&, const ProbeFailure& why) noexcept override {
    ++failures;
    failure = why;
    if (const auto act = when_told) act();
  }
  int told() const { return answers + failures; }

  int answers = 0, failures = 0;
  ProbeFailure failure;
  std::function<void()> when_told;
};

inline Credentials account_with(std::string password) {
  Credentials credentials;
  credentials.user = "monitor";
  credentials.cleartext = std::move(password);
  return credentials;
}
inline Credentials monitor_account() {
  return account_with("monitor");
}
inline Endpoint endpoint_of(const ScriptedServer& server) {
  return {"127.0.0.1", server.port(), ""};
}

}  // namespace weir::test
