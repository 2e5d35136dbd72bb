// MySQL's system variables, as far as clients ask for them: what @@name and SHOW VARIABLES LIKE 'name' are
// answered. Rows in system_variables.cpp. Admin thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "admin/executor.hpp"
#include "admin/reply.hpp"
#include "admin/store.hpp"

namespace weir {

// The value of `name` ("max_allowed_packet", "mysql-threads", "Uptime"; with or without "global." before it,
// in any case): one of MySQL's variables, else a configuration variable in memory, else a counter. Nothing if
// it is none of them, or not for the eyes of a stats account.
Cell system_variable(Store& store, const AdminSession& session, std::string_view name);

// MySQL's variables with their values, by name.
std::vector<Row> system_variables(Store& store);

// `name` is a variable that a client may set for its session, which changes nothing here.
bool is_session_variable(std::string_view name);

}  // namespace weir
