#include "proxy/session/mirror.hpp"

#include <algorithm>
#include <utility>

#include "protocol/message/query.hpp"
#include "protocol/message/response.hpp"
#include "protocol/wire/error_codes.hpp"
#include "protocol/wire/status.hpp"
#include "proxy/pool/connection_attributes.hpp"
#include "router/session/sync_plan.hpp"

namespace weir {

// One copy: a connection, in step with what the copy expects, the statement, and its answer up to the end.
class Mirrors::Run final : BackendUser, PoolWaiter, DeadlineEvents {
 public:
  Run(Mirrors& owner, MirrorCopy copy)
      : owner_(owner), copy_(std::move(copy)), deadline_(owner.loop_.deadlines(), *this) {}
  ~Run() {
    owner_.pool_.cancel(*this);
    lease_.suspect();  // if there is one still, it is in the middle of something
  }

  void start() {
    needs_.hostgroup = copy_.hostgroup;
    needs_.key = copy_.key;
    needs_.credentials = &copy_.credentials;
    needs_.wants = &copy_.wants;
    needs_.until = owner_.loop_.now() + copy_.connect_timeout_ms;
    deadline_.set(needs_.until);
    lease_ = owner_.pool_.acquire(*this);
    if (lease_) synchronise();
  }

 private:
  void on_connection(Lease lease) noexcept override {
    lease_ = std::move(lease);
    synchronise();
  }
  void on_no_connection(const ConnectFailure& failure) noexcept override {
    count_error(failure.code, failure.message, failure.server.get());
    fail();
  }
  BackendUser& backend_user() noexcept override { return *this; }
  void on_user_changed() noexcept override { synchronise(); }
  void on_change_user_failed(const ConnectFailure& failure) noexcept override {
    count_error(failure.code, failure.message, failure.server.get());
    fail();
  }
  void on_backend_lost(NetError) noexcept override {
    count_error(kServerLost, "Lost connection to the mirror", nullptr);
    fail();
  }
  void on_backend_drained() noexcept override {}
  void on_deadline() noexcept override {
    if (lease_) owner_.pool_.kill_on_server(*lease_, copy_.credentials, ServerKill::connection);
    const ProxyError error = lease_ ? ProxyError::query_timeout : ProxyError::no_backend_in_time;
    count_error(error_spec(error).code,
                lease_ ? "The mirror has not answered in time" : "No connection to the mirror in time",
                nullptr);
    fail();
  }

  void synchronise() {
    plan_.make(lease_->has(), copy_.wants, CarryInsertId::no);
    if (plan_.empty()) return execute();
    if (++rounds_ > kMaxRounds) return fail();
    if (plan_.change_user()) {
      ConnectRequest request;
      request.credentials = copy_.credentials;
      request.schema = copy_.wants.schema();
      request.collation = copy_.wants.login_collation();
      request.attributes = own_attributes();
      request.secure_transport = lease_->server().port == 0;
      return lease_->change_user(std::move(request));
    }
    ByteQueue out;
    plan_.write_to(out, lease_->caps());
    step_ = 0;
    lease_->begin(Shape::ok);
    lease_->send(out.readable());
  }

  void execute() {
    executing_ = true;
    deadline_.set(owner_.loop_.now() + copy_.timeout_ms);
    if (copy_.text_at > 1 && (lease_->caps() & kQueryAttributes) == 0)
      blank_attributes(MutableBytes(copy_.request).subspan(kFrameHeaderBytes), copy_.text_at);
    lease_->begin(Shape::result);
    lease_->send(copy_.request);
  }

  void on_backend_bytes(MutableBytes bytes) noexcept override {
    ByteQueue held;
    std::swap(held, held_);
    held.append(bytes);
    const std::size_t taken = take(held.readable());
    if (lease_ && taken < held.size()) held_.append(held.readable().subspan(taken));
  }

  // Returns how many bytes are done with.
  std::size_t take(Bytes bytes) {
    std::size_t at = 0;
    for (;;) {
      const auto scan = lease_->tracker().scan(bytes.subspan(at));
      if (scan && scan->packet != 0 && scan->kind == PacketKind::err)
        note_err(bytes.subspan(at + scan->forward, scan->packet));
      if (!scan || (scan->packet != 0 && !acceptable(scan->kind))) {
        fail();
        return bytes.size();
      }
      at += scan->forward;
      if (scan->packet != 0 && scan->kind == PacketKind::ok) note_ok(bytes.subspan(at, scan->packet));
      at += scan->packet;
      if (lease_->tracker().done()) {
        const bool last = executing_ || step_ + 1 == plan_.count();
        if (last && at < bytes.size()) lease_.suspect();  // it speaks on, unasked
        answered();
        if (last) return bytes.size();
        continue;
      }
      if (scan->packet == 0) return at;
    }
  }

