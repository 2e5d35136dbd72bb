// What the checks of the monitor and CHECK TOPOLOGY make of answers, whatever servers say in them.
// Input: results as `mysql --batch` prints them, with an empty line between them. Each is read as an answer
// to every question; in their order they are the answers of servers of a topology, too.
#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "monitor/check.hpp"
#include "monitor/cluster_rows.hpp"
#include "monitor/replication_rows.hpp"
#include "monitor/routine_rows.hpp"
#include "monitor/topology/verdicts.hpp"
#include "protocol/base/bytes.hpp"
#include "tests/fuzz/require.hpp"
#include "tests/support/query_answer.hpp"

namespace {

using namespace weir;

constexpr double kNowS = 1.8e9;
constexpr std::size_t kMostColumns = 80, kMostRows = 64, kMostServers = 8;

// What stands before `separator`; `rest` goes on behind it.
std::string_view take_until(std::string_view& rest, std::string_view separator) {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view taken = rest.substr(0, end);
  rest.remove_prefix(std::min(end + separator.size(), rest.size()));
  return taken;
}

std::vector<std::string_view> fields_of(std::string_view line, std::size_t most) {
  std::vector<std::string_view> fields;
  do {
    fields.push_back(take_until(line, "\t"));
  } while (!line.empty() && fields.size() < most);
  return fields;
}

SimpleQuery answer_of(std::string_view text) {
  const std::vector<std::string_view> heads = fields_of(take_until(text, "\n"), kMostColumns);
  const std::vector<std::string> columns(heads.begin(), heads.end());
  std::vector<std::vector<std::optional<std::string>>> rows;
  while (!text.empty() && rows.size() < kMostRows) {
    auto& row = rows.emplace_back();
    for (const std::string_view field : fields_of(take_until(text, "\n"), columns.size())) {
      row.push_back(field == "NULL" ? std::nullopt : std::optional<std::string>(field));
    }
    row.resize(columns.size());
  }
  return test::query_answer(columns, rows);
}

void read_links(const SimpleQuery& answer) {
  const auto state = to_links(answer, LinkDetail::state), all = to_links(answer, LinkDetail::all);
  fuzz::require(state.size() == answer.rows().size() && all.size() == state.size(), "a row is a link");
  for (std::size_t i = 0; i < all.size(); ++i) {
    fuzz::require(!state[i].lag_s || std::abs(*state[i].lag_s) <= kLargestNumber, "a lag is a number");
    fuzz::require(state[i].source == all[i].source && state[i].io == all[i].io &&
                      state[i].sql == all[i].sql && state[i].lag_s == all[i].lag_s,
                  "both looks see the same");
  }
}

void read_members(const SimpleQuery& answer) {
  if (const auto galera = to_galera_reading(answer)) {
    fuzz::require(galera->state >= 0 && galera->state <= 99, "a state is one of few");
    fuzz::require(galera->recv_queue >= 0, "a queue is as long as it is");
  }
  fuzz::require(to_group_reading(answer).behind >= 0, "a queue is as long as it is");
}

void read_checks(const SimpleQuery& answer) {
  for (const CheckSpec& check : all_checks()) {
    if (check.read == nullptr) continue;
    Observation seen;
    const bool understood = check.read(answer, seen).empty();
    fuzz::require(understood == (seen.read_only || seen.replication || seen.position || seen.member),
                  "an answer says something, or why it does not");
    const double lag_s = seen.replication ? seen.replication->lag_s.value_or(0) : 0;
    fuzz::require(lag_s >= 0 && lag_s <= kLargestNumber, "no server is ahead of its source");
  }
}

void read_functions(const SimpleQuery& answer) {
  for (const StoredFunction& function : to_functions(answer.rows())) {
    shown_query(function);
    shown_verdict(function, answer.rows());
  }
  fuzz::require(to_names(answer.rows()).size() <= answer.rows().size(), "a row is a name at most");
}

void look_at(std::vector<ServerPortrait> portraits) {
  const ConfiguredServers configured{
      {{"s0", 3306}, {.hostgroups = {0}, .reader_hostgroup = 1}},
      {{"s1", 3306}, {.hostgroups = {1}, .reader_hostgroup = 1, .lag_limit_s = 10}}};
  const Topology topology(std::move(portraits), configured, {});
  const std::size_t servers = topology.servers().size();
  std::vector<bool> drawn(servers);
  for (const TreeRow& row : draw(topology)) drawn.at(row.server) = true;
  for (const bool is_there : drawn) fuzz::require(is_there, "every server is in the tree");
  for (const TopologyEdge& edge : topology.edges()) {
    fuzz::require(edge.replica < servers && edge.source < servers, "both ends of an edge are there");
    topology.behind(edge);
  }
  const auto findings = check_topology(topology);
  fuzz::require(!findings.empty() && findings.back().item == "overall", "there is a verdict");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  std::string_view rest = as_text(Bytes(input, size));
  std::vector<ServerPortrait> portraits;
  const auto questions = portrait_questions();
  for (std::size_t asked = 0; !rest.empty() && portraits.size() < kMostServers; ++asked) {
    const SimpleQuery answer = answer_of(take_until(rest, "\n\n"));
    read_links(answer);
    read_members(answer);
    read_functions(answer);
    read_checks(answer);
    if (asked % questions.size() == 0)
      portraits.emplace_back().host = {"s" + std::to_string(portraits.size()), 3306};
    ServerPortrait& portrait = portraits.back();
    questions[asked % questions.size()].read(answer, portrait);
    portrait.later_position = to_position(answer);
    if (portrait.server_time_s) portrait.clock_ahead_s = *portrait.server_time_s - kNowS;
  }
  look_at(std::move(portraits));
  return 0;
}
