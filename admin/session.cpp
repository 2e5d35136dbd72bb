#include "admin/session.hpp"

#include <algorithm>
#include <utility>

#include "admin/refusals.hpp"
#include "admin/statement_split.hpp"
#include "protocol/base/log.hpp"
#include "protocol/wire/status.hpp"
#include "proxy/net/tls_contexts.hpp"
#include "proxy/net/tls_filter.hpp"

namespace weir {
namespace {

constexpr Caps kOffered = kOfferedToClients & ~kLocalFiles;
constexpr std::size_t kPortionBytes = 64 * 1024;  // of a result, between two looks at the channel
constexpr std::string_view kVersionUnlessSet = "8.0.11";
// Of statements that wait for the end of a pause; more is left with the system.
constexpr std::size_t kPausingInboxBytes = 64 * 1024;
constexpr std::uint16_t kLocalOnlyCode = 1040;
constexpr std::string_view kLocalOnlyState = "42000";
constexpr std::uint16_t kAccessDenied = 1045;

}  // namespace

AdminConnection::AdminConnection(AdminPortState& port, int fd, const Address& peer)
    : port_(port),
      channel_(port.loop),
      deadline_(port.loop.deadlines(), *this),
      socket_(peer.is_unix()),
      local_(is_local(peer)),
      handshake_(std::make_unique<ServerHandshake>()),
      accounts_(port.accounts),
      reader_(max_request_bytes()),
      share_(port.result_bytes),
      pace_(port.loop, channel_, *this) {
  session_.id = port.surroundings.next_session_id();
  session_.address = socket_ ? "localhost" : peer.ip();
  channel_.set_events(this);
  channel_.adopt(fd);
  handshake_->start(greeting(), *accounts_);
  deadline_.set(port_.loop.now() + port_.settings.connect_timeout_client);
  flush_handshake();
}

ServerGreeting AdminConnection::greeting() const {
  ServerGreeting greeting;
  greeting.version =
      port_.settings.server_version.empty() ? kVersionUnlessSet : port_.settings.server_version;
  greeting.connection_id = session_.id;
  greeting.offer = kOffered;
  if (port_.loop.tls().for_clients()) greeting.offer |= kSsl;
  greeting.status = kAdminStatus;
  greeting.default_plugin = port_.settings.default_authentication_plugin;
  greeting.rsa = port_.surroundings.rsa_key ? port_.surroundings.rsa_key() : nullptr;
  greeting.secure_transport = socket_ || secured_;
  greeting.peer_host = session_.address;
  return greeting;
}

void AdminConnection::flush_handshake() {
  channel_.send(handshake_->output().readable());
  handshake_->output().clear();
}

void AdminConnection::after_handshake(ServerHandshake::Want want) {
  if (want == ServerHandshake::Want::read) return flush_handshake();
  if (want == ServerHandshake::Want::start_tls) return start_tls();
  const bool is_denied = want == ServerHandshake::Want::failed && handshake_->failure().code == kAccessDenied;
  if ((is_denied || want == ServerHandshake::Want::verified) && hold_up_login(want)) return;
  tell_login(want);
}

// True: how it went is told later, or something else is; the same for a password that is right.
bool AdminConnection::hold_up_login(ServerHandshake::Want verdict) {
  const std::string& user = handshake_->login().credentials.user;
  switch (login_wait_.begin(port_.logins, socket_ ? std::string() : session_.address, user, local_,
                            port_.settings.max_failed_logins, port_.loop.now())) {
    case AdminLoginWait::Verdict::tell_now:
      return false;
    case AdminLoginWait::Verdict::tell_later:
      stage_ = Stage::held;
      held_verdict_ = verdict;
      deadline_.set(port_.loop.now() + login_wait_.wait_ms());
      return true;
    case AdminLoginWait::Verdict::refuse:
      break;
  }
  const ErrorSpec& spec = error_spec(ProxyError::too_many_failed_logins);
  handshake_->refuse(spec.code, spec.sqlstate,
                     error_text(spec.error, session_.address, handshake_->shown_user()));
  tell_login(ServerHandshake::Want::failed);
  return true;
}

void AdminConnection::tell_login(ServerHandshake::Want verdict) {
  if (verdict == ServerHandshake::Want::verified) return on_verified();
  const ServerHandshake::Failure& failure = handshake_->failure();
  if (failure.code == kAccessDenied) {
    port_.logins.denied.fetch_add(1, std::memory_order_relaxed);
    if (!socket_)
      port_.logins.guard.note_failure(session_.address, handshake_->login().credentials.user,
                                      port_.loop.now());
  }
  log::info("admin login refused", {{"user", handshake_->shown_user()},
                                    {"client", session_.address},
                                    {"code", failure.code},
                                    {"reason", failure.reason}});
  flush_handshake();
  close_after_reply();
}

void AdminConnection::start_tls() {
  const auto& context = port_.loop.tls().for_clients();
  if (!context) return end();  // switched off since the greeting
  channel_.add_filter(TlsFilter::accept(context), handshake_->take_rest());
  secured_ = true;
  handshake_->on_secured();
}

void AdminConnection::on_verified() {
  const AdminAccount& account = *accounts_->find_admin(handshake_->account()->name);
  if (account.local_only && !local_) {
    log::warn("admin login refused: the account has its default password, which is good on this machine only",
              {{"user", account.account.name}, {"client", session_.address}});
    handshake_->refuse(
        kLocalOnlyCode, kLocalOnlyState,
        "User '" + account.account.name +
            "' can only connect locally: its password is the default one, and must be changed");
    flush_handshake();
    return close_after_reply();
  }
  session_ = AdminSession{.id = session_.id,
                          .user = account.account.name,
                          .address = std::move(session_.address),
                          .stats_only = account.stats_only,
                          .database = handshake_->login().schema};
  caps_ = handshake_->login().caps;
  scramble_ = handshake_->scramble();
  handshake_->accept(kAdminStatus);
  flush_handshake();
  inbox_.append(handshake_->take_rest());  // an eager client's first command
  handshake_.reset();
  accounts_.reset();
  become_idle();
}

void AdminConnection::become_idle() {
  stage_ = Stage::idle;
  reader_.expect_sequence(0);
  set_idle_deadline();
}

// mysql-wait_timeout, of which 0 is no limit.
void AdminConnection::set_idle_deadline() {
  if (port_.settings.wait_timeout <= 0) return deadline_.clear();
  deadline_.set(port_.loop.now() + port_.settings.wait_timeout);
}

void AdminConnection::on_bytes(MutableBytes bytes) noexcept {
  inbox_.append(bytes);
  serve_inbox();
}

// Takes requests as long as their replies go out at once; what is left waits, and so does the client.
void AdminConnection::serve_inbox() {
  while ((stage_ == Stage::idle || stage_ == Stage::handshake) && !inbox_.empty()) {
    if (stage_ == Stage::handshake) {
      serve_handshake();
      continue;
    }
    if (channel_.congested()) return channel_.pause_reading();  // on_drained() goes on
    if (port_.turns.used_up()) {
      queue_up();
      break;
    }
    Bytes bytes = inbox_.readable();
    const std::size_t before = bytes.size();
    const auto payload = reader_.next(bytes);
    if (!payload) {
      const bool too_large = payload.error() == DecodeError::too_large;
      sequence_ = reader_.sequence();
      refuse_and_close(too_large ? ProxyError::packet_too_large : ProxyError::packets_out_of_order);
      return;
    }
    if (*payload) on_request(**payload);
    if (stage_ == Stage::ended) return;
    inbox_.consume(before - bytes.size());
  }
  // Who leaves during his pause is noticed at once: who connects anew for each statement must not fill the
  // port.
  const bool may_read =
      stage_ == Stage::idle || (stage_ == Stage::pausing && inbox_.size() < kPausingInboxBytes);
  const bool busy = stage_ == Stage::waiting || stage_ == Stage::replying || stage_ == Stage::pausing ||
                    stage_ == Stage::queued || stage_ == Stage::held;
  if (may_read) channel_.resume_reading();
  if (busy && !may_read) channel_.pause_reading();
}

void AdminConnection::serve_handshake() {
  const ServerHandshake::Want want = handshake_->on_bytes(inbox_.readable());
  inbox_.clear();
  after_handshake(want);
}

void AdminConnection::on_request(Bytes payload) {
  sequence_ = reader_.sequence();
  reader_.expect_sequence(0);
  set_idle_deadline();
  const Command command = payload.empty() ? Command::unknown : command_spec(payload[0]).command;
  const auto row = std::ranges::find(commands(), command, &CommandRow::command);
  if (row == commands().end()) return reply_error(ProxyError::unknown_command);
  account([&] { (this->*row->answer)(payload); });
}

// A request may take several turns. Who has read live tables for it pauses when all of it is answered.
template <class Work>
void AdminConnection::account(Work work) {
  const auto live_reads = [this] {
    return port_.surroundings.live_reads ? port_.surroundings.live_reads() : 0;
  };
  const std::uint64_t reads_before = live_reads();
  const std::uint64_t began_us = thread_cpu_us();
  work();
  request_cpu_us_ += thread_cpu_us() - began_us;
  reads_live_ = reads_live_ || live_reads() != reads_before;
  if (stage_ != Stage::idle) return;
  const std::uint64_t cpu_us = std::exchange(request_cpu_us_, 0);
  if (!std::exchange(reads_live_, false)) return;
  const Millis pause = port_.pace.after(cpu_us, port_.loop.now_us());
  if (pause == 0) return;
  stage_ = Stage::pausing;
  deadline_.set(port_.loop.now() + pause);
}

void AdminConnection::begin_reply(Reply reply, RowForm form, bool more_follows) {
  if (stage_ == Stage::ended) return;  // by the statement itself
  const std::uint16_t status = more_follows ? kAdminStatus | kStatusMoreResults : kAdminStatus;
  if (auto* refusal = std::get_if<Refusal>(&reply)) {
    script_ = Script{};
    return reply_error(refusal->code, refusal->sqlstate, refusal->message);
  }
  if (const auto* later = std::get_if<Later>(&reply)) return wait_for_answer(*later, form, more_follows);
  if (auto* rows = std::get_if<Rows>(&reply); rows != nullptr && !rows->columns.empty()) {
    return begin_result(std::move(*rows), form, status);
  }
  const Done done = std::holds_alternative<Done>(reply) ? std::get<Done>(reply) : Done{};
  ReplyWriter ok = writer();
  ok.ok(status, done.affected_rows, 0, warnings(), done.info);
  sequence_ = ok.next_sequence();
  flush();
}

// Not everything is bounded while it is made: lists that commands give are counted here.
void AdminConnection::begin_result(Rows rows, RowForm form, std::uint16_t status) {
  const std::size_t bytes = memory_of(rows);
  if (const std::size_t limit = share_.limit(); bytes > limit) {
    script_ = Script{};
    const Refusal refusal = refuse(AdminError::other, result_too_large(limit));
    return reply_error(refusal.code, refusal.sqlstate, refusal.message);
  }
  share_.take(bytes);
  result_.emplace(
      std::move(rows),
      ResultEncoder::Answer{
          .form = form, .caps = caps_, .sequence = sequence_, .status = status, .warnings = warnings()});
}

// Without a deadline: the work has its own.
void AdminConnection::wait_for_answer(const Later& later, RowForm form, bool more_follows) {
  stage_ = Stage::waiting;
  deadline_.clear();
  later.ask([this, there = std::weak_ptr(there_), form, more_follows](Answer answer) {
    if (!there.expired() && stage_ == Stage::waiting) on_answer(std::move(answer), form, more_follows);
  });
}

void AdminConnection::on_answer(Answer answer, RowForm form, bool more_follows) {
  become_idle();
  begin_reply(std::visit([](auto& known) { return Reply(std::move(known)); }, answer), form, more_follows);
  account([this] { continue_reply(); });
  serve_inbox();
}

std::string_view AdminConnection::Script::take(bool several) {
  const std::string_view statement = several ? take_statement(rest) : std::exchange(rest, {});
  done = rest.empty();
  return statement;
}

Reply AdminConnection::run(std::string_view sql, std::span<const Cell> parameters) {
  session_.most_result_bytes = share_.limit();
  const std::uint64_t began_us = port_.loop.now_us();
  Reply reply = port_.executor.run(session_, sql, parameters);
  port_.turns.note(port_.loop.now_us() - began_us);
  return reply;
}

// Until all is sent that is to be sent, or the client is behind.
void AdminConnection::continue_reply() {
  while (stage_ != Stage::ended) {
    if (stage_ == Stage::waiting) return;  // on_answer() goes on
    if (!send_result()) {
      stage_ = Stage::replying;
      return pace_.await_drain({port_.settings.client_stall_timeout, port_.settings.client_min_drain_rate});
    }
    if (script_.done) break;
    if (port_.turns.used_up()) return queue_up();
    const std::string_view statement = script_.take((caps_ & kMultiStatements) != 0);
    begin_reply(run(statement), RowForm::text, !script_.done);
  }
  script_ = Script{};
  if (stage_ == Stage::replying) stage_ = Stage::idle;
}

// False if the client is to take some of it first. What is left of it in the channel may be much, too: a row
// goes there whole.
bool AdminConnection::send_result() {
  while (result_ && !channel_.congested()) {
    const bool all = result_->write_some(out_, kPortionBytes);
    flush();
    if (!all) continue;
    sequence_ = result_->next_sequence();
    result_.reset();
  }
  if (channel_.congested()) return false;
  share_.give_back();
  return true;
}

void AdminConnection::on_drained() noexcept {
  if (stage_ == Stage::replying) {
    set_idle_deadline();
    pace_.come();
    account([this] { continue_reply(); });
  }
  if (stage_ == Stage::replying || stage_ == Stage::idle || stage_ == Stage::pausing) serve_inbox();
}

// Nothing is read meanwhile. Without a deadline: others' statements have theirs.
void AdminConnection::queue_up() {
  stage_ = Stage::queued;
  deadline_.clear();
  port_.turns.wait(*this);
}

// Not become_idle(): a request may be half read.
void AdminConnection::on_turn() noexcept {
  stage_ = Stage::idle;
  set_idle_deadline();
  if (!script_.done) account([this] { continue_reply(); });
  serve_inbox();
}

void AdminConnection::flush() {
  channel_.send(out_.readable());
  out_.clear();
}

void AdminConnection::reply_ok() {
  writer().ok(kAdminStatus);
  flush();
}

void AdminConnection::reply_error(std::uint16_t code, std::string_view sqlstate, std::string_view message) {
  writer().err(code, sqlstate, message);
  flush();
}

std::uint16_t AdminConnection::warnings() const {
  return static_cast<std::uint16_t>(std::min<std::size_t>(session_.warnings.size(), 0xffff));
}

void AdminConnection::refuse_and_close(ProxyError error) {
  reply_error(error);
  close_after_reply();
}

void AdminConnection::close_after_reply() {
  stage_ = Stage::closing;
  deadline_.set(port_.loop.now() + kLastWordsMs);
  channel_.close_when_sent();
}

void AdminConnection::on_deadline() noexcept {
  if (stage_ == Stage::held) {
    login_wait_.over();
    stage_ = Stage::handshake;
    deadline_.set(port_.loop.now() + port_.settings.connect_timeout_client);
    channel_.resume_reading();
    tell_login(held_verdict_);
    return serve_inbox();
  }
  if (stage_ == Stage::pausing) {
    become_idle();
    return serve_inbox();
  }
  if (stage_ != Stage::idle) return end();
  sequence_ = 0;
  refuse_and_close(ProxyError::idle_timeout);
}

void AdminConnection::on_closed(NetError why) noexcept {
  if (why.detail)
    log::info("an admin client's TLS failed", {{"client", session_.address}, {"reason", why.text()}});
  end();
}

void AdminConnection::end() {
  if (stage_ == Stage::ended) return;
  stage_ = Stage::ended;
  login_wait_.over();
  port_.turns.leave(*this);
  deadline_.clear();
  pace_.clear();
  channel_.close();
  result_.reset();
  share_.give_back();
  port_.on_ended();
}

}  // namespace weir
