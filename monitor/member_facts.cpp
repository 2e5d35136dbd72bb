#include "monitor/member_facts.hpp"

#include <algorithm>
#include <array>

namespace weir {
namespace {

// The account lacks what the question needs, or may ask no more: that would be so on all members at once.
// MySQL: error message reference; MariaDB has the same numbers.
bool is_about_account(std::uint16_t code) {
  constexpr std::array<std::uint16_t, 7> kDenied{
      1044,  // ER_DBACCESS_DENIED_ERROR
      1045,  // ER_ACCESS_DENIED_ERROR
      1142,  // ER_TABLEACCESS_DENIED_ERROR
      1143,  // ER_COLUMNACCESS_DENIED_ERROR
      1226,  // ER_USER_LIMIT_REACHED
      1227,  // ER_SPECIFIC_ACCESS_DENIED_ERROR
      1820,  // ER_MUST_CHANGE_PASSWORD
  };
  return std::ranges::find(kDenied, code) != kDenied.end();
}

// Somebody or something has ended the question, as a time-out would have.
// MySQL: error message reference; MariaDB has 1969 and 1927 in place of 3024.
bool is_interruption(const ProbeFailure& failure) {
  constexpr std::array<std::uint16_t, 4> kEnded{
      1317,  // ER_QUERY_INTERRUPTED
      1927,  // ER_CONNECTION_KILLED
      1969,  // ER_STATEMENT_TIMEOUT
      3024,  // ER_QUERY_TIMEOUT
  };
  switch (failure.fault) {
    case ProbeFault::timed_out:
    case ProbeFault::lost:
    case ProbeFault::protocol:
      return true;
    case ProbeFault::server_error:
      return std::ranges::find(kEnded, failure.code) != kEnded.end();
    case ProbeFault::not_asked:
    case ProbeFault::not_resolved:
    case ProbeFault::refused:
    case ProbeFault::unreachable:
    case ProbeFault::access_denied:
    case ProbeFault::too_many_connections:
      return false;
  }
  return false;
}

}  // namespace

void note_member(MemberFacts& facts, const Observation& seen) {
  if (seen.member) {
    const bool read_only = is_read_only(*seen.member);
    if (read_only) facts.writable_since = kNever;
    if (!read_only && facts.writable_since == kNever) facts.writable_since = seen.at;
    facts.reading = seen.member;
    ++facts.readings;
    facts.unanswered = 0;
    facts.error.clear();
  } else if (seen.failure && is_interruption(*seen.failure)) {
    ++facts.unanswered;
  } else if (seen.failure && seen.failure->fault == ProbeFault::server_error &&
             !is_about_account(seen.failure->code)) {
    facts.unanswered = 0;
    facts.error = seen.failure->message;
  }
}

}  // namespace weir
