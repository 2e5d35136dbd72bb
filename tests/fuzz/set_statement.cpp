// Any bytes as a SET: parsed, turned into an effect and replayed, in every lex mode.

#include <cstddef>
#include <cstdint>

#include "protocol/base/bytes.hpp"
#include "router/session/sync_plan.hpp"
#include "tests/fuzz/lex_mode.hpp"
#include "tests/fuzz/require.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir;
  if (size == 0) return 0;
  const LexMode mode = fuzz::lex_mode(data[0]);
  const std::string_view sql = as_text({data + 1, size - 1});
  hides_set(sql, mode);
  const SetStatement set = parse_set(sql, mode);
  fuzz::require(set.understood() || !effect_of(set).pins.empty(), "what is not understood pins");

  SessionState wants;
  SessionState has;
  wants.start("app", "shop", 45);
  has.start("app", "", 8);
  wants.apply(effect_of(set));
  SyncPlan plan;
  plan.make(has, wants, CarryInsertId::yes);
  for (int i = 0; i < plan.count(); ++i) plan.applied(i, has, wants);
  plan.make(has, wants, CarryInsertId::no);
  fuzz::require(plan.empty(), "a plan that was applied leaves nothing to do");
  return 0;
}
