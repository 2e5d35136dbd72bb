// Session, stage syncing: the connection is brought in step with what the session expects, before the
// statement.
//
// A change of user goes alone, for it is a conversation; all other steps (schema, variables, a statement to
// prepare) go in one write. A transaction that has left a replica is begun again in the end. The statement
// itself is sent when the last of them has succeeded, never before.
#include "protocol/message/prepared.hpp"
#include "protocol/message/query.hpp"
#include "protocol/wire/writer.hpp"
#include "proxy/pool/connection_attributes.hpp"
#include "proxy/session/session.hpp"

namespace weir {
namespace {

// A change of user, the state of a prepared statement, the session's own, a transaction: more rounds would be
// a circle.
constexpr int kMaxSyncRounds = 5;

// Forgets the warnings of earlier statements, in every state of an XA transaction too. MariaDB keeps them
// while statements use no table, and lets only those of the information schema be used after XA END.
std::string_view clearing(ServerFamily family) {
  return family == ServerFamily::mysql ? "DO 1" : "DO (SELECT 1 FROM information_schema.ENGINES LIMIT 1)";
}

}  // namespace

ConnectRequest Session::change_user_request() const {
  ConnectRequest request;
  request.credentials = credentials_;
  request.schema = lease_->synchronisation().target.schema();
  request.collation = wants_.login_collation();
  request.secure_transport = lease_->server().port == 0;
  request.attributes = attribute_pairs(connection_attributes_);
  return request;
}

void Session::synchronise() {
  BackendConnection& connection = *lease_;
  auto& [plan, target] = connection.synchronisation();
  // A text that is not prepared here yet (COM_STMT_PREPARE itself brings its own): first into the state in
  // which it was prepared for the client, and then, in a second round, into the session's.
  request_.preparing = request_.prepared && request_.spec != nullptr &&
                       request_.spec->has(kCarriesStatementId) && find_handle(*request_.prepared) == nullptr;
  if (request_.preparing) {
    target = request_.prepared->context.applied_to(wants_);
    plan.make(connection.has(), target, needs_.carry);
  } else {
    plan.make(connection.has(), wants_, needs_.carry);
    if (plan.empty() && !request_.reopens_transaction && !meets_strange_diagnostics()) return synchronised();
    target = wants_;
  }
  stage_ = Stage::syncing;
  if (++request_.sync_rounds > kMaxSyncRounds) return lose_connection("its session state cannot be set");
  if (plan.change_user()) {
    stats().backend_user_changes.add();
    return connection.change_user(change_user_request());
  }
  send_sync();
}

void Session::send_sync() {
  const SyncPlan& plan = lease_->synchronisation().plan;
  stats().syncs.add();
  request_.sync_step = 0;
  request_.sync_steps = plan.count();
  ByteQueue& out = worker_.scratch_queue();
  plan.write_to(out, lease_->caps());
  if (request_.preparing) {
    stats().statements_prepared_again.add();
    stats().backend_prepares.add();
    add_sync_step(out, Command::stmt_prepare, request_.prepared->sent());
  } else if (plan.empty()) {
    add_sync_step(out, Command::query,
                  request_.reopens_transaction ? "START TRANSACTION READ ONLY" : clearing(lease_->family()));
  }
  begin_sync_step();
  lease_->send(out.readable());
  out.clear();
}

void Session::add_sync_step(ByteQueue& out, Command command, std::string_view text) {
  std::uint8_t sequence = 0;
  PacketWriter packet(out, sequence);
  packet.fixed(static_cast<std::uint8_t>(command), 1);
  if (command == Command::query) packet.bytes(no_attributes(lease_->caps()));
  packet.text(text);
  ++request_.sync_steps;
}

// The transaction that was READ ONLY on a replica is open again.
void Session::reopened() {
  request_.reopens_transaction = false;
  pins_.add(Pin::in_transaction);
  status_ |= kStatusInTransaction | kStatusInReadOnlyTransaction;
}

void Session::begin_sync_step() {
  const bool last_prepares = request_.preparing && request_.sync_step == request_.sync_steps - 1;
  lease_->begin(last_prepares ? Shape::prepare : Shape::ok);
}

void Session::on_sync_bytes(Bytes bytes) {
  ByteQueue held;
  std::swap(held, held_);
  if (!held.empty()) {
    held.append(bytes);
    bytes = held.readable();
  }
  const std::size_t taken = sync_from(bytes);
  if (taken < bytes.size()) held_.append(bytes.subspan(taken));
}

// Reads replies; returns how many bytes of them are done with.
std::size_t Session::sync_from(Bytes bytes) {
  std::size_t at = 0;
  for (;;) {
    const auto scan = lease_->tracker().scan(bytes.subspan(at));
    if (!scan) {
      backend_broke_protocol(scan.error());
      return bytes.size();
    }
    at += scan->forward;
    if (scan->packet != 0) {
      if (!on_sync_packet(bytes.subspan(at, scan->packet), scan->kind)) return bytes.size();
      at += scan->packet;
    }
    if (lease_->tracker().done()) {
      if (++request_.sync_step == request_.sync_steps) {
        if (at < bytes.size()) lease_.suspect();  // it speaks on, unasked
        held_.clear();
        synchronise();
        return bytes.size();
      }
      begin_sync_step();
    } else if (scan->packet == 0) {
      return at;
    }
  }
}

// False: the synchronisation has failed, and everything about it is done.
bool Session::on_sync_packet(Bytes packet, PacketKind kind) {
  if (kind == PacketKind::err) {
    sync_failed(packet);
    return false;
  }
  if (kind == PacketKind::prepare_ok) {
    const auto prepared = decode_prepare_ok(packet.subspan(kFrameHeaderBytes));
    if (prepared) {
      remember_handle(request_.prepared, prepared->statement_id, PreparedHandles::Instead::of_none);
      note_prepared_again(prepared->warnings);
    }
    return true;
  }
  if (status_in_doubt_ && kind == PacketKind::ok) end_doubt(lease_->tracker().status());
  if (lease_->tracker().warnings() != 0) lease_->set_diagnostics_of(kNobodysDiagnostics);
  const auto& [plan, target] = lease_->synchronisation();
  if (request_.sync_step < plan.count()) {
    plan.applied(request_.sync_step, lease_->has(), target);
  } else if (kind == PacketKind::ok && !request_.preparing) {
    request_.reopens_transaction ? reopened() : lease_->set_diagnostics_of(kNoDiagnostics);
  }
  return true;
}

// The OK of a step of ours says of the transaction what the ERR before it could not. (It also ends what
// ROW_COUNT() is on the server: from here on only the session knows.)
void Session::end_doubt(std::uint16_t status) {
  constexpr std::uint16_t kOfTransactions = kStatusInTransaction | kStatusInReadOnlyTransaction;
  status_in_doubt_ = false;
  status_ = static_cast<std::uint16_t>((status_ & ~kOfTransactions) | (status & kOfTransactions));
  pins_.set(Pin::in_transaction, (status & kOfTransactions) != 0);
}

// What the server says about "USE shop" or "SET sql_mode=..." is the answer to the statement that needed it.
void Session::sync_failed(Bytes packet) {
  const auto err = decode_err(packet.subspan(kFrameHeaderBytes));
  const bool only_the_prepare = request_.preparing && request_.sync_step == request_.sync_steps - 1;
  if (!only_the_prepare) lease_.suspect();  // later steps are under way: nobody knows which of them are done
  held_.clear();
  count_server_error(packet);
  const ErrPacket error = err ? *err : ErrPacket{};
  note_schema_refused(error.code);
  if (request_.purpose == Purpose::login) {
    refuse_login(error.code, error.sqlstate, error.message);
    return;
  }
  if (only_the_prepare) lease_->set_diagnostics_of(replaced_diagnostics());
  if (only_the_prepare && request_.spec->shape == Shape::none) return refuse_data(error);
  reply_err(error.code, error.sqlstate, error.message);
  request_.failed = true;
  if (pinned() && !only_the_prepare) return end(EndReason::backend_lost);
  if (only_the_prepare) pins_.add(Pin::warnings_pending);
  if (!pinned()) lease_.end();
  go_idle();
}

void Session::synchronised() {
  schema_in_doubt_ = false;
  if (request_.killed) {
    reply(ProxyError::query_interrupted);
    return finish_command();
  }
  if (request_.purpose == Purpose::command) return execute();
  lease_.end();  // the schema is there, and we may use it
  accept_login();
}

void Session::on_user_changed() noexcept {
  synchronise();
}

void Session::on_change_user_failed(const ConnectFailure& failure) noexcept {
  if (failure.has_another && !std::exchange(request_.tried_another_password, true)) {
    lease_.suspect();
    lease_.end();
    request_.sync_rounds = 0;
    held_.clear();
    return seek_connection();
  }
  if (!failure.from_server && !failure.of_account) return lose_connection(failure.message, failure.code);
  lease_.suspect();
  lease_.end();
  on_no_connection(failure);
}

}  // namespace weir
