#include "proxy/pool/prepared_handles.hpp"

#include <algorithm>

namespace weir {
namespace {

std::array<VariableIndex, 4> context_variables() {
  const KnownVariables& known = known_variables();
  return {known.sql_mode, known.character_set_client, known.character_set_connection,
          known.collation_connection};
}

}  // namespace

PrepareContext PrepareContext::of(const SessionState& state) {
  PrepareContext context;
  context.schema = state.schema();
  const auto variables = context_variables();
  for (std::size_t i = 0; i < variables.size(); ++i) {
    if (const std::string* value = state.find(variables[i])) context.values[i] = *value;
  }
  return context;
}

SessionState PrepareContext::applied_to(SessionState state) const {
  if (!schema.empty()) state.set_schema(schema);
  const auto variables = context_variables();
  const PrepareContext now = of(state);
  Effect effect;
  for (std::size_t i = 0; i < variables.size(); ++i) {
    if (now.values[i] == values[i]) continue;
    const Change::Form form = values[i] ? Change::Form::value : Change::Form::default_;
    effect.changes.push_back({variables[i], form, values[i].value_or(std::string())});
  }
  state.apply(effect);
  return state;
}

std::size_t PreparedText::bytes() const {
  std::size_t bytes = sizeof(PreparedText) + sql.capacity() + own_sql.capacity() + context.schema.capacity();
  for (const auto& value : context.values) bytes += value ? value->capacity() : 0;
  return bytes;
}

PreparedHandle* PreparedHandles::used(PreparedHandle& handle) {
  handle.last_used = ++clock_;
  return &handle;
}

// Where the owner's cursor or data are, before any other that would do.
PreparedHandle* PreparedHandles::find_exclusive(const PreparedText& text, StatementOwner owner) {
  if (!any_exclusive()) return nullptr;
  for (PreparedHandle& handle : handles_) {
    if (handle.exclusive == owner && handle.text->same_as(text)) return used(handle);
  }
  return nullptr;
}

PreparedHandle* PreparedHandles::find_for_data(const PreparedText& text, StatementOwner owner) {
  if (PreparedHandle* handle = find_exclusive(text, owner)) return handle;
  for (PreparedHandle& handle : handles_) {
    const bool strange = handle.types.owner != 0 && handle.types.owner != owner;
    if (handle.exclusive == 0 && !strange && handle.text->same_as(text)) return used(handle);
  }
  return nullptr;
}

PreparedHandle* PreparedHandles::find(const PreparedText& text, StatementOwner owner, Bytes types) {
  if (PreparedHandle* handle = find_exclusive(text, owner)) return handle;
  for (PreparedHandle& handle : handles_) {
    if (handle.exclusive != 0 || !handle.text->same_as(text)) continue;
    const bool fits = !heeds_types_ || types.empty() || handle.executed_with.empty() ||
                      std::ranges::equal(handle.executed_with, types);
    if (fits) return used(handle);
  }
  return nullptr;
}

// Where a new handle for `text` goes: in the place of an older one, if it may be closed.
PreparedHandle* PreparedHandles::place_for(const PreparedText& text, std::size_t limit, Instead instead) {
  PreparedHandle* oldest = nullptr;
  for (PreparedHandle& handle : handles_) {
    if (handle.exclusive != 0) continue;
    if (instead == Instead::of_same_text && handle.text->same_as(text)) return &handle;
    if (oldest == nullptr || handle.last_used < oldest->last_used) oldest = &handle;
  }
  return handles_.size() >= limit ? oldest : nullptr;
}

std::optional<std::uint32_t> PreparedHandles::add(PreparedTextPtr text, std::uint32_t backend_id,
                                                  std::size_t limit, Instead instead) {
  std::optional<std::uint32_t> replaced;
  PreparedHandle* place = place_for(*text, limit, instead);
  if (place != nullptr) {
    replaced = place->backend_id;
  } else {
    place = &handles_.emplace_back();
  }
  *place = PreparedHandle{std::move(text), backend_id, {}, {}, 0, ++clock_};
  return replaced;
}

std::optional<std::uint32_t> PreparedHandles::take_excess() {
  std::size_t bytes = 0;
  const PreparedHandle* oldest = nullptr;
  for (const PreparedHandle& handle : handles_) {
    bytes += handle.text->bytes() + handle.executed_with.capacity();
    if (handle.exclusive != 0 || handle.last_used == clock_) continue;
    if (oldest == nullptr || handle.last_used < oldest->last_used) oldest = &handle;
  }
  if (bytes <= kMostBytes || oldest == nullptr) return std::nullopt;
  const std::uint32_t backend_id = oldest->backend_id;
  handles_.erase(handles_.begin() + (oldest - handles_.data()));
  return backend_id;
}

void PreparedHandles::give(PreparedHandle& handle, StatementOwner owner) {
  exclusives_ += (owner != 0 ? 1 : 0) - (handle.exclusive != 0 ? 1 : 0);
  handle.exclusive = owner;
}

void PreparedHandles::clear() {
  handles_.clear();
  exclusives_ = 0;
}

void PreparedHandles::remove(std::uint32_t backend_id) {
  for (PreparedHandle& handle : handles_) {
    if (handle.backend_id == backend_id) give(handle, 0);
  }
  std::erase_if(handles_, [&](const PreparedHandle& handle) { return handle.backend_id == backend_id; });
}

}  // namespace weir
