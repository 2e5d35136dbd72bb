#include "proxy/process/tls_part.hpp"

#include <unistd.h>

#include <array>
#include <ctime>
#include <fstream>
#include <map>
#include <system_error>
#include <utility>

#include "admin/durable_file.hpp"
#include "protocol/base/log.hpp"
#include "proxy/net/tls_certificate.hpp"
#include "proxy/net/tls_context.hpp"
#include "router/config/table_spec.hpp"
#include "router/config/tables.hpp"

namespace weir {
namespace {

constexpr std::int64_t kDay = 86400;
constexpr std::int64_t kValid = 3650 * kDay;
constexpr std::int64_t kClocksDiffer = 2 * kDay;
constexpr std::int64_t kTellBefore = 14 * kDay;

std::string this_host() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 && name[0] != 0 ? name.data() : "localhost";
}

Result<void, std::string> write_file(const std::string& path, const std::string& text) {
  const std::string fresh = path + ".new";
  durable::make_file(fresh);
  std::ofstream out(fresh, std::ios::app);
  out << text;
  out.close();
  if (!out) return std::unexpected(path + ": cannot be written");
  durable::sync_file(fresh);
  durable::rename_file(fresh, path);
  return {};
}

// The column that an error of TlsContext is about; empty: it is about one that is missing.
std::string_view column_of(std::string_view error) {
  constexpr std::pair<std::string_view, std::string_view> kColumns[] = {
      {"authorities", "ssl_ca"},           {"directory of authorities", "ssl_capath"},
      {"certificate", "ssl_cert"},         {"key", "ssl_key"},
      {"revoked certificates", "ssl_crl"}, {"directory of revoked certificates", "ssl_crlpath"},
      {"ciphers", "ssl_cipher"},           {"tls_version", "tls_version"}};
  const std::string_view subject = error.substr(0, error.find(" '"));
  for (const auto& [word, column] : kColumns) {
    if (subject == word) return column;
  }
  return {};
}

}  // namespace

std::string TlsPart::path(std::string_view what) const {
  return directory_ + "/proxysql-" + std::string(what) + ".pem";
}

Result<void, std::string> TlsPart::make_missing() const {
  if (durable::exists(path("cert")) || durable::exists(path("key"))) return {};
  const auto authority = make_certificate({.common_name = "Weir's own authority on " + this_host(),
                                           .valid_from_s = -kClocksDiffer,
                                           .valid_until_s = kValid,
                                           .authority = true});
  if (!authority) return std::unexpected(authority.error());
  const auto server = make_certificate({.common_name = this_host(),
                                        .hosts = {this_host(), "localhost", "127.0.0.1", "::1"},
                                        .valid_from_s = -kClocksDiffer,
                                        .valid_until_s = kValid},
                                       &*authority);
  if (!server) return std::unexpected(server.error());
  try {
    // The key last but one: what was interrupted is made anew.
    if (!durable::exists(path("ca"))) {
      if (auto written = write_file(path("ca"), authority->certificate); !written) return written;
    }
    if (auto written = write_file(path("key"), server->key); !written) return written;
    if (auto written = write_file(path("cert"), server->certificate); !written) return written;
  } catch (const std::system_error& error) {
    return std::unexpected(std::string(error.what()));
  }
  log::info("certificates for clients have been made: whoever is to know this server gets proxysql-ca.pem",
            {{"directory", directory_}});
  return {};
}

Result<std::shared_ptr<const TlsContext>, std::string> TlsPart::read() const {
  TlsParameters parameters;
  parameters.cert = path("cert");
  parameters.key = path("key");
  if (durable::exists(path("ca"))) parameters.ca = path("ca");
  auto made = TlsContext::for_clients(parameters);
  if (!made) return made;
  durable::warn_if_readable(parameters.key);
  const std::int64_t left = (*made)->expires_at() - std::time(nullptr);
  if (left < kTellBefore) {
    log::warn(left < 0 ? "the certificate that clients are shown has expired"
                       : "the certificate that clients are shown expires soon",
              {{"file", parameters.cert}, {"days_left", left / kDay}});
  }
  return made;
}

Result<void, std::string> TlsPart::open() {
  if (directory_.empty()) return {};
  if (auto made = make_missing(); !made) return made;
  auto context = read();
  if (!context) return std::unexpected(std::move(context).error());
  clients_ = *std::move(context);
  return {};
}

const std::shared_ptr<const TlsContexts>& TlsPart::follow(const Snapshot& snapshot) {
  TlsPlan plan = tls_plan(snapshot);
  const auto& offered = plan.for_clients ? clients_ : std::shared_ptr<const TlsContext>();
  if (plan != contexts_->plan() || offered != contexts_->for_clients())
    contexts_ = std::make_shared<const TlsContexts>(std::move(plan), offered, contexts_.get());
  return contexts_;
}

Result<void, std::string> TlsPart::check(const Settings& before, const Settings& now) {
  const TlsParameters parameters = usual_parameters(now);
  if (parameters == usual_parameters(before)) return {};
  if (const auto made = TlsContext::for_servers(parameters); !made)
    return std::unexpected("mysql-ssl_p2s_*: " + made.error());
  return {};
}

Complaints TlsPart::check_rows(const Snapshot& before, const Snapshot& now) {
  const auto& rows = now.tables().servers_ssl_params;
  const auto& rows_before = before.tables().servers_ssl_params;
  Complaints complaints;
  if (rows == rows_before) return complaints;
  std::map<TlsParameters, std::string> errors;  // of those that have been tried; empty: none
  for (const ServerSslParamsRow& row : rows_before) errors[own_parameters(row, now.settings())];
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto [tried, is_new] = errors.try_emplace(own_parameters(rows[i], now.settings()));
    std::string& error = tried->second;
    if (is_new) {
      if (auto made = TlsContext::for_servers(tried->first); !made) error = std::move(made.error());
    }
    if (error.empty()) continue;
    complaints.push_back({.table = std::string(kServersSslParamsTable.name),
                          .row = i + 1,
                          .column = std::string(column_of(error)),
                          .text = error,
                          .key = key_text(kServersSslParamsTable, rows[i])});
  }
  return complaints;
}

Result<void, std::string> TlsPart::reload(const Snapshot& snapshot) {
  std::shared_ptr<const TlsContext> clients;
  if (!directory_.empty()) {
    auto context = read();
    if (!context) return std::unexpected(std::move(context).error());
    clients = *std::move(context);
  }
  TlsPlan plan = tls_plan(snapshot);
  const auto offered = plan.for_clients ? clients : nullptr;
  auto contexts = std::make_shared<const TlsContexts>(std::move(plan), offered, nullptr);
  if (std::string error = contexts->first_error(); !error.empty())
    return std::unexpected("towards servers: " + std::move(error));
  clients_ = std::move(clients);
  contexts_ = std::move(contexts);
  return {};
}

}  // namespace weir
