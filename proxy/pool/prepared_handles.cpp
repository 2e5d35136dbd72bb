#include "proxy/pool/prepared_handles.hpp"

#include <algorithm>

namespace weir {

PreparedHandle* PreparedHandles::find(const PreparedText& text) {
  for (PreparedHandle& handle : handles_) {
    if (!handle.text->same_as(text)) continue;
    handle.last_used = ++clock_;
    return &handle;
  }
  return nullptr;
}

std::optional<std::uint32_t> PreparedHandles::add(PreparedTextPtr text, std::uint32_t backend_id,
                                                  std::size_t limit) {
  std::optional<std::uint32_t> replaced;
  PreparedHandle* place = find(*text);
  if (place == nullptr && !handles_.empty() && handles_.size() >= limit) {
    place = &*std::min_element(handles_.begin(), handles_.end(),
                               [](const auto& a, const auto& b) { return a.last_used < b.last_used; });
  }
  if (place != nullptr) {
    replaced = place->backend_id;
  } else {
    place = &handles_.emplace_back();
  }
  *place = PreparedHandle{std::move(text), backend_id, 0, ++clock_};
  return replaced;
}

void PreparedHandles::remove(const PreparedText& text) {
  std::erase_if(handles_, [&](const PreparedHandle& handle) { return handle.text->same_as(text); });
}

}  // namespace weir
