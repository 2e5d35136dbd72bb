// The modules: what moves together between layers.
#include <algorithm>
#include <array>
#include <cctype>

#include "admin/layers.hpp"
#include "protocol/base/check.hpp"

namespace weir {
namespace {

using namespace std::string_view_literals;

constexpr std::array kServers{
    "mysql_servers"sv,
    "mysql_replication_hostgroups"sv,
    "mysql_group_replication_hostgroups"sv,
    "mysql_galera_hostgroups"sv,
    "mysql_aws_aurora_hostgroups"sv,
    "mysql_hostgroup_attributes"sv,
    "mysql_servers_ssl_params"sv,
};
constexpr std::array kUsers{"mysql_users"sv};
constexpr std::array kRules{"mysql_query_rules"sv, "mysql_query_rules_fast_routing"sv};
constexpr std::array kScheduler{"scheduler"sv};
constexpr std::array kPeers{"proxysql_servers"sv};
constexpr std::array kFirewall{
    "mysql_firewall_whitelist_users"sv,
    "mysql_firewall_whitelist_rules"sv,
    "mysql_firewall_whitelist_sqli_fingerprints"sv,
};
constexpr std::array kRestapi{"restapi_routes"sv};

// In an order in which loading all of them one by one refers to nothing that is yet to come.
constexpr std::array kModules{
    Module{"MYSQL VARIABLES", {}, "mysql-"},
    Module{"ADMIN VARIABLES", {}, "admin-"},
    Module{"MYSQL SERVERS", kServers, {}, true},
    Module{"MYSQL USERS", kUsers},
    Module{"MYSQL QUERY RULES", kRules},
    Module{"MYSQL FIREWALL", kFirewall},
    Module{"SCHEDULER", kScheduler},
    Module{"PROXYSQL SERVERS", kPeers},
    Module{"RESTAPI", kRestapi},
};

}  // namespace

std::span<const Module> modules() {
  return kModules;
}

const Module* find_module(std::string_view name) {
  const auto found = std::ranges::find_if(kModules, [&](const Module& module) {
    return std::ranges::equal(module.name, name, [](unsigned char a, unsigned char b) {
      return std::toupper(a) == std::toupper(b);
    });
  });
  return found == kModules.end() ? nullptr : &*found;
}

bool has_table(const Module& module, std::string_view table) {
  return std::ranges::find(module.tables, table) != module.tables.end();
}

bool Moved::failed() const {
  return std::ranges::any_of(complaints, [](const Complaint& c) { return c.severity == Severity::error; });
}

std::string_view to_text(Layer layer) {
  switch (layer) {
    case Layer::config_file:
      return "config file";
    case Layer::disk:
      return "disk";
    case Layer::memory:
      return "memory";
    case Layer::runtime:
      return "runtime";
  }
  unreachable();
}

}  // namespace weir
