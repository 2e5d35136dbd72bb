// bench_micro: the parts of a point select's way through the proxy, each by itself. Prints JSON: nanoseconds
// per call.
//
// Under callgrind (bench/run.py --instructions) one case runs a given number of times, so that two runs tell
// the instructions per call.
#include <chrono>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "bench/support/arguments.hpp"
#include "protocol/machine/reply_writer.hpp"
#include "protocol/machine/request_tracker.hpp"
#include "protocol/machine/response_tracker.hpp"
#include "router/config/complaint.hpp"
#include "router/config/tables.hpp"
#include "router/query/analyzer.hpp"
#include "router/rules/route.hpp"

namespace weir::bench {
namespace {

constexpr std::string_view kUsage =
    "bench_micro: nanoseconds per call of the parts of a query.\n"
    "  --case NAME      only this one\n"
    "  --iterations N   exactly so often, and print nothing\n";

constexpr std::string_view kQuery = "SELECT c FROM sbtest1 WHERE id=50173";
constexpr std::uint64_t kTimedCalls = 200'000;
constexpr int kRounds = 7;  // the fastest counts: everything else that runs here only adds

// Results go here, so that the compiler cannot do without them.
volatile std::uint64_t observed = 0;

struct Case {
  std::string_view name;
  std::function<void(std::uint64_t times)> run;
};

std::vector<QueryRuleRow> usual_rules() {
  QueryRuleRow locking;
  locking.rule_id = 1;
  locking.active = locking.apply = true;
  locking.match_digest = "^SELECT.*FOR UPDATE";
  locking.destination_hostgroup = 0;
  QueryRuleRow reads = locking;
  reads.rule_id = 2;
  reads.match_digest = "^SELECT";
  reads.destination_hostgroup = 1;
  return {locking, reads};
}

RuleSet compile(const std::vector<QueryRuleRow>& rows) {
  std::vector<Complaint> complaints;
  auto rules = RuleSet::compile(rows, complaints);
  if (!rules) std::abort();
  return std::move(*rules);
}

Case classify_case() {
  return {"classify", [](std::uint64_t times) {
            for (std::uint64_t i = 0; i < times; ++i) {
              observed = observed + static_cast<std::uint64_t>(classify(kQuery, LexMode{}).access);
            }
          }};
}

Case digest_case() {
  return {"digest_text", [text = std::string()](std::uint64_t times) mutable {
            const DigestOptions options;
            for (std::uint64_t i = 0; i < times; ++i) {
              digest_text(kQuery, options, text);
              observed = observed + text.size();
            }
          }};
}

Case hash_case() {
  return {"digest_hash", [](std::uint64_t times) {
            const DigestOptions options;
            std::string text;
            digest_text(kQuery, options, text);
            for (std::uint64_t i = 0; i < times; ++i) observed = observed + digest_hash(text, options);
          }};
}

// Classifying, the digest, and the two usual rules.
Case route_case() {
  return {"analyze_and_route_2_rules", [](std::uint64_t times) {
            const RuleSet rules = compile(usual_rules());
            MatchScratch scratch;
            scratch.adopt(rules);
            Analyzer analyzer;
            const DigestOptions options;
            for (std::uint64_t i = 0; i < times; ++i) {
              analyzer.begin(kQuery, LexMode{}, options);
              RouteInput input{.analyzer = analyzer};
              input.username = "bench";
              input.schema = "sbtest";
              observed =
                  observed + static_cast<std::uint64_t>(route(input, rules, scratch).destination_hostgroup);
            }
          }};
}

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

Case response_case(std::string_view name, Caps caps) {
  return {name, [caps](std::uint64_t times) {
            const ByteQueue response = point_select_response(caps);
            ResponseTracker tracker;
            for (std::uint64_t i = 0; i < times; ++i) {
              tracker.start(Shape::result, caps);
              Bytes bytes = response.readable();
              while (!tracker.done()) {
                const auto scan = tracker.scan(bytes);
                bytes = bytes.subspan(scan->forward + scan->packet);
              }
              observed = observed + tracker.rows();
            }
          }};
}

Case request_case() {
  return {"request_tracker", [](std::uint64_t times) {
            std::string packet(kFrameHeaderBytes, '\0');
            packet += '\x03';
            packet += kQuery;
            packet[0] = static_cast<char>(packet.size() - kFrameHeaderBytes);
            RequestTracker tracker;
            for (std::uint64_t i = 0; i < times; ++i) {
              tracker.start();
              observed = observed + tracker.feed(as_bytes(packet)).value_or(0);
            }
          }};
}

Case ok_case() {
  return {"write_ok", [](std::uint64_t times) {
            ByteQueue out;
            for (std::uint64_t i = 0; i < times; ++i) {
              ReplyWriter(out, kOfferedToClients).ok(kStatusAutocommit, i % 7);
              observed = observed + out.size();
              out.clear();
            }
          }};
}

double nanoseconds(const Case& one) {
  double best = 0;
  for (int round = 0; round < kRounds; ++round) {
    const auto from = std::chrono::steady_clock::now();
    one.run(kTimedCalls);
    const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - from;
    if (round == 0 || taken.count() < best) best = taken.count();
  }
  return best / static_cast<double>(kTimedCalls);
}

int run(int argc, char** argv) {
  Arguments arguments(argc, argv, kUsage);
  const std::string only = arguments.text("case", "");
  const std::uint64_t iterations = arguments.number("iterations", 0);
  arguments.no_more();
  const Case cases[] = {classify_case(),
                        digest_case(),
                        hash_case(),
                        route_case(),
                        request_case(),
                        response_case("response_tracker", kDeprecateEof),
                        response_case("response_tracker_eof", 0),
                        ok_case()};
  const char* separator = "{";
  for (const Case& one : cases) {
    if (!only.empty() && one.name != only) continue;
    if (iterations > 0) {
      one.run(iterations);
      continue;
    }
    std::printf("%s\"%.*s\": %.1f", separator, static_cast<int>(one.name.size()), one.name.data(),
                nanoseconds(one));
    separator = ", ";
  }
  if (iterations == 0) std::printf("}\n");
  return 0;
}

}  // namespace
}  // namespace weir::bench

int main(int argc, char** argv) {
  return weir::bench::run(argc, argv);
}
