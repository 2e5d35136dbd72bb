#include "proxy/session/introduction.hpp"

#include "router/rules/client_addresses.hpp"

namespace weir {

// Only new connections ask, and where nobody is believed not even they: the list is read each time.
bool Introduction::is_possible(const Settings& settings, std::string_view address) {
  if (settings.proxy_protocol_networks.empty()) return false;
  const auto networks = PeerNetworks::parse(settings.proxy_protocol_networks);
  return networks && networks->contains(address);
}

Introduction::Want Introduction::on_bytes(Bytes bytes) {
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  const BeginsProxyHeader begins = begins_proxy_header(bytes_);
  if (begins == BeginsProxyHeader::perhaps) return Want::read;
  if (begins == BeginsProxyHeader::no) return Want::done;
  Bytes rest = bytes_;
  auto header = take_proxy_header(rest);
  if (!header) {
    error_ = header.error();
    return Want::failed;
  }
  if (!*header) return Want::read;
  header_ = std::move(*header);
  header_bytes_ = bytes_.size() - rest.size();
  return Want::done;
}

}  // namespace weir