  // LAST_INSERT_ID() is this id now, or what it was if the statement named the id: the next who asks is given
  // his own.
  void note_ok(Bytes packet) {
    const auto ok = decode_ok(packet.subspan(kFrameHeaderBytes), lease_->caps());
    if (!ok || ok->last_insert_id == 0) return;
    lease_->has().set_last_insert_id(kUnknownInsertId);
  }

  void note_err(Bytes packet) {
    if (executing_) owner_.stats_.mirror_errors.add();
    failed_ = true;
    if (const auto error = decode_err(packet.subspan(kFrameHeaderBytes)))
      count_error(error->code, error->message, nullptr);
  }

  // Of the server that it is connected to, if it is, else of `server`; null: of none.
  void count_error(std::uint16_t code, std::string_view message, const Server* server) {
    if (lease_) server = &lease_->server();
    ErrorKey key{.hostgroup = needs_.hostgroup,
                 .hostname = {},
                 .username = copy_.wants.user(),
                 .schema = copy_.wants.schema(),
                 .code = code};
    if (server != nullptr) {
      key.hostgroup = server->hostgroup;
      key.hostname = server->hostname;
      key.port = server->port;
    }
    owner_.errors_.count(key, copy_.client_address, message, owner_.loop_.now_us());
  }

  // An error of the statement is an answer as good as any; one of a step before it, or a question for a file,
  // is not.
  bool acceptable(PacketKind kind) const {
    return kind != PacketKind::local_infile && (executing_ || kind != PacketKind::err);
  }

  void answered() {
    if (executing_) {
      constexpr std::uint16_t kOpen = kStatusInTransaction | kStatusInReadOnlyTransaction;
      if ((lease_->tracker().status() & kOpen) != 0) lease_.suspect();
      if (failed_ || lease_->tracker().warnings() != 0) lease_->set_diagnostics_of(kNobodysDiagnostics);
      if (copy_.may_hide_insert_id || (failed_ && copy_.may_write))
        lease_->has().set_last_insert_id(kUnknownInsertId);
      owner_.stats_.mirrored.add();
      return end();
    }
    if (lease_->tracker().warnings() != 0) lease_->set_diagnostics_of(kNobodysDiagnostics);
    plan_.applied(step_, lease_->has(), copy_.wants);
    if (++step_ == plan_.count()) return synchronise();
    lease_->begin(Shape::ok);
  }

  void fail() {
    lease_.suspect();
    owner_.stats_.mirror_failures.add();
    end();
  }

  void end() {
    deadline_.clear();
    owner_.pool_.cancel(*this);
    lease_.end();
    owner_.ended(*this);
  }

  static constexpr int kMaxRounds = 4;

  Mirrors& owner_;
  MirrorCopy copy_;
  Deadline deadline_;
  Lease lease_;
  SyncPlan plan_;
  ByteQueue held_;
  int step_ = 0;
  int rounds_ = 0;
  bool executing_ = false;
  bool failed_ = false;
};

Mirrors::Mirrors(Loop& loop, PoolShard& pool, WorkerStats& stats, ErrorStats& errors)
    : loop_(loop), pool_(pool), stats_(stats), errors_(errors) {}

Mirrors::~Mirrors() = default;

bool Mirrors::submit(MirrorCopy copy, const MirrorLimits& limits) {
  limits_ = limits;
  const std::size_t bytes = sizeof(MirrorCopy) + copy.request.size();
  if (waiting_.size() >= limits_.waiting || waiting_bytes_ + bytes > limits_.waiting_bytes) {
    stats_.mirror_dropped.add();
    return false;
  }
  waiting_bytes_ += bytes;
  waiting_.push_back(std::move(copy));
  loop_.at_turn_end(*this);
  return true;
}

void Mirrors::clear() {
  waiting_.clear();
  waiting_bytes_ = 0;
  running_.clear();
}

void Mirrors::ended(Run& run) {
  const auto place = std::ranges::find_if(running_, [&](const auto& each) { return each.get() == &run; });
  ended_.push_back(std::move(*place));
  running_.erase(place);
  loop_.at_turn_end(*this);
}

void Mirrors::on_turn_end() noexcept {
  ended_.clear();
  while (!waiting_.empty() && running_.size() < limits_.running) {
    waiting_bytes_ -= sizeof(MirrorCopy) + waiting_.front().request.size();
    running_.push_back(std::make_unique<Run>(*this, std::move(waiting_.front())));
    waiting_.pop_front();
    running_.back()->start();
  }
}

}  // namespace weir
