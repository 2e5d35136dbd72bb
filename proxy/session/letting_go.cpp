// Session, stage letting_go: another session waits for the connection that this one keeps only for what can
// be read from it. That is read, and then the connection goes back; requests of the client wait in the inbox
// meanwhile.
#include "proxy/session/letting_go.hpp"

#include "protocol/base/number_text.hpp"
#include "proxy/session/session.hpp"

namespace weir {
namespace {

// As max_error_count has it by default, and with long messages still within what SimpleQuery takes.
constexpr std::uint64_t kMostWarnings = 1024;

bool too_many_warnings(const SimpleQuery& count) {
  const bool has_count = count.rows().size() == 1 && count.rows()[0].size() == 1 && count.rows()[0][0];
  const auto number = has_count ? to_integer<std::uint64_t>(*count.rows()[0][0]) : std::nullopt;
  return !number || *number > kMostWarnings;
}

}  // namespace

// An insert id that no OK has reported is read before anybody asks for the connection: it is one number, and
// on MariaDB every INSERT ... RETURNING leaves one.
bool Session::reads_back_at_once() const {
  return lease_ && pins_ == Pins(Pin::last_insert_id) && inbox_.empty() && !keeps_for_good_ &&
         server_kill_ == 0;
}

// At the end of a command: the connection may be asked back from now on.
void Session::offer_connection() {
  if (!lease_ || pins_.empty() || keeps_for_good_ || server_kill_ != 0) return;
  Pins others = pins_;
  others.remove(readable_pins());
  if (others.empty()) worker_.pool().offer(*this, *lease_);
}

void Session::on_asked_back() noexcept {
  if (stage_ != Stage::idle) return worker_.pool().retract(*this);
  stats().connections_asked_back.add();
  begin_letting_go();
}

void Session::begin_letting_go() {
  stage_ = Stage::letting_go;
  lease_->channel().resume_reading();  // answers are small now, and not for a client that takes none
  letting_go_ = std::make_unique<LettingGo>(pins_, wants_, lease_->family());
  if (letting_go_->diagnostics == nullptr) letting_go_->question = LettingGo::kSizes;
  deadline_.set(now() + settings().connect_timeout_server_max);
  ask_connection();
}

void Session::ask_connection() {
  LettingGo& going = *letting_go_;
  if (going.question == LettingGo::kSizes && going.values.size_sql().empty()) ++going.question;
  const std::string_view sql = going.question == LettingGo::kSizes ? std::string_view(going.values.size_sql())
                               : going.question == LettingGo::kValues
                                   ? std::string_view(going.values.sql())
                                   : KeptDiagnostics::kQuestions[going.question];
  if (sql.empty()) return let_go();
  going.reply.clear();
  going.query.start(sql, lease_->caps());
  lease_->send(going.query.output().readable());
  going.query.output().clear();
}

void Session::on_read_back_bytes(Bytes bytes) {
  LettingGo& going = *letting_go_;
  going.reply.append(bytes);
  const SimpleQuery::Want want = going.query.on_bytes(bytes);
  if (want == SimpleQuery::Want::read) return;
  if (want == SimpleQuery::Want::failed && !going.query.failure().from_server) {
    return lose_connection(going.query.failure().message, kServerMalformed);
  }
  if (want == SimpleQuery::Want::failed || !take_read_back()) return keep_for_good();
  if (going.question > LettingGo::kValues) return let_go();
  ask_connection();
}

// The answer to the question under way; on to the next.
bool Session::take_read_back() {
  LettingGo& going = *letting_go_;
  const std::size_t question = going.question++;
  if (question == 0 && too_many_warnings(going.query)) return false;
  if (question < LettingGo::kSizes)
    return going.diagnostics->keep(question, going.reply.readable(), lease_->caps());
  if (question == LettingGo::kSizes) return ReadBack::takes_size(going.query);
  if (!going.values.take(going.query)) return false;
  going.values.apply_to(wants_);
  going.values.apply_to(lease_->has());
  return true;
}

void Session::let_go() {
  pins_.clear();
  forget_causes();
  kept_diagnostics_ = std::move(letting_go_->diagnostics);
  retract_offer();
  lease_.end();
  end_letting_go();
}

// Something cannot be read. The connection is not asked for again before another statement has changed what
// pins.
void Session::keep_for_good() {
  keeps_for_good_ = true;
  if (letting_go_->question >= LettingGo::kSizes && letting_go_->diagnostics != nullptr) {
    kept_diagnostics_ = std::move(letting_go_->diagnostics);
    pins_.remove(Pin::warnings_pending);
    forget_causes();
  }
  retract_offer();
  end_letting_go();
}

void Session::end_letting_go() {
  letting_go_.reset();
  stage_ = Stage::idle;
  if (client_left_) return end(EndReason::client_gone);
  if (draining_) return tell_end(ProxyError::shutting_down, EndReason::proxy_shutdown);
  follow_time_limits();
  if (!inbox_.empty() && !client_.congested()) return serve_inbox();
  throttle_client();
}

}  // namespace weir
