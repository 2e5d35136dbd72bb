#include "monitor/name_source.hpp"

#include <algorithm>

namespace weir {

struct SystemNames::Pending final : LookupEvents {
  Pending(SystemNames& owner, std::string name, Answer told)
      : names(owner), answer(std::move(told)), lookup(owner.loop_, *this) {
    lookup.start_afresh({std::move(name), 0, ""});
  }
  ~Pending() = default;

  void on_resolved(std::span<const Address> addresses) noexcept override {
    finish(std::vector(addresses.begin(), addresses.end()));
  }
  void on_lookup_failed(NetError why) noexcept override { finish(std::unexpected(why)); }

  void finish(Result<std::vector<Address>, NetError> result) {
    const auto place =
        std::ranges::find_if(names.pending_, [&](auto& entry) { return entry.second.get() == this; });
    const std::unique_ptr<Pending> self = std::move(place->second);
    names.pending_.erase(place);
    answer(std::move(result));
  }

  SystemNames& names;
  const Answer answer;
  Lookup lookup;
};

SystemNames::SystemNames(Loop& loop) : loop_(loop) {}
SystemNames::~SystemNames() = default;

void SystemNames::look_up(const std::string& name, Answer answer) {
  pending_[name] = std::make_unique<Pending>(*this, name, std::move(answer));
}

}  // namespace weir
