// How a Snapshot comes about; only for snapshot.cpp. First everything is checked, then parts are built or
// shared.
#pragma once

#include <initializer_list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "router/config/snapshot.hpp"

namespace weir {

class SnapshotBuilder {
 public:
  SnapshotBuilder(Tables tables, Settings settings, std::shared_ptr<const Snapshot> previous);

  Result<std::shared_ptr<const Snapshot>, Complaints> build(ServerStates& states);
  static std::shared_ptr<const Snapshot> overlaid(const Snapshot& previous, ServerOverlay overlay,
                                                  ServerStates& states);

 private:
  // Checks, in snapshot_checks*.cpp: they only complain.
  void check_rows();
  template <class Row>
  void check_rows_of(const TableSpec<Row>& spec, const std::vector<Row>& rows, Complaints& complaints) const;
  void check_settings();
  void check_query_log();
  void check_servers();
  void check_users();
  void check_user_attributes(const UserRow& row, std::size_t number);
  void check_roles();
  void check_memberships();
  void check_hostgroup_settings();
  void check_references();
  void check_chains();
  void check_shadowed_rules();
  void check_patterns();
  void check_digest_expressions();
  void check_rule_users();
  void check_locking_reads(const RuleSet& rules);
  void check_writes_to_readers(const RuleSet& rules);
  void error(std::string_view table, std::size_t row, std::string_view column, std::string text);
  void warn(std::string_view table, std::size_t row, std::string_view column, std::string text);
  void warn_of_rule(std::int64_t rule_id, std::string_view column, std::string text);

  // Gives complaints about rows the keys of these.
  void name_rows();
  // A collation and a character set that do not fit each other are made to.
  void reconcile_charset();

  std::shared_ptr<const UsersPart> users_part();
  // Runs a check of rows, or takes what it found in previous_ if it would find the `same`.
  template <class Check>
  void check_unless(bool same, std::string_view name, Check check);
  // Whether the rows of all of these are those of previous_.
  bool unchanged(std::initializer_list<std::string_view> tables) const;
  std::shared_ptr<const ServersPart> servers_part(const ServerOverlay& overlay, ServerStates& states);
  // That of previous_, and what holds newcomers back.
  std::shared_ptr<const ServerOverlay> overlay() const;
  std::shared_ptr<const RulesPart> rules_part();

  Tables tables_;
  Settings settings_;
  std::shared_ptr<const Snapshot> previous_;
  std::set<std::string_view> unchanged_;
  Complaints complaints_;
  std::map<std::string_view, Complaints> row_warnings_;
};

}  // namespace weir
