// Session: what SHOW WARNINGS and its like show, wherever the statement ran that they ask about.
#include "proxy/session/session.hpp"
#include "router/rules/explain_route.hpp"

namespace weir {
namespace {

// What runs statements that were not looked at: MariaDB keeps what there is to show until one of them uses a
// table.
bool may_show_diagnostics(const Statement& statement) {
  return statement.kind == StatementKind::execute || statement.kind == StatementKind::call ||
         statement.kind == StatementKind::other || statement.kind == StatementKind::begin ||
         statement.has(Trait::multi_statement);
}

}  // namespace

DiagnosticsOwner Session::replaced_diagnostics() {
  ++diagnostics_count_;
  return own_diagnostics();
}

// They must not show what another session's statement has left on the connection, nor an earlier one of this
// session if the latest has run elsewhere.
bool Session::meets_strange_diagnostics() const {
  const DiagnosticsOwner whose = lease_->diagnostics_of();
  if (whose == kNoDiagnostics || whose == own_diagnostics()) return false;
  return request_.statement.has(Trait::shows_diagnostics) ||
         (lease_->family() == ServerFamily::mariadb && may_show_diagnostics(request_.statement));
}

// At the end of a command.
void Session::follow_diagnostics(bool ok) {
  const bool has_statement = request_.has_statement();
  const bool counts_earlier = request_.spec->shape == Shape::ok;  // see counts_strange_warnings()
  const bool warned = !ok || (!counts_earlier && request_.warnings > 0);
  // MariaDB shows them still after a last result that has none.
  if (!warned && request_.warned_before && lease_->family() == ServerFamily::mariadb)
    return lease_->set_diagnostics_of(replaced_diagnostics());
  if (warned) {
    kept_diagnostics_.reset();
    if (!request_.executes_statement()) pins_.add(Pin::warnings_pending);
  } else if (!has_statement || !replaces_diagnostics(request_.statement, lease_->family())) {
    return;
  }
  const bool had_latest = lease_->diagnostics_of() == own_diagnostics();
  const DiagnosticsOwner latest = replaced_diagnostics();
  if (warned || had_latest) lease_->set_diagnostics_of(latest);
}

// The session begins anew, and so does its connection, if it has one.
void Session::forget_diagnostics() {
  kept_diagnostics_.reset();
  ++diagnostics_count_;
}

// We have prepared a text for an execution. What that leaves to show is nobody's: the client was told of it
// when he prepared the text.
void Session::note_prepared_again(std::uint16_t warnings) {
  if (warnings != 0) {
    lease_->set_diagnostics_of(kNobodysDiagnostics);
  } else if (replaces_diagnostics(request_.statement, lease_->family())) {
    lease_->set_diagnostics_of(kNoDiagnostics);
  }
}

// A SELECT without a table that we answer ourselves: on MySQL it leaves nothing to show.
void Session::note_local_select() {
  const ServerFamily family = lease_              ? lease_->family()
                              : kept_diagnostics_ ? kept_diagnostics_->family()
                                                  : ServerFamily::any;
  if (family != ServerFamily::mysql) return;
  drop_soft_pins();
  ++diagnostics_count_;
}

// MySQL counts in the reply to a command without a statement the warnings of the statement before it on that
// connection: of another session, unless ours is kept for them.
bool Session::counts_strange_warnings() const {
  return request_.spec->shape == Shape::ok && !pins_.has(Pin::warnings_pending);
}

// After the connection that knew has been let go.
bool Session::answered_from_kept_diagnostics(std::string_view sql) {
  if (!request_.statement.has(Trait::shows_diagnostics)) return false;
  ByteQueue& out = worker_.scratch_queue();
  if (!kept_diagnostics_->answer(sql, wants_.lex_mode(), request_.tracker.next_sequence(), out)) return false;
  stats().questions_local.add();
  row_count_ = -1;
  note_answered_here(kFromKeptDiagnostics);
  send_reply();
  const bool select = request_.statement.kind == StatementKind::select;
  if (select && kept_diagnostics_->family() == ServerFamily::mysql) forget_diagnostics();
  finish_command();
  return true;
}

}  // namespace weir
