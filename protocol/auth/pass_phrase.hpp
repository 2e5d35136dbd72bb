// What OpenSSL is told when a PEM text wants a pass phrase. Left to itself it would ask at the terminal, or
// read standard input, and the thread would stand still until somebody has typed: any server's "public key"
// can claim to be encrypted.
#pragma once

namespace weir {

// A pem_password_cb: there is none.
inline int no_pass_phrase(char*, int, int, void*) {
  return -1;
}

}  // namespace weir
