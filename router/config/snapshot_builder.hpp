// How a Snapshot comes about; only for snapshot.cpp. First everything is checked, then parts are built or
// shared.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "router/config/snapshot.hpp"

namespace weir {

class SnapshotBuilder {
 public:
  SnapshotBuilder(Tables tables, Settings settings, std::shared_ptr<const Snapshot> previous);

  Result<std::shared_ptr<const Snapshot>, Complaints> build(ServerStates& states);

 private:
  // Checks, in snapshot_checks*.cpp: they only complain.
  void check_rows();
  void check_settings();
  void check_servers();
  void check_users();
  void check_roles();
  void check_references();
  void check_chains();
  void check_shadowed_rules();
  void check_patterns();
  void check_locking_reads(const RuleSet& rules);
  void error(std::string_view table, std::size_t row, std::string_view column, std::string text);
  void warn(std::string_view table, std::size_t row, std::string_view column, std::string text);

  // Gives complaints about rows the keys of these.
  void name_rows();
  // A collation and a character set that do not fit each other are made to.
  void reconcile_charset();

  std::shared_ptr<const UsersPart> users_part();
  std::map<int, Hostgroup> make_hostgroups(ServerStates& states) const;
  bool same_servers() const;
  std::shared_ptr<const ServersPart> servers_part(ServerStates& states);
  std::shared_ptr<const RulesPart> rules_part();

  Tables tables_;
  Settings settings_;
  std::shared_ptr<const Snapshot> previous_;
  Complaints complaints_;
};

}  // namespace weir
