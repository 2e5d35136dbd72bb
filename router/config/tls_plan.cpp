#include "router/config/tls_plan.hpp"

#include <algorithm>

#include "router/config/snapshot.hpp"

namespace weir {

TlsParameters own_parameters(const ServerSslParamsRow& row, const Settings& settings) {
  return {.ca = row.ssl_ca,
          .capath = row.ssl_capath,
          .cert = row.ssl_cert,
          .key = row.ssl_key,
          .crl = row.ssl_crl,
          .crlpath = row.ssl_crlpath,
          .cipher = row.ssl_cipher,
          .version = row.tls_version,
          .verify_host = settings.ssl_p2s_verify_host};
}

TlsParameters usual_parameters(const Settings& settings) {
  return {.ca = settings.ssl_p2s_ca,
          .capath = settings.ssl_p2s_capath,
          .cert = settings.ssl_p2s_cert,
          .key = settings.ssl_p2s_key,
          .crl = settings.ssl_p2s_crl,
          .crlpath = settings.ssl_p2s_crlpath,
          .cipher = settings.ssl_p2s_cipher,
          .version = {},
          .verify_host = settings.ssl_p2s_verify_host};
}

const TlsParameters& TlsPlan::find(const std::string& host, std::uint16_t port,
                                   const std::string& user) const {
  auto row = own.find({host, port, user});
  if (row == own.end()) row = own.find({host, port, {}});
  return row == own.end() ? usual : row->second;
}

int TlsPlan::proxy_header_to(const std::string& host, std::uint16_t port) const {
  const auto found = proxy_headers.find({host, port});
  return found == proxy_headers.end() ? 0 : found->second;
}

TlsPlan tls_plan(const Snapshot& snapshot) {
  const Settings& settings = snapshot.settings();
  TlsPlan plan;
  plan.for_clients = settings.have_ssl;
  plan.usual = usual_parameters(settings);
  for (const ServerSslParamsRow& row : snapshot.tables().servers_ssl_params) {
    plan.own.emplace(TlsPlan::Account{row.hostname, static_cast<std::uint16_t>(row.port), row.username},
                     own_parameters(row, settings));
  }
  for (const ServerRow& row : snapshot.servers_part().rows) {
    if (row.use_ssl) plan.servers.emplace(row.hostname, static_cast<std::uint16_t>(row.port));
  }
  for (const Hostgroup& hostgroup : snapshot.hostgroups()) {
    for (const auto& server : hostgroup.servers) {
      if (server->proxy_header == 0) continue;
      int& version = plan.proxy_headers[{server->hostname, server->port}];
      version = std::max(version, server->proxy_header);
    }
  }
  return plan;
}

}  // namespace weir
