// The certificates of both ports, as files of the data directory, and what a configuration makes of TLS.
//
// The files have ProxySQL's names, so that an installation's own are found: proxysql-cert.pem (with its
// chain) and proxysql-key.pem; proxysql-ca.pem, if it is there, has the authorities that clients'
// certificates must be of. Where there is neither certificate nor key, all three are made: good enough for
// clients that do not ask who we are. Belongs to the admin thread; open() to whoever starts that.
#pragma once

#include <memory>
#include <string>

#include "protocol/base/result.hpp"
#include "proxy/net/tls_contexts.hpp"
#include "router/config/complaint.hpp"
#include "router/config/snapshot.hpp"

namespace weir {

class TlsPart {
 public:
  // Empty: there is no directory, and clients are not offered TLS.
  explicit TlsPart(std::string directory) : directory_(std::move(directory)) {}

  // Makes what is missing, and reads it. Errors name the file, and what is wrong with it.
  Result<void, std::string> open();
  // What is to be in force with this configuration; the same as before where that is all the same.
  const std::shared_ptr<const TlsContexts>& follow(const Snapshot& snapshot);
  // Whether servers can be spoken to as the variables say now.
  static Result<void, std::string> check(const Settings& before, const Settings& now);
  // The same of what rows of mysql_servers_ssl_params say that none said before. Empty: all will do.
  static Complaints check_rows(const Snapshot& before, const Snapshot& now);
  // Reads all files again. On an error, also of one towards servers, all is as before.
  Result<void, std::string> reload(const Snapshot& snapshot);

 private:
  Result<std::shared_ptr<const TlsContext>, std::string> read() const;
  Result<void, std::string> make_missing() const;
  std::string path(std::string_view what) const;

  const std::string directory_;
  std::shared_ptr<const TlsContext> clients_;  // from the files, whether it is offered or not
  std::shared_ptr<const TlsContexts> contexts_ = std::make_shared<const TlsContexts>();
};

}  // namespace weir
