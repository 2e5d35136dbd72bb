// COM_STMT_EXECUTE of any bytes: its types are found within it, can be put in where they are left out, and
// attributes can be taken away and brought back.
// Input: whether the client has query attributes, the number of parameters (2 bytes), then the payload.
#include <algorithm>

#include "protocol/base/bytes.hpp"
#include "protocol/message/prepared.hpp"
#include "protocol/wire/frame.hpp"
#include "proxy/session/prepared.hpp"
#include "tests/fuzz/require.hpp"
#include "tests/support/frames.hpp"

namespace {

using namespace weir;
using test::Blob;

struct Read {
  ExecuteTypes place{};
  Blob types{};
  Blob values{};
};

// Of the payload of a request whose header says how long it is.
Read read(const Blob& request, std::uint16_t parameters, Caps caps) {
  const Bytes payload = Bytes(request).subspan(kFrameHeaderBytes);
  fuzz::require(decode_frame_header(request.data()).length == payload.size(), "the header says its length");
  const auto place = find_execute_types(payload, parameters, caps);
  fuzz::require(place.has_value(), "it can be read");
  Read read{.place = *place};
  if (place->flag_at == 0) return read;
  const std::size_t values_at = place->flag_at + 1 + place->types_bytes;
  fuzz::require(values_at <= payload.size(), "types are within the payload");
  read.values = test::to_blob(payload.subspan(values_at));
  if (!place->bound) return read;
  take_types(payload, *place, parameters, read.types);
  fuzz::require(read.types.size() == 2u * parameters, "a parameter has a type");
  return read;
}

void insert(const Blob& whole, std::uint16_t parameters, Caps caps, const Read& before) {
  Blob request = whole;
  const Blob types(2u * parameters, 3);
  const std::size_t expected = request.size() + inserted_bytes(before.place, types);
  insert_types(request, before.place, types);
  fuzz::require(request.size() == expected, "as many bytes as were announced");
  const Read after = read(request, parameters, caps);
  fuzz::require(after.place.bound && after.types == types, "the types are there");
  fuzz::require(after.values == before.values, "the values are what they were");
  fuzz::require(
      std::equal(request.begin() + kFrameHeaderBytes,
                 request.begin() + kFrameHeaderBytes + static_cast<std::ptrdiff_t>(before.place.flag_at),
                 whole.begin() + kFrameHeaderBytes),
      "and so is what stands before the types");
}

bool null_at(const Blob& request, std::size_t nulls_at, std::size_t i) {
  return (request[kFrameHeaderBytes + nulls_at + i / 8] >> (i % 8) & 1) != 0;
}

void require_same_head(const Blob& whole, const Blob& plain) {
  constexpr std::size_t kFlags = kFrameHeaderBytes + 5, kHead = kFrameHeaderBytes + 10;
  for (std::size_t i = kFrameHeaderBytes; i < kHead; ++i) {
    const int expected = i == kFlags ? whole[i] & ~kParameterCountAvailable : whole[i];
    fuzz::require(plain[i] == expected, "statement, flags and iterations stay");
  }
}

// If it is one, written as a LONGLONG it is the same.
void read_number(Bytes payload, const ExecuteTypes& place, Bytes types) {
  const auto number = whole_number_parameter(payload, place, types);
  if (!number) return;
  Blob again(payload.begin(),
             payload.begin() + static_cast<std::ptrdiff_t>(place.flag_at + 1 + place.types_bytes));
  for (int i = 0; i < 8; ++i) again.push_back(static_cast<std::uint8_t>(*number >> (8 * i)));
  fuzz::require(whole_number_parameter(again, place, Blob{8, 0x80}) == number, "a number is a number");
}

void leave_out(const Blob& whole, std::uint16_t parameters, const Read& before) {
  Blob request = whole, head;
  const std::size_t plain_bytes = make_plain_execute(request, before.place, parameters, head);
  fuzz::require(request.size() - kFrameHeaderBytes == plain_bytes + before.values.size(), "values stay");
  const Read after = read(request, parameters, 0);
  fuzz::require(parameters == 0 || (after.place.bound == before.place.bound && after.types == before.types &&
                                    after.values == before.values),
                "a server without attributes reads the same");
  require_same_head(whole, request);
  for (std::size_t i = 0; i < parameters; ++i) {
    fuzz::require(null_at(whole, before.place.nulls_at, i) == null_at(request, after.place.nulls_at, i),
                  "what is NULL stays NULL");
  }
  restore_execute(request, plain_bytes, head);
  fuzz::require(request == whole, "it can be undone");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  if (size < 3) return 0;
  const bool attributes = (input[0] & 1) != 0;
  const auto parameters = static_cast<std::uint16_t>(input[1] | input[2] << 8);
  const Caps caps = attributes ? kQueryAttributes : 0;
  const Bytes payload(input + 3, size - 3);
  const auto place = find_execute_types(payload, parameters, caps);
  if (!place) return 0;
  const Blob request = test::packet(payload);
  const Read found = read(request, parameters, caps);
  if (parameters == 1) {
    read_number(payload, *place, found.types);
    read_number(payload, *place, Blob{8, 0});  // a LONGLONG, as the execution before said
  }
  if (parameters > 0 && !place->bound && place->attributes == 0) insert(request, parameters, caps, found);
  if (attributes) leave_out(request, parameters, found);
  return 0;
}
