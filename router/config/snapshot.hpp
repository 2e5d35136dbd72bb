// The configuration in force: complete, checked, immutable.
//
// Workers hold a plain pointer to the current Snapshot and swap it between two turns; a pointer taken out of
// it lives until the end of the current turn (or as long as a shared_ptr to the Snapshot, or to a Server, is
// held). What changes at run time (health, permits) hangs off the servers and survives: ServerState.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "protocol/auth/decoys.hpp"
#include "protocol/base/result.hpp"
#include "router/backend/hostgroup.hpp"
#include "router/backend/server_overlay.hpp"
#include "router/config/complaint.hpp"
#include "router/config/settings.hpp"
#include "router/config/tables.hpp"
#include "router/config/user_attributes.hpp"
#include "router/rules/rule_set.hpp"

namespace weir {

// An account, from its row or rows of mysql_users. Only active ones.
struct User {
  std::string username;
  std::string password;          // what clients prove: clear text, *HEX or $A$005$...; empty = none
  std::string backend_password;  // what we prove to servers, in the same forms
  // While they change: others that are as good (attributes: additional_password); empty = none.
  std::string additional_password;
  std::string backend_additional_password;
  bool frontend = false;  // clients may log in with it
  bool backend = false;   // servers take it
  bool use_ssl = false;
  int default_hostgroup = 0;
  std::string default_schema;  // empty = mysql-default_schema
  bool transaction_persistent = true;
  bool fast_forward = false;
  std::int64_t max_connections = 0;
  UserAttributes attributes;
  Account account;  // what clients log in with: the password in force first
};

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
};

// The parts of a Snapshot: what the rows mean.
struct UsersPart {
  Decoys decoys;  // for clients who name none of them
  std::unordered_map<std::string, User, TextHash, std::equal_to<>> users;
};
struct ServersPart {
  std::vector<Hostgroup> hostgroups;  // by id
  std::vector<HostgroupPair> pairs;   // by writer
  std::vector<ServerRow> rows;        // of the servers, in force: what runtime_mysql_servers shows
};
struct RulesPart {
  RuleSet rules;        // the active ones, compiled
  Complaints warnings;  // of compiling them
};

class Snapshot {
 public:
  std::uint64_t version() const { return version_; }
  // The version in which its servers were loaded: decisions of the monitor, which come on top, leave that as
  // it is, and so does a LOAD of other things.
  std::uint64_t loaded_as() const { return loaded_as_; }
  const Settings& settings() const { return *settings_; }
  // All rows as they were written, also of tables that nothing acts on: what the runtime_ tables show.
  const Tables& tables() const { return *tables_; }
  // What the monitor has decided on top of them.
  const ServerOverlay& overlay() const { return *overlay_; }
  // What was accepted, but deserves a look.
  const Complaints& warnings() const { return warnings_; }

  // None of these allocates. Null = there is none.
  const User* find_user(std::string_view username) const noexcept;
  const Hostgroup* find_hostgroup(int id) const noexcept;
  const HostgroupPair* pair_of(int writer_hostgroup) const noexcept;
  const HostgroupPair* pair_of_reader(int reader_hostgroup) const noexcept;
  // The server that has this state, or null if the configuration no longer has it.
  const Server* find_server(const ServerState& state) const noexcept;

  std::span<const Hostgroup> hostgroups() const { return servers_->hostgroups; }
  const RuleSet& rules() const { return rules_->rules; }
  const UsersPart& users_part() const { return *users_; }
  const std::shared_ptr<const UsersPart>& shared_users_part() const { return users_; }
  const ServersPart& servers_part() const { return *servers_; }
  const RulesPart& rules_part() const { return *rules_; }

 private:
  friend class SnapshotBuilder;
  Snapshot() = default;

  std::uint64_t version_ = 0;
  std::uint64_t loaded_as_ = 0;
  std::shared_ptr<const Settings> settings_;
  std::shared_ptr<const Tables> tables_;
  std::shared_ptr<const ServerOverlay> overlay_ = std::make_shared<const ServerOverlay>();
  std::shared_ptr<const UsersPart> users_;
  std::shared_ptr<const ServersPart> servers_;
  std::shared_ptr<const RulesPart> rules_;
  Complaints warnings_;
  std::map<std::string_view, Complaints> row_warnings_;  // by table: of each row by itself
};

// Checks everything and builds a Snapshot, or returns all errors (and the warnings) and builds nothing. Parts
// whose rows equal those of `previous` (may be null) are shared with it. Servers keep their ServerState from
// `states`; building a new servers part brings shunned servers back. The monitor's decisions are those of
// `previous`, and hold back what is new among the writers (newcomers.hpp). Not on a worker's thread.
Result<std::shared_ptr<const Snapshot>, Complaints> build_snapshot(
    Tables tables, Settings settings, ServerStates& states, const std::shared_ptr<const Snapshot>& previous);

// The configuration of `previous` with other decisions of the monitor. Quick, for nothing is to be checked.
std::shared_ptr<const Snapshot> with_overlay(const Snapshot& previous, ServerOverlay overlay,
                                             ServerStates& states);

}  // namespace weir
