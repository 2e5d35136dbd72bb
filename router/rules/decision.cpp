#include "router/rules/decision.hpp"

#include <iterator>

namespace weir {
namespace {

constexpr std::string_view kDecidedByNames[] = {
    "default_hostgroup", "rule", "fast_routing", "annotation", "split_read", "split_write",
};
static_assert(std::size(kDecidedByNames) == kDecidedBy);

constexpr std::string_view kHoldNames[] = {
    "none",
    "in_transaction",
    "autocommit_off",
    "temporary_tables",
    "transaction_announced",
    "fresh_data_asked",
    "no_reader_hostgroup",
    "no_reader_usable",
    "connection_kept",
    "learned_write",
    "long_statement",
};
static_assert(std::size(kHoldNames) == kSplitHolds);

constexpr std::string_view kMultiplexNames[] = {"none", "disable", "enable", "keep_on"};

}  // namespace

std::string_view to_text(DecidedBy decided_by) {
  return kDecidedByNames[static_cast<std::size_t>(decided_by)];
}

std::string_view to_text(SplitHold hold) {
  return kHoldNames[static_cast<std::size_t>(hold)];
}

std::string_view to_text(MultiplexOverride multiplex) {
  return kMultiplexNames[static_cast<std::size_t>(multiplex)];
}

}  // namespace weir
