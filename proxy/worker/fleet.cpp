#include "proxy/worker/fleet.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <future>

#include "protocol/base/log.hpp"
#include "protocol/base/thread.hpp"
#include "proxy/crash/crash_report.hpp"
#include "proxy/net/descriptor.hpp"
#include "proxy/worker/client_port.hpp"

namespace weir {
namespace {

constexpr std::string_view kVersionUntilKnown = "8.0.11";

// Whether servers of this hostgroup are what clients take us for: a writer, or a default.
bool speaks_for_us(const Snapshot& snapshot, int hostgroup) {
  for (const HostgroupPair& pair : snapshot.servers_part().pairs) {
    if (pair.reader == hostgroup && pair.writer != hostgroup) return false;
  }
  return true;
}

// Waits until each of several workers has reported once. Shared with them: the last one may still be inside
// arrive() when wait() has returned.
class Roll {
 public:
  explicit Roll(std::size_t expected) : missing_(expected) {}
  void arrive() {
    const std::lock_guard lock(mutex_);
    if (--missing_ == 0) complete_.notify_one();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    complete_.wait(lock, [&] { return missing_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable complete_;
  std::size_t missing_;
};

}  // namespace

Fleet::Fleet(std::shared_ptr<const Snapshot> snapshot, std::size_t workers,
             std::function<void()> on_all_ended)
    : snapshot_(std::move(snapshot)),
      on_all_ended_(std::move(on_all_ended)),
      in_flight_([this](const InFlightTicket& ticket) {
        Worker& its_worker = *workers_[ticket.worker];
        its_worker.post([&its_worker, ticket] { its_worker.on_place(ticket); });
      }),
      query_log_(workers) {
  for (std::size_t i = 0; i < workers; ++i) workers_.push_back(std::make_unique<Worker>(i, *this, snapshot_));
}

Fleet::~Fleet() {
  stop();
}

void Fleet::make_key() {
  auto key = RsaKey::generate(stopping_);
  if (stopping_) return;
  if (!key) {
    return log::error(
        "no RSA key pair could be made; accounts with a caching_sha2_password hash need a secure transport");
  }
  key_owner_ = std::make_shared<const RsaKey>(*std::move(key));
  rsa_key_.store(key_owner_.get(), std::memory_order_release);
}

void Fleet::wait_for_key() {
  if (key_maker_.joinable()) key_maker_.join();
}

std::size_t Fleet::most_newcomers() const {
  return std::max(kFewestNewcomers, most_newcomers_.load(std::memory_order_relaxed) / workers_.size());
}

void Fleet::succeed(const Fleet& before) {
  session_ids_.store(before.session_ids_.load());
  most_newcomers_.store(before.most_newcomers_.load());
  on_refused_write_ = before.on_refused_write_;
  on_unreachable_ = before.on_unreachable_;
  key_owner_ = before.key_owner_;
  rsa_key_.store(key_owner_.get());
  publish_routines(before.routines_);
  publish_names(before.names_);
  publish_tls(before.tls_);
  query_log_.set_directory(before.query_log_.directory());
  learned_passwords_.take_over(before.learned_passwords_);
  const std::scoped_lock lock(logins_mutex_, before.logins_mutex_);
  server_version_ = before.server_version_;
  servers_take_attributes_ = before.servers_take_attributes_;
  servers_login_status_ = before.servers_login_status_;
}

void Fleet::start() {
  query_log_.adopt(snapshot_->settings());
  client_port_ = std::make_unique<ClientPort>(*this, worker(0));
  if (!key_owner_) key_maker_ = std::thread([this] { make_key(); });
  for (auto& worker : workers_) {
    threads_.emplace_back([&worker] {
      begin_thread("weir-worker");
      worker->run();
    });
  }
  worker(0).post([this] { worker(0).warm(); });
}

std::vector<Watchdog::Thread> Fleet::threads() {
  std::vector<Watchdog::Thread> threads;
  for (std::size_t i = 0; i < threads_.size(); ++i) {
    const auto on_stuck = [this, thread = threads_[i].native_handle()] {
      stalls_.fetch_add(1, std::memory_order_relaxed);
      request_trace(thread);
    };
    threads.push_back({.name = fmt::format("worker {}", i),
                       .post = [&worker = worker(i)](Task task) { worker.post(std::move(task)); },
                       .on_stuck = on_stuck,
                       .at_work = &worker(i).at_work()});
  }
  return threads;
}

void Fleet::retire() {
  for (auto& worker : workers_) worker->post([&worker] { worker->retire(); });
}

void Fleet::drain() {
  for (auto& worker : workers_) worker->post([&worker] { worker->drain(); });
}

void Fleet::stop() {
  if (threads_.empty()) return;
  stop_listening(0);
  stopping_ = true;
  for (auto& worker : workers_) worker->post([&worker] { worker->stop(); });
  for (std::thread& thread : threads_) thread.join();
  wait_for_key();
  threads_.clear();
  query_log_.stop();
}

void Fleet::on_every_worker(const std::function<void(Worker&)>& visit) {
  if (threads_.empty()) {
    for (const auto& worker : workers_) visit(*worker);
    return;
  }
  const auto roll = std::make_shared<Roll>(workers_.size());
  for (const auto& worker : workers_) {
    worker->post([&visit, &worker = *worker, roll] {
      visit(worker);
      roll->arrive();
    });
  }
  roll->wait();
}

void Fleet::publish(std::shared_ptr<const Snapshot> snapshot) {
  const std::shared_ptr<const Snapshot> before = std::exchange(snapshot_, std::move(snapshot));
  forget_old_passwords(before->users_part());
  on_every_worker([this](Worker& worker) { worker.adopt(snapshot_); });
  query_log_.adopt(snapshot_->settings());
}

void Fleet::publish_tls(std::shared_ptr<const TlsContexts> tls) {
  tls_ = std::move(tls);
  on_every_worker([this](Worker& worker) { worker.loop().set_tls(tls_); });
}

void Fleet::publish_names(std::shared_ptr<const NameTable> names) {
  names_ = std::move(names);
  on_every_worker([this](Worker& worker) { worker.adopt_names(names_); });
}

void Fleet::publish_routines(std::shared_ptr<const RoutineCatalogs> routines) {
  const std::shared_ptr<const RoutineCatalogs> before = std::exchange(routines_, std::move(routines));
  on_every_worker([this](Worker& worker) { worker.analyzer().set_routines(routines_); });
}

void Fleet::publish(std::shared_ptr<const Snapshot> snapshot, Replaced on_done) {
  struct Publication {
    std::shared_ptr<const Snapshot> before;
    Replaced on_done;
    std::atomic<std::size_t> missing;
  };
  const auto publication = std::make_shared<Publication>(std::exchange(snapshot_, std::move(snapshot)),
                                                         std::move(on_done), workers_.size());
  forget_old_passwords(publication->before->users_part());
  for (const auto& worker : workers_) {
    worker->post([&worker = *worker, publication, next = snapshot_]() mutable {
      worker.adopt(std::move(next));
      if (publication->missing.fetch_sub(1) == 1) publication->on_done(std::move(publication->before));
    });
  }
}

Result<void, std::string> Fleet::listen_on(std::vector<Address> addresses, Millis patience_ms) {
  struct Question {
    std::mutex mutex;  // held while it is carried out, so that it is not withdrawn then
    std::condition_variable answered;
    std::optional<Result<void, std::string>> answer;
    bool withdrawn = false;
  };
  const auto question = std::make_shared<Question>();
  worker(0).post([port = client_port_.get(), question, addresses = std::move(addresses)] {
    const std::lock_guard lock(question->mutex);
    if (question->withdrawn) return;
    question->answer = port->listen_on(addresses);
    question->answered.notify_one();
  });
  std::unique_lock lock(question->mutex);
  const auto is_answered = [&] { return question->answer.has_value(); };
  if (question->answered.wait_for(lock, std::chrono::milliseconds(patience_ms), is_answered))
    return *std::move(question->answer);
  question->withdrawn = true;
  return std::unexpected("the worker that accepts clients is busy, or stuck; nothing was changed");
}

void Fleet::accept_clients() {
  worker(0).post([port = client_port_.get()] { port->accept(); });
}

void Fleet::stop_listening(Millis patience_ms) {
  if (!client_port_ || threads_.empty()) return;
  const auto closed = std::make_shared<std::promise<void>>();
  worker(0).post([port = client_port_.get(), closed] {
    port->close();
    closed->set_value();
  });
  closed->get_future().wait_for(std::chrono::milliseconds(patience_ms));
}

void Fleet::add_client(const AcceptedClient& client, const Worker* here) {
  auto fewest = std::min_element(workers_.begin(), workers_.end(), [](const auto& a, const auto& b) {
    return a->sessions_connected() < b->sessions_connected();
  });
  Worker& chosen = **fewest;
  chosen.expect_client();
  sessions_.fetch_add(1, std::memory_order_release);  // who sees the sum sees its parts
  if (&chosen == here) return chosen.add_client(client);
  chosen.post([&chosen, owned = Descriptor(client.fd), peer = client.peer, local = client.local]() mutable {
    chosen.add_client({owned.release(), peer, local});
  });
}

std::uint64_t Fleet::total(Counter WorkerStats::* counter) const {
  std::uint64_t sum = 0;
  for (const auto& worker : workers_) sum += (worker->stats().*counter).value();
  return sum;
}

std::size_t Fleet::sessions_connected() const {
  return sessions_.load(std::memory_order_acquire);
}

// 0 is nobody's id. After 2^32 of them each is asked for; who has not logged in yet came long after that
// many.
std::uint32_t Fleet::next_session_id() {
  for (;;) {
    const std::uint64_t number = session_ids_.fetch_add(1, std::memory_order_relaxed) + 1;
    const auto id = static_cast<std::uint32_t>(number);
    if (id != 0 && (number == id || !is_logged_in(id))) return id;
  }
}

bool Fleet::is_logged_in(std::uint32_t id) const {
  const std::lock_guard lock(logins_mutex_);
  return logged_in_by_id_.contains(id);
}

Fleet::Admission Fleet::admit(const LoggedIn& session, std::int64_t max_total, std::int64_t max_user) {
  const std::lock_guard lock(logins_mutex_);
  if (std::ssize(logged_in_by_id_) >= max_total) return Admission::too_many_connections;
  std::int64_t& of_user = logged_in_of_user_[session.user];
  if (of_user >= max_user) return Admission::too_many_of_user;
  ++of_user;
  logged_in_by_id_[session.id] = session;
  return Admission::admitted;
}

void Fleet::leave(const LoggedIn& session) {
  const std::lock_guard lock(logins_mutex_);
  logged_in_by_id_.erase(session.id);
  if (--logged_in_of_user_[session.user] == 0) logged_in_of_user_.erase(session.user);
}

bool Fleet::enter_from(const std::string& network, std::int64_t max) {
  const std::lock_guard lock(logins_mutex_);
  std::int64_t& clients = clients_of_network_[network];
  if (max > 0 && clients >= max) return false;
  ++clients;
  return true;
}

void Fleet::leave_to(const std::string& network) {
  const std::lock_guard lock(logins_mutex_);
  const auto found = clients_of_network_.find(network);
  if (--found->second == 0) clients_of_network_.erase(found);
}

std::unordered_map<std::string, std::int64_t> Fleet::logins_by_user() const {
  const std::lock_guard lock(logins_mutex_);
  return logged_in_of_user_;
}

void Fleet::session_ended() {
  if (sessions_.fetch_sub(1, std::memory_order_acq_rel) == 1) on_all_ended_();
}

Fleet::KillAnswer Fleet::kill(std::uint32_t session_id, bool query_only, const KillAsker& asker) {
  std::size_t owner = 0;
  {
    const std::lock_guard lock(logins_mutex_);
    const auto found = logged_in_by_id_.find(session_id);
    if (found == logged_in_by_id_.end()) return KillAnswer::unknown_id;
    if (found->second.user != asker.session.user) return KillAnswer::not_owner;
    owner = found->second.worker;
  }
  Worker& victims = worker(owner);
  Worker& askers = worker(asker.session.worker);
  victims.post([&victims, &askers, session_id, query_only, id = asker.session.id, ticket = asker.ticket] {
    victims.kill(session_id, query_only);
    askers.post([&askers, id, ticket] { askers.on_killed(id, ticket); });
  });
  return KillAnswer::on_its_way;
}

bool Fleet::kill(std::uint32_t session_id, bool query_only) {
  std::size_t owner = 0;
  {
    const std::lock_guard lock(logins_mutex_);
    const auto found = logged_in_by_id_.find(session_id);
    if (found == logged_in_by_id_.end()) return false;
    owner = found->second.worker;
  }
  Worker& victims = worker(owner);
  victims.post([&victims, session_id, query_only] { victims.kill(session_id, query_only); });
  return true;
}

std::string Fleet::server_version(const Settings& settings) {
  if (!settings.server_version.empty()) return settings.server_version;
  const std::lock_guard lock(logins_mutex_);
  return server_version_.empty() ? std::string(kVersionUntilKnown) : server_version_;
}

ServerFamily Fleet::servers_family(const Settings& settings) {
  {
    const std::lock_guard lock(logins_mutex_);
    if (!server_version_.empty()) return family_of(server_version_);
  }
  return family_of(server_version(settings));
}

bool Fleet::servers_take_attributes() const {
  const std::lock_guard lock(logins_mutex_);
  return servers_take_attributes_;
}

std::uint16_t Fleet::servers_login_status() const {
  const std::lock_guard lock(logins_mutex_);
  return servers_login_status_;
}

void Fleet::on_server_seen(const Snapshot& snapshot, int hostgroup, const Established& established) {
  if (!speaks_for_us(snapshot, hostgroup)) return;
  const std::lock_guard lock(logins_mutex_);
  server_version_ = established.server_version;
  servers_take_attributes_ = (established.offered & kQueryAttributes) != 0;
  servers_login_status_ = established.status;
}

void Fleet::learn(std::string_view stored, const Credentials& proof) {
  if (!learned_passwords_.learn(stored, proof)) return;
  for (const auto& worker : workers_) {
    worker->post([&worker = *worker, user = proof.user] { worker.renew_credentials(user); });
  }
}

void Fleet::forget_old_passwords(const UsersPart& before) {
  if (&before == &snapshot_->users_part()) return;
  learned_passwords_.keep_only([this](const std::string& name, const std::string& stored) {
    const User* user = snapshot_->find_user(name);
    return user != nullptr && (user->password == stored || user->additional_password == stored);
  });
}

}  // namespace weir
