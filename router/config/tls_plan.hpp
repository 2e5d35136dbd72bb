// Which servers are reached by TLS, and how: what mysql_servers, mysql_servers_ssl_params and mysql-ssl_p2s_*
// say together; and which want a PROXY header before that. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "router/config/tls_parameters.hpp"

namespace weir {

class Snapshot;
struct Settings;
struct ServerSslParamsRow;

struct TlsPlan {
  using Account = std::tuple<std::string, std::uint16_t, std::string>;  // host, port, user; no user = all

  bool for_clients = false;                                            // TLS is offered
  TlsParameters usual;                                                 // of servers without a row
  std::map<Account, TlsParameters> own;                                // of those with one
  std::set<std::pair<std::string, std::uint16_t>> servers;             // that any hostgroup has with use_ssl
  std::map<std::pair<std::string, std::uint16_t>, int> proxy_headers;  // versions, of those that get one

  // Of the PROXY header with which a connection to it begins that is no hostgroup's; 0: there is none.
  int proxy_header_to(const std::string& host, std::uint16_t port) const;
  // The most specific that there is: of the server and the user, of the server, the usual ones.
  const TlsParameters& find(const std::string& host, std::uint16_t port, const std::string& user) const;

  bool operator==(const TlsPlan&) const = default;
};

TlsPlan tls_plan(const Snapshot& snapshot);
// What mysql-ssl_p2s_* say.
TlsParameters usual_parameters(const Settings& settings);
// What a row says. It stands by itself: what it leaves empty is not filled from the usual ones.
TlsParameters own_parameters(const ServerSslParamsRow& row, const Settings& settings);

}  // namespace weir
