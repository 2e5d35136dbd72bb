#include <algorithm>
#include <array>

#include "protocol/auth/plugin.hpp"

namespace weir {

std::span<const AuthPlugin* const> auth_plugins() {
  static const std::array<const AuthPlugin*, 4> kPlugins{
      &native_password_plugin(),
      &caching_sha2_plugin(),
      &clear_password_plugin(),
      &ed25519_plugin(),
  };
  return kPlugins;
}

const AuthPlugin* find_auth_plugin(std::string_view name) {
  const auto plugins = auth_plugins();
  const auto found = std::ranges::find(plugins, name, &AuthPlugin::name);
  return found == plugins.end() ? nullptr : *found;
}

ClientAuthStep send_step(Bytes message) {
  return {.kind = ClientAuthStep::Kind::send, .message = {message.begin(), message.end()}, .reason = {}};
}

ClientAuthStep fail_step(std::string_view reason) {
  return {.kind = ClientAuthStep::Kind::fail, .message = {}, .reason = std::string(reason)};
}

ClientAuthStep broken_step(std::string_view reason) {
  return {.kind = ClientAuthStep::Kind::broken, .message = {}, .reason = std::string(reason)};
}

ServerAuthStep ask_step(Bytes message) {
  return {.kind = ServerAuthStep::Kind::send,
          .message = {message.begin(), message.end()},
          .proof = {},
          .matched = 0,
          .reason = {}};
}

ServerAuthStep verified_step(Credentials proof, std::size_t matched) {
  return {.kind = ServerAuthStep::Kind::verified,
          .message = {},
          .proof = std::move(proof),
          .matched = matched,
          .reason = {}};
}

ServerAuthStep denied_step(std::string_view reason) {
  return {.kind = ServerAuthStep::Kind::denied, .message = {}, .proof = {}, .matched = 0, .reason = reason};
}

std::vector<std::uint8_t> nul_terminated(std::string_view password) {
  const Bytes bytes = as_bytes(password);
  std::vector<std::uint8_t> out(bytes.begin(), bytes.end());
  out.push_back(0);
  return out;
}

}  // namespace weir
