// TLS of programs that only ask: whoever the server is.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>

#include "proxy/net/tls_context.hpp"

namespace weir::bench {

// Ends the process with 2 if OpenSSL has none.
inline std::shared_ptr<const TlsContext> tls_to_anybody() {
  auto tls = TlsContext::for_servers({});
  if (tls) return std::move(*tls);
  std::fprintf(stderr, "%s\n", tls.error().c_str());
  std::exit(2);
}

}  // namespace weir::bench
