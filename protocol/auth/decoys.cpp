#include "protocol/auth/decoys.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <map>
#include <string>

#include "protocol/auth/digest.hpp"
#include "protocol/auth/scramble.hpp"

namespace weir {
namespace {

// Kind and cost of each secret.
using Kinds = std::vector<std::pair<StoredSecret::Kind, unsigned>>;

Kinds kinds_of(const Account& account) {
  Kinds kinds;
  for (const AccountSecret& secret : account.secrets)
    kinds.emplace_back(secret.stored.kind, sha2_kilorounds(secret.stored));
  return kinds;
}

Account unknown_account(const Kinds& kinds) {
  Account account;
  for (const auto& [kind, kilorounds] : kinds) account.secrets.push_back({unknown_secret(kind, kilorounds)});
  return account;
}

std::string name_of(const Kinds& kinds) {
  std::string name;
  for (const auto& [kind, kilorounds] : kinds)
    name += std::to_string(static_cast<int>(kind)) + ',' + std::to_string(kilorounds) + ';';
  return name;
}

// Above 0, up to 1; anything as likely as anything else, and always the same for the same two.
double chance_of(std::string_view user, std::string_view shape) {
  static const Scramble kKey = random_scramble();
  const Sha256 of_user = sha256({kKey, as_bytes(user)});
  const Sha256 digest = sha256({of_user, as_bytes(shape)});
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < sizeof number; ++i) number = number << 8 | digest[i];
  return (static_cast<double>(number >> 11) + 1) / static_cast<double>(std::uint64_t{1} << 53);
}

}  // namespace

Decoys::Decoys() : Decoys(std::span<const Account>{}) {}

Decoys::Decoys(std::span<const Account> accounts) {
  std::map<Kinds, std::size_t> counts;
  for (const Account& account : accounts) {
    if (account.has_password()) ++counts[kinds_of(account)];
  }
  if (counts.empty()) counts[{{StoredSecret::Kind::plain, 0}}] = 1;
  for (const auto& [kinds, count] : counts) {
    const auto weight = static_cast<double>(std::bit_ceil(count));
    shapes_.push_back({.account = unknown_account(kinds), .name = name_of(kinds), .weight = weight});
  }
}

const Account& Decoys::find(std::string_view user) const {
  const auto distance = [user](const Shape& shape) {
    return -std::log(chance_of(user, shape.name)) / shape.weight;
  };
  return std::ranges::min_element(shapes_, {}, distance)->account;
}

const Account& Decoys::like(const Account& account, const Account& of_name) const {
  const auto shape = std::ranges::find(shapes_, name_of(kinds_of(account)), &Shape::name);
  return account.has_password() && shape != shapes_.end() ? shape->account : of_name;
}

}  // namespace weir
