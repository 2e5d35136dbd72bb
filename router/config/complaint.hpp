// What is wrong with a configuration, said so that whoever wrote it can mend it.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace weir {

// error: the configuration is refused as a whole. warning: it is used, and the operator should look. note:
// nothing is wrong, and something remains to be done.
enum class Severity { error, warning, note };

struct Complaint {
  std::string table;    // "mysql_servers", or "global_variables"
  std::size_t row = 0;  // counted from 1; 0 = the table as a whole
  std::string column;   // or the variable's name; may be empty
  std::string text;     // what is wrong, and what is allowed
  Severity severity = Severity::error;
  std::string where{};  // "weir.cnf:12", or empty if no file is involved
  std::string key{};    // what names the row to an operator: "rule_id=10"; may be empty
};

using Complaints = std::vector<Complaint>;

// "weir.cnf:12: mysql_query_rules (rule_id=10), proxy_port: 70000 is not in 0..65535". Without a key the
// number of the row stands in its place: "mysql_users row 3, ...".
std::string to_text(const Complaint& complaint);

}  // namespace weir
