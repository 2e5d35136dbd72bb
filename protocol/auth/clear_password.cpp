#include "protocol/auth/clear_password.hpp"

#include "protocol/auth/plugin.hpp"

namespace weir {

namespace clear_password {

Result<std::vector<std::uint8_t>> answer(std::string_view password, bool secure_transport) {
  if (!secure_transport) return std::unexpected(DecodeError::unsupported);
  return nul_terminated(password);
}

}  // namespace clear_password

namespace {

class ClearPassword final : public AuthPlugin {
 public:
  std::string_view name() const override { return "mysql_clear_password"; }

  ClientAuthStep answer(const ClientAuth& auth) const override {
    if (!auth.credentials.cleartext)
      return fail_step("mysql_clear_password needs the password itself, which is not known");
    const auto answer = clear_password::answer(*auth.credentials.cleartext, auth.secure_transport);
    if (!answer)
      return fail_step("the server asks for the password in clear text, and the connection is not encrypted");
    return send_step(*answer);
  }
  ClientAuthStep answer_more(const ClientAuth&, Bytes) const override {
    return broken_step("the server asks for more than mysql_clear_password has");
  }

  // Clients are asked for a proof instead of the password.
  bool can_verify(std::span<const AccountSecret>) const override { return false; }
  ServerAuthStep verify(const ServerAuth&, Bytes) const override {
    return denied_step("a password in clear text");
  }
  ServerAuthStep verify_more(const ServerAuth&, Bytes) const override {
    return denied_step("a password in clear text");
  }
};

}  // namespace

const AuthPlugin& clear_password_plugin() {
  static const ClearPassword kPlugin;
  return kPlugin;
}

}  // namespace weir
