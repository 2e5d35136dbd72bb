#include "monitor/replication_rows.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "protocol/base/number_text.hpp"

namespace weir {
namespace {

constexpr std::array<std::string_view, 3> kStatusForms{"SHOW ALL SLAVES STATUS", "SHOW REPLICA STATUS",
                                                       "SHOW SLAVE STATUS"};

constexpr std::array<std::string_view, 2> kPositionForms{
    "SELECT @@global.gtid_executed AS gtid_executed",
    "SELECT @@global.gtid_binlog_state AS binlog_state, @@global.gtid_slave_pos AS slave_pos"};

// Columns by their names before MySQL 8.0.22, and MariaDB's; MySQL's later ones have other words in them.
class StatusRow {
 public:
  StatusRow(const SimpleQuery& answer, std::size_t row) : answer_(answer), row_(row) {}

  std::optional<std::string_view> find(std::string_view old_name) const {
    if (const auto value = answer_.find_value(row_, old_name)) return value;
    return answer_.find_value(row_, renamed(old_name));
  }
  std::string text(std::string_view old_name) const { return std::string(find(old_name).value_or("")); }
  std::uint32_t number(std::string_view old_name) const {
    const double value = to_number(find(old_name)).value_or(0);
    return value < 0 || value > 4294967295.0 ? 0 : static_cast<std::uint32_t>(value);
  }

 private:
  static std::string renamed(std::string_view old_name) {
    std::string name(old_name);
    for (const auto& [from, to] : {std::pair{"Master", "Source"}, std::pair{"Slave", "Replica"}}) {
      if (const auto at = name.find(from); at != std::string::npos)
        name.replace(at, std::string_view(from).size(), to);
    }
    return name;
  }

  const SimpleQuery& answer_;
  const std::size_t row_;
};

// Which columns there are depends on the server. Not a filter of transactions is what names servers only.
std::vector<std::string> filters_of(const SimpleQuery& answer, std::size_t row) {
  std::vector<std::string> filters;
  for (const std::string& column : answer.columns()) {
    if (!column.starts_with("Replicate_") || column == "Replicate_Ignore_Server_Ids") continue;
    const auto value = answer.find_value(row, column);
    if (value && !value->empty()) filters.push_back(fmt::format("{}={}", column, *value));
  }
  return filters;
}

ReplicationLink to_link(const SimpleQuery& answer, std::size_t row, LinkDetail detail) {
  const StatusRow status(answer, row);
  ReplicationLink link;
  if (std::string host = status.text("Master_Host"); !host.empty()) {
    const std::uint32_t port = status.number("Master_Port");
    link.source = {std::move(host), static_cast<std::uint16_t>(port == 0 || port > 65535 ? 3306 : port)};
  }
  link.io = {status.text("Slave_IO_Running"), status.number("Last_IO_Errno"), status.text("Last_IO_Error")};
  link.sql = {status.text("Slave_SQL_Running"), status.number("Last_SQL_Errno"),
              status.text("Last_SQL_Error")};
  link.lag_s = to_number(status.find("Seconds_Behind_Master"));
  if (detail == LinkDetail::state) return link;
  link.channel = status.text(status.find("Channel_Name") ? "Channel_Name" : "Connection_name");
  link.source_uuid = status.text("Master_UUID");
  link.source_server_id = status.number("Master_Server_Id");
  link.delay_s = status.number("SQL_Delay");
  const std::string using_gtid = status.text("Using_Gtid");
  link.by_gtid = (!using_gtid.empty() && using_gtid != "No") || status.text("Auto_Position") == "1";
  if (const std::string file = status.text("Relay_Master_Log_File"); !file.empty())
    link.applied = fmt::format("{}:{}", file, status.text("Exec_Master_Log_Pos"));
  link.filters = filters_of(answer, row);
  return link;
}

}  // namespace

std::span<const std::string_view> replication_status_forms() {
  return kStatusForms;
}

std::vector<ReplicationLink> to_links(const SimpleQuery& answer, LinkDetail detail) {
  std::vector<ReplicationLink> links;
  for (std::size_t row = 0; row < answer.rows().size(); ++row) links.push_back(to_link(answer, row, detail));
  return links;
}

std::span<const std::string_view> position_forms() {
  return kPositionForms;
}

std::optional<GtidSet> to_position(const SimpleQuery& answer) {
  if (const auto executed = answer.find_value(0, "gtid_executed")) return GtidSet::from_mysql(*executed);
  auto position = GtidSet::from_mariadb(answer.find_value(0, "binlog_state").value_or(""));
  const auto applied = GtidSet::from_mariadb(answer.find_value(0, "slave_pos").value_or(""));
  if (position && applied) position->merge(*applied);
  return position;
}

std::optional<double> to_number(std::optional<std::string_view> text) {
  const auto number = text ? to_double(*text) : std::nullopt;
  return number && std::abs(*number) <= kLargestNumber ? number : std::nullopt;
}

}  // namespace weir
