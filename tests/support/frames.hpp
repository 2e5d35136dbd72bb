// Packets for tests: a payload to its frames, and the usual short messages.
#pragma once

#include <initializer_list>
#include <string_view>
#include <vector>

#include "protocol/base/byte_queue.hpp"
#include "protocol/wire/capabilities.hpp"
#include "tests/support/hex.hpp"

namespace weir::test {

// One packet on the wire, in as many frames as it needs.
Blob packet(Bytes payload, std::uint8_t sequence = 0);
// Several packets, one after the other, with consecutive sequence ids.
Blob packets(const std::vector<Blob>& payloads, std::uint8_t first_sequence = 0);

// Payloads, without a header.
Blob ok_payload(std::uint16_t status = 0x0002, std::uint64_t affected_rows = 0);
Blob eof_payload(std::uint16_t status = 0x0002);
Blob err_payload(std::uint16_t code, std::string_view sqlstate = "HY000",
                 std::string_view message = "an error");
Blob column_payload(std::string_view name);
Blob row_payload(std::initializer_list<std::string_view> fields);

// The payloads of all packets in `wire`; throws std::runtime_error if it is not a number of whole packets.
std::vector<Blob> payloads_of(Bytes wire);

}  // namespace weir::test
