// With what TLS begins, on all ports and towards all servers, in one configuration. Immutable: loops of
// several threads share one.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "router/config/tls_plan.hpp"

namespace weir {

class TlsContext;

class TlsContexts {
 public:
  // Towards servers.
  struct Way {
    std::shared_ptr<const TlsContext> context{};  // null: there is none, and so no connection
    std::string error{};                          // why not
  };

  TlsContexts() = default;  // nobody is offered TLS, and no server is reached by it
  // `clients` may be null. Contexts towards servers are those of `previous` (may be null) where their
  // parameters are the same; others are made, which reads files. What cannot be made is logged.
  TlsContexts(TlsPlan plan, std::shared_ptr<const TlsContext> clients, const TlsContexts* previous);

  // What clients are met with; null = TLS is not offered.
  const std::shared_ptr<const TlsContext>& for_clients() const { return clients_; }
  // Never plain: a way without context is an error.
  const Way& to_server(const std::string& host, std::uint16_t port, const std::string& user) const;
  // Whether any hostgroup reaches it by TLS: then those that belong to none do, too.
  bool wanted_by(const std::string& host, std::uint16_t port) const {
    return plan_.servers.contains({host, port});
  }

  // Of the ways towards servers; empty: there is none.
  std::string first_error() const;

  const TlsPlan& plan() const { return plan_; }

 private:
  void make_way(const TlsParameters& parameters, const TlsContexts* previous);

  TlsPlan plan_;
  std::shared_ptr<const TlsContext> clients_;
  std::map<TlsParameters, Way> ways_;
};

}  // namespace weir
