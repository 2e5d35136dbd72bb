#include <map>

#include "admin/stats/stat_table.hpp"
#include "admin/stats/tables.hpp"
#include "proxy/worker/fleet.hpp"

namespace weir {
namespace {

struct UserLogins {
  std::string username;
  std::int64_t connections = 0;
  std::int64_t max_connections = 0;
};

constexpr StatColumn<UserLogins> kColumns[] = {
    {"username", "VARCHAR NOT NULL PRIMARY KEY", [](const UserLogins& u) { return to_cell(u.username); },
     "The user."},
    {"frontend_connections", "INT NOT NULL", [](const UserLogins& u) { return to_cell(u.connections); },
     "Its clients that are logged in."},
    {"frontend_max_connections", "INT NOT NULL",
     [](const UserLogins& u) { return to_cell(u.max_connections); }, "How many may be."},
};

constexpr StatTable<UserLogins> kTable{"stats_mysql_users", "Clients by user.", kColumns};

// Users that were removed while clients of theirs are logged in are there, too.
std::vector<UserLogins> users(StatsSources& sources) {
  std::map<std::string, UserLogins> by_name;
  for (const auto& [name, user] : sources.snapshot()->users_part().users) {
    if (user.frontend) by_name[name] = {name, 0, user.max_connections};
  }
  if (const Fleet* fleet = sources.fleet()) {
    for (const auto& [name, count] : fleet->logins_by_user()) {
      by_name[name].username = name;
      by_name[name].connections = count;
    }
  }
  std::vector<UserLogins> users;
  for (auto& [name, user] : by_name) users.push_back(std::move(user));
  return users;
}

}  // namespace

std::vector<LiveTable> user_tables(Store&, StatsSources& sources) {
  return {live_table(kTable, [&sources] { return users(sources); })};
}

}  // namespace weir
