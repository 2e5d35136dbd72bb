#include "bench/micro/cases.hpp"
#include "protocol/machine/reply_writer.hpp"
#include "protocol/machine/request_tracker.hpp"
#include "protocol/machine/response_tracker.hpp"

namespace weir::bench {
namespace {

// A point select's response as servers send it: with EOF packets, or with one OK at the end.
ByteQueue point_select_response(Caps caps) {
  ByteQueue response;
  ReplyWriter writer(response, caps);
  writer.columns({{.name = "c"}});
  const std::string value(119, 'x');
  writer.row({value});
  writer.end_rows(kStatusAutocommit);
  return response;
}

Case response_case(std::string name, Caps caps) {
  return {std::move(name), [caps](std::uint64_t times) {
            const ByteQueue response = point_select_response(caps);
            ResponseTracker tracker;
            for (std::uint64_t i = 0; i < times; ++i) {
              tracker.start(Shape::result, caps);
              Bytes bytes = response.readable();
              while (!tracker.done()) {
                const auto scan = tracker.scan(bytes);
                bytes = bytes.subspan(scan->forward + scan->packet);
              }
              observe(tracker.rows());
            }
          }};
}

Case request_case() {
  return {"request_tracker", [](std::uint64_t times) {
            std::string packet(kFrameHeaderBytes, '\0');
            packet += '\x03';
            packet += kPointSelect;
            packet[0] = static_cast<char>(packet.size() - kFrameHeaderBytes);
            RequestTracker tracker;
            for (std::uint64_t i = 0; i < times; ++i) {
              tracker.start();
              observe(tracker.feed(as_bytes(packet)).value_or(0));
            }
          }};
}

Case ok_case() {
  return {"write_ok", [](std::uint64_t times) {
            ByteQueue out;
            for (std::uint64_t i = 0; i < times; ++i) {
              ReplyWriter(out, kOfferedToClients).ok(kStatusAutocommit, i % 7);
              observe(out.size());
              out.clear();
            }
          }};
}

}  // namespace

std::vector<Case> packet_cases() {
  return {request_case(), response_case("response_tracker", kDeprecateEof),
          response_case("response_tracker_eof", 0), ok_case()};
}

}  // namespace weir::bench
