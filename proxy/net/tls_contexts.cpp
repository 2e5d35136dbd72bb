#include "proxy/net/tls_contexts.hpp"

#include "protocol/base/log.hpp"
#include "proxy/net/tls_context.hpp"

namespace weir {

TlsContexts::TlsContexts(TlsPlan plan, std::shared_ptr<const TlsContext> clients, const TlsContexts* previous)
    : plan_(std::move(plan)), clients_(std::move(clients)) {
  if (plan_.servers.empty()) return;
  make_way(plan_.usual, previous);
  for (const auto& [account, parameters] : plan_.own) make_way(parameters, previous);
}

void TlsContexts::make_way(const TlsParameters& parameters, const TlsContexts* previous) {
  if (ways_.contains(parameters)) return;
  if (previous != nullptr) {
    const auto known = previous->ways_.find(parameters);
    if (known != previous->ways_.end() && known->second.context) {
      ways_.emplace(parameters, known->second);
      return;
    }
  }
  auto made = TlsContext::for_servers(parameters);
  if (!made) log::error("TLS towards servers cannot be set up so", {{"error", made.error()}});
  ways_.emplace(parameters, made ? Way{*made, {}} : Way{nullptr, made.error()});
}

std::string TlsContexts::first_error() const {
  for (const auto& [parameters, way] : ways_) {
    if (!way.context) return way.error;
  }
  return {};
}

const TlsContexts::Way& TlsContexts::to_server(const std::string& host, std::uint16_t port,
                                               const std::string& user) const {
  static const Way kNone{nullptr, "TLS has not been set up"};
  const auto way = ways_.find(plan_.find(host, port, user));
  return way == ways_.end() ? kNone : way->second;
}

}  // namespace weir
