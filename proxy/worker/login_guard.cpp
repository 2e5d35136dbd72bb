#include "proxy/worker/login_guard.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace weir {
namespace {

constexpr std::size_t kMaxNameBytes = 80;  // nobody's is longer; a hostile one is no reason to keep it

double left_of(double failures, Millis passed_ms) {
  return failures * std::exp2(-static_cast<double>(passed_ms) / static_cast<double>(LoginGuard::kHalfLifeMs));
}

}  // namespace

std::string LoginGuard::network_of(std::string_view address) {
  if (address.find(':') == std::string_view::npos) return std::string(address);
  in6_addr parsed{};
  if (inet_pton(AF_INET6, std::string(address).c_str(), &parsed) != 1) return std::string(address);
  if (IN6_IS_ADDR_V4MAPPED(&parsed)) return std::string(address);
  std::memset(parsed.s6_addr + 8, 0, 8);
  char text[INET6_ADDRSTRLEN];
  return fmt::format("{}/64", inet_ntop(AF_INET6, &parsed, text, sizeof text));
}

// No user's name is in the key of an address as anybody: it has no NUL.
std::string LoginGuard::key_of(std::string_view address, std::string_view user) {
  std::string key = network_of(address);
  key.push_back('\0');
  return key.append(user.substr(0, kMaxNameBytes));
}

LoginGuard::Verdict LoginGuard::judge_one(const std::string& key, std::int64_t allowed, Instant now) const {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return {};
  const Entry& entry = found->second;
  const double beyond = left_of(entry.failures, now - entry.at) - static_cast<double>(allowed);
  if (beyond < 0) return {};
  if (entry.waiting >= kMaxWaiting) return {.refused = true};
  const double wait_ms = static_cast<double>(kFirstWaitMs) * std::exp2(std::min(beyond, 10.0));
  return {.wait_ms = std::min(static_cast<Millis>(wait_ms), kMaxWaitMs)};
}

LoginGuard::Verdict LoginGuard::judge(std::string_view address, std::string_view user, std::int64_t allowed,
                                      Instant now) {
  if (address.empty() || allowed == 0) return {};
  const std::string as_user = key_of(address, user);
  const std::string as_anybody = network_of(address);
  const std::lock_guard lock(mutex_);
  const Verdict one = judge_one(as_user, allowed, now);
  const Verdict all = judge_one(as_anybody, allowed * kAddressFactor, now);
  if (one.refused || all.refused) return {.refused = true};
  const Verdict verdict{.wait_ms = std::max(one.wait_ms, all.wait_ms)};
  if (verdict.wait_ms == 0) return verdict;
  for (const auto* key : {&as_user, &as_anybody}) {
    if (const auto found = entries_.find(*key); found != entries_.end()) ++found->second.waiting;
  }
  return verdict;
}

bool LoginGuard::refuses_everybody_of(std::string_view address, std::int64_t allowed, Instant now) const {
  if (address.empty() || allowed == 0) return false;
  const std::lock_guard lock(mutex_);
  return !entries_.empty() && judge_one(network_of(address), allowed * kAddressFactor, now).refused;
}

void LoginGuard::ended_wait(std::string_view address, std::string_view user) {
  const std::lock_guard lock(mutex_);
  for (const std::string& key : {key_of(address, user), network_of(address)}) {
    const auto found = entries_.find(key);
    if (found != entries_.end() && found->second.waiting > 0) --found->second.waiting;
  }
}

void LoginGuard::note_failure(std::string_view address, std::string_view user, Instant now) {
  if (address.empty()) return;
  const std::lock_guard lock(mutex_);
  count(key_of(address, user), now);
  count(network_of(address), now);
  while (entries_.size() > kMaxEntries) forget_oldest();
}

void LoginGuard::count(const std::string& key, Instant now) {
  const auto [found, is_new] = entries_.try_emplace(key);
  Entry& entry = found->second;
  if (is_new) {
    entry.place = by_age_.insert(by_age_.end(), &found->first);
  } else {
    by_age_.splice(by_age_.end(), by_age_, entry.place);
  }
  entry.failures = left_of(entry.failures, now - entry.at) + 1;
  entry.at = now;
}

void LoginGuard::forget_oldest() {
  const auto oldest = entries_.find(*by_age_.front());
  by_age_.pop_front();
  entries_.erase(oldest);
}

std::size_t LoginGuard::entries() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

}  // namespace weir
