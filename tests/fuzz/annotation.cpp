// Annotations: any comment is read, and what is read is within its bounds and of the comment. Input: the
// comment.
#include "router/rules/annotation.hpp"

#include <functional>

#include "protocol/base/bytes.hpp"
#include "tests/fuzz/require.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  using namespace weir;
  const std::string_view comment = as_text(Bytes(input, size));
  const Annotation annotation = parse_annotation(comment);
  const auto at_least_zero = [](auto value) { return !value || *value >= 0; };
  fuzz::require(at_least_zero(annotation.hostgroup) && at_least_zero(annotation.mirror_hostgroup) &&
                    at_least_zero(annotation.retries) && at_least_zero(annotation.cache_ttl_ms) &&
                    at_least_zero(annotation.timeout_ms) && at_least_zero(annotation.delay_ms) &&
                    at_least_zero(annotation.max_lag_ms) && at_least_zero(annotation.min_epoch_ms),
                "numbers are not negative");
  fuzz::require(annotation.max_lag_ms.value_or(0) <= 600'000, "a lag is at most ten minutes");
  const std::string_view gtid = annotation.min_gtid;
  const std::less_equal<const char*> not_behind;
  fuzz::require(gtid.empty() || (not_behind(comment.data(), gtid.data()) &&
                                 not_behind(gtid.data() + gtid.size(), comment.data() + comment.size())),
                "a view is of the comment");
  fuzz::require(parse_annotation(comment) == annotation, "a comment has one meaning");
  return 0;
}
