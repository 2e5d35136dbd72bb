#include "proxy/query_log/statement_log.hpp"

namespace weir {

void StatementLog::write(const QueryEvent& event) {
  line_.clear();
  lines_.append(line_, event, query_limit_);
  if (ring_.put(line_)) {
    stats_.query_log_lines.add();
  } else {
    stats_.query_log_dropped.add();
  }
  if (ring_.half_full()) log_.hurry();
}

}  // namespace weir
