#include "monitor/routine_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "monitor/routine_rows.hpp"
#include "protocol/base/log.hpp"

namespace weir {
namespace {

constexpr std::size_t kMaxCatalogBytes = 64 << 20;  // tens of thousands of functions, with bodies

Credentials credentials_of(const RoutineSource& source) {
  Credentials credentials;
  credentials.user = source.username;
  credentials.cleartext = source.password;
  return credentials;
}

bool same(const PairRoutines& a, const PairRoutines& b) {
  const bool same_catalog =
      a.catalog == b.catalog || (a.catalog != nullptr && b.catalog != nullptr && *a.catalog == *b.catalog);
  return same_catalog && a.server == b.server && a.error == b.error && a.failed_looks == b.failed_looks;
}

}  // namespace

RoutineReader::RoutineReader(Loop& loop, RoutineReaderOwner& owner, RoutineSource source)
    : loop_(loop), owner_(owner), source_(std::move(source)), next_round_(loop.deadlines(), *this) {
  found_.writer_hostgroup = source_.writer_hostgroup;
  for (const Endpoint& endpoint : source_.servers) {
    probes_.push_back(std::make_unique<ServerProbe>(loop, endpoint, credentials_of(source_)));
  }
}

void RoutineReader::start(Millis interval_ms, Millis timeout_ms) {
  set_pace(interval_ms, timeout_ms);
  if (step_ == Step::idle) begin_round();
}

void RoutineReader::set_pace(Millis interval_ms, Millis timeout_ms) {
  if (interval_ms != interval_ms_ && next_round_.is_set()) next_round_.set(loop_.now() + interval_ms);
  interval_ms_ = interval_ms;
  limits_ = {.timeout_ms = timeout_ms, .result_bytes = kMaxCatalogBytes};
}

void RoutineReader::on_name_moved(const std::string& name) {
  for (const auto& probe : probes_) {
    if (probe->endpoint().host == name) probe->connect_anew();
  }
}

void RoutineReader::on_deadline() noexcept {
  begin_round();
}

void RoutineReader::begin_round() {
  next_round_.clear();
  asked_ = 0;
  errors_.clear();
  ask_server();
}

void RoutineReader::ask_server() {
  if (asked_ < probes_.size()) return ask_functions();
  PairRoutines failed = found_;
  failed.error = errors_.empty() ? "there is no server to ask" : errors_;
  failed.failed_looks = std::min(found_.failed_looks + 1, kRoutineTrust);
  if (failed.failed_looks == kRoutineTrust && failed.catalog) {
    log::warn("stored functions count as unknown: they could not be read again",
              {{"writer_hostgroup", source_.writer_hostgroup}, {"looks", kRoutineTrust}});
    failed.catalog = nullptr;
    failed.server.clear();
  }
  end_round(std::move(failed));
}

void RoutineReader::ask_functions() {
  step_ = Step::functions;
  probes_[asked_]->query(std::string(kFunctionsQuery), *this, limits_);
}

// One statement for each function whose body was not listed as it was written.
void RoutineReader::ask_next_body() {
  while (body_ < functions_.size() && functions_[body_].verdict != RoutineVerdict::body_inexact) ++body_;
  if (body_ == functions_.size()) return ask_loadable();
  step_ = Step::bodies;
  probes_[asked_]->query(shown_query(functions_[body_]), *this, limits_);
}

void RoutineReader::ask_loadable() {
  step_ = Step::loadable;
  ServerProbe& probe = *probes_[asked_];
  probe.query(std::string(loadable_query(probe.established().server_version)), *this, limits_);
}

void RoutineReader::on_probe_answer(ServerProbe& probe) noexcept {
  const std::vector<SimpleQuery::Row>& rows = probe.result().rows();
  if (step_ == Step::loadable) return finish(to_names(rows), "");
  if (step_ == Step::functions) {
    functions_ = to_functions(rows);
    body_ = 0;
  } else {
    functions_[body_].verdict = shown_verdict(functions_[body_], rows);
    ++body_;
  }
  ask_next_body();
}

void RoutineReader::on_probe_failed(ServerProbe&, const ProbeFailure& failure) noexcept {
  // It is gone, or too long: one that is not known.
  const bool answered = failure.fault == ProbeFault::server_error || failure.fault == ProbeFault::protocol;
  if (step_ == Step::bodies && answered) {
    ++body_;
    return ask_next_body();
  }
  if (step_ == Step::loadable && failure.fault == ProbeFault::server_error)
    return on_loadable_failed(failure);
  give_up_server(failure);
}

// Without their names only qualified calls are known for what they are: better than nothing.
void RoutineReader::on_loadable_failed(const ProbeFailure& failure) {
  finish(std::nullopt,
         fmt::format("{}: loadable functions cannot be listed, so that only qualified calls are known: {}",
                     source_.servers[asked_].text(), failure.message));
}

void RoutineReader::finish(std::optional<std::vector<std::string>> loadable, std::string error) {
  PairRoutines now{
      .writer_hostgroup = source_.writer_hostgroup,
      .catalog = std::make_shared<const RoutineCatalog>(std::move(functions_), std::move(loadable)),
      .server = source_.servers[asked_].text(),
      .error = std::move(error)};
  functions_.clear();
  end_round(std::move(now));
}

void RoutineReader::give_up_server(const ProbeFailure& failure) {
  if (!errors_.empty()) errors_ += "; ";
  errors_ += fmt::format("{}: {}", source_.servers[asked_].text(), failure.message);
  ++asked_;
  ask_server();
}

void RoutineReader::end_round(PairRoutines now) {
  step_ = Step::idle;
  for (std::size_t i = 0; i < probes_.size(); ++i) {
    if (i != asked_) probes_[i]->close();  // one connection is enough
  }
  next_round_.set(loop_.now() + interval_ms_);
  if (same(now, found_)) return;
  if (!now.error.empty() && now.error != found_.error) {
    log::warn("stored functions could not be read",
              {{"writer_hostgroup", source_.writer_hostgroup}, {"error", now.error}});
  }
  found_ = std::move(now);
  owner_.on_routines_found();
}

}  // namespace weir
