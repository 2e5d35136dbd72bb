#include "admin/route_explainer.hpp"

#include <algorithm>

#include "proxy/net/address.hpp"
#include "proxy/session/accounts.hpp"
#include "proxy/worker/fleet.hpp"
#include "router/rules/explain_route.hpp"
#include "router/rules/route_configuration.hpp"

namespace weir {
namespace {

// Functions are known by the servers that the workers have met; the first worker meets all of them.
Analyzer analyzer_of_workers(Fleet* fleet) {
  if (fleet == nullptr) return {};
  return fleet->collect<Analyzer>([](Worker& worker) { return worker.analyzer(); }).front();
}

bool learned_as_write(Fleet* fleet, std::uint64_t digest) {
  if (fleet == nullptr) return false;
  const auto known = fleet->collect<int>([digest](Worker& worker) {
    return worker.learned_writes().contains(digest, worker.loop().now()) ? 1 : 0;
  });
  return std::ranges::find(known, 1) != known.end();
}

// As if the client had come by the first TCP address of mysql-interfaces.
void come_by_first_listener(RouteInput& input, const std::vector<Endpoint>& listeners) {
  for (const Endpoint& listener : listeners) {
    if (listener.is_path()) continue;
    const bool any_address =
        listener.host.empty() || listener.host == "*" || listener.host == "0.0.0.0" || listener.host == "::";
    if (!any_address) input.proxy_addr = listener.host;
    input.proxy_port = listener.port;
    return;
  }
}

}  // namespace

Result<RouteTrace, std::string> explain_route_for(StatsSources& sources, const RouteQuestion& question,
                                                  Instant now) {
  const std::shared_ptr<const Snapshot> snapshot = sources.snapshot();
  const Settings& settings = snapshot->settings();
  const User* user = snapshot->find_user(question.user);
  if (user == nullptr || !user->frontend) {
    return std::unexpected("no client can log in as '" + std::string(question.user) +
                           "': runtime_mysql_users has no such active frontend user");
  }
  std::string client_address;  // as sessions have it; empty: it comes by a Unix socket
  if (!question.client_address.empty()) {
    const auto address = Address::from_ip(question.client_address, 0);
    if (!address)
      return std::unexpected(
          "FROM '" + std::string(question.client_address) +
          "': it needs a numeric address, such as '10.1.2.3' or 'fd00::1', or '' for a Unix "
          "socket");
    client_address = address->ip();
  }
  SessionState wants;
  wants.start(user->username, question.schema.value_or(schema_after_login(*user, settings)),
              default_collation(settings));
  Analyzer analyzer = analyzer_of_workers(sources.fleet());
  const NameScope names{.writer_hostgroup = user->default_hostgroup, .schema = wants.schema()};
  const Statement& statement =
      analyzer.begin(question.sql, wants.lex_mode(), digest_options(settings), names);
  if (statement.kind == StatementKind::empty) return std::unexpected("there is no statement to explain");

  RouteInput input{.analyzer = analyzer};
  input.username = wants.user();
  input.schema = wants.schema();
  input.client_addr = client_address;
  const auto listeners = parse_endpoints(settings.interfaces);
  if (listeners) come_by_first_listener(input, *listeners);
  input.may_rewrite = true;
  input.fast_forward = user->fast_forward;
  apply_configuration(input, *snapshot, user->default_hostgroup, user->attributes);
  const RouteScene scene{.snapshot = *snapshot,
                         .wants = wants,
                         .now = now,
                         .learned_as_write = [&sources](std::uint64_t digest) {
                           return learned_as_write(sources.fleet(), digest);
                         }};
  RouteTrace trace;
  explain_route(input, scene, trace);
  return trace;
}

}  // namespace weir
