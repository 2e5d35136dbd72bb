// The messages of a login, both ways. Views are into the payload that was decoded. Encoders append one
// complete packet, framed with `sequence`, and advance it.
//
// MySQL: page_protocol_connection_phase_packets and the pages of each message, named below.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocol/base/byte_queue.hpp"
#include "protocol/base/bytes.hpp"
#include "protocol/base/result.hpp"
#include "protocol/wire/capabilities.hpp"
#include "protocol/wire/reader.hpp"

namespace weir {

inline constexpr std::size_t kScrambleBytes = 20;

// Protocol::HandshakeV10, the server's first packet. MySQL:
// page_protocol_connection_phase_packets_protocol_handshake_v10.
struct Greeting {
  std::string_view server_version;  // MariaDB before 11 says "5.5.5-10.11.6-MariaDB…"
  std::uint32_t connection_id = 0;
  Caps caps = 0;  // MariaDB's extended ones in bits 32.., if it does not claim to be MySQL
  std::uint8_t collation = 0;
  std::uint16_t status = 0;
  std::string auth_data;         // the scramble, both parts joined, without its trailing zero byte
  std::string_view auth_plugin;  // empty if the server has no kPluginAuth
};

// Protocol 9 and other versions are unsupported. A server that refuses at once sends an ERR instead (without
// SQLSTATE): ask is_err() first; here it is out_of_order.
Result<Greeting> decode_greeting(Bytes payload);
// `auth_data` must be 8 to 246 bytes, without kPluginAuth kScrambleBytes at most; that is what servers send.
void encode_greeting(const Greeting& greeting, ByteQueue& out, std::uint8_t& sequence);

// A client that wants TLS sends the head of its login, and then the TLS handshake. MySQL:
// page_protocol_connection_phase_packets_protocol_ssl_request. Ask before decode_login().
inline constexpr std::size_t kSslRequestBytes = 32;
bool is_ssl_request(Bytes payload);
void encode_ssl_request(Caps caps, std::uint32_t max_packet_bytes, std::uint8_t collation, ByteQueue& out,
                        std::uint8_t& sequence);

// Protocol::HandshakeResponse41. MySQL: page_protocol_connection_phase_packets_protocol_handshake_response.
struct LoginRequest {
  Caps caps = 0;  // as claimed by the client: mask with what was offered
  std::uint32_t max_packet_bytes = 0;
  std::uint8_t collation = 0;  // ids over 255 do not fit here: a client sets them later, with SET NAMES
  std::string_view user;
  std::string_view auth_response;  // bytes; may be empty, may hold zero bytes
  std::string_view database;       // empty without kConnectWithDb
  std::string_view auth_plugin;    // empty without kPluginAuth, and from some clients with it
  std::string_view attributes;     // for AttributeReader; empty without kConnectAttrs
  std::uint8_t zstd_level = 0;
};

// A login without kProtocol41 is unsupported. Lenient where servers are: the last string may lack its zero
// byte, the fields after the auth response may be missing, and bytes after the last field are ignored.
Result<LoginRequest> decode_login(Bytes payload);
// Writes the fields that `login.caps` announces; kConnectWithDb, kPluginAuth and kConnectAttrs are the
// caller's choice. An auth response of over 255 bytes needs kPluginAuthLenencData.
void encode_login(const LoginRequest& login, ByteQueue& out, std::uint8_t& sequence);

// Walks connection attributes: pairs of name and value.
class AttributeReader {
 public:
  struct Attribute {
    std::string_view name, value;
  };
  explicit AttributeReader(std::string_view attributes) : in_(as_bytes(attributes)) {}
  // Nothing at the end, or at a fault: see error().
  std::optional<Attribute> next();
  std::optional<DecodeError> error() const { return in_.error(); }

 private:
  Reader in_;
};
// Appends one pair to a block of attributes.
void append_attribute(std::string& attributes, std::string_view name, std::string_view value);

// Protocol::AuthSwitchRequest (0xfe). MySQL:
// page_protocol_connection_phase_packets_protocol_auth_switch_request.
struct AuthSwitchRequest {
  std::string_view plugin;     // empty: the old form, which asks for the password scheme of MySQL 4.0
  std::string_view auth_data;  // the new scramble, without its trailing zero byte
};
inline bool is_auth_switch(Bytes payload) {
  return !payload.empty() && payload[0] == 0xfe;
}
Result<AuthSwitchRequest> decode_auth_switch(Bytes payload);
void encode_auth_switch(const AuthSwitchRequest& request, ByteQueue& out, std::uint8_t& sequence);

// Protocol::AuthMoreData (0x01): what follows is the plugin's. MySQL:
// page_protocol_connection_phase_packets_protocol_auth_more_data.
inline bool is_auth_more(Bytes payload) {
  return !payload.empty() && payload[0] == 0x01;
}
Result<Bytes> decode_auth_more(Bytes payload);
void encode_auth_more(Bytes data, ByteQueue& out, std::uint8_t& sequence);

// COM_CHANGE_USER. MySQL: page_protocol_com_change_user.
struct ChangeUserRequest {
  std::string_view user;
  std::string_view auth_response;  // at most 255 bytes
  std::string_view database;
  std::uint16_t collation = 0;   // 0: the client did not say
  std::string_view auth_plugin;  // empty without kPluginAuth
  std::string_view attributes;   // empty without kConnectAttrs
};

// `payload` starts with the command byte. `caps`: those of the session. All after the database may be
// missing.
Result<ChangeUserRequest> decode_change_user(Bytes payload, Caps caps);
void encode_change_user(const ChangeUserRequest& request, Caps caps, ByteQueue& out, std::uint8_t& sequence);

}  // namespace weir
