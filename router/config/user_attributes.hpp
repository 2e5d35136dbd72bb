// What a user's column `attributes` says: {"auto_rw_split":true, "annotations":false,
// "allowed_addresses":["10.0.0.0/8", "localhost"]}.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "router/config/certificate_uri.hpp"
#include "router/config/complaint.hpp"
#include "router/rules/client_addresses.hpp"

namespace weir {

struct UserAttributes {
  std::optional<bool> auto_rw_split;  // instead of mysql-auto_rw_split
  bool annotations = true;            // what the first comment of a statement asks for counts
  bool local_infile = true;           // servers may ask for files of the user's clients
  // From where the user may log in; null: from anywhere. Shared, for sessions have copies.
  std::shared_ptr<const std::vector<ClientAddresses>> allowed_addresses;

  // The URI that the user's client has to have in its certificate; null: it needs none. Shared as well.
  std::shared_ptr<const CertificateUri> certificate_uri;

  bool allows(std::string_view address) const;

  bool operator==(const UserAttributes&) const = default;
};

// `text` is the column's, valid JSON or empty. What is not understood is told to `complaints`, with text and
// severity only: a value of the wrong kind is an error; keys of ProxySQL that have no effect here are warned
// of. Keys that nobody knows are not complained of: the check of the column does that.
UserAttributes parse_user_attributes(std::string_view text, Complaints& complaints);

// Of the same column: {"additional_password": HEX(...)}, decoded; in a form of mysql_users.password. Empty:
// there is none. Complaints show nothing of it.
std::string parse_additional_password(std::string_view text, Complaints& complaints);

}  // namespace weir
