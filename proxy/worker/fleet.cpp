#include "proxy/worker/fleet.hpp"

#include <algorithm>
#include <condition_variable>

#include "protocol/base/log.hpp"
#include "protocol/base/thread_name.hpp"
#include "proxy/net/descriptor.hpp"

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

void Fleet::succeed(const Fleet& before) {
  last_session_id_.store(before.last_session_id_.load());
  on_refused_write_ = before.on_refused_write_;
  on_unreachable_ = before.on_unreachable_;
  key_owner_ = before.key_owner_;
  rsa_key_.store(key_owner_.get());
  publish_routines(before.routines_);
  publish_names(before.names_);
  query_log_.set_directory(before.query_log_.directory());
  const std::scoped_lock lock(logins_mutex_, before.logins_mutex_);
  learned_ = before.learned_;
  server_version_ = before.server_version_;
  servers_take_attributes_ = before.servers_take_attributes_;
  servers_login_status_ = before.servers_login_status_;
}

void Fleet::start() {
  query_log_.adopt(snapshot_->settings());
  if (!key_owner_) key_maker_ = std::thread([this] { make_key(); });
  for (auto& worker : workers_) {
    threads_.emplace_back([&worker] {
      name_this_thread("weir-worker");
      worker->run();
    });
  }
  worker(0).post([this] { worker(0).warm(); });
}

void Fleet::drain() {
  for (auto& worker : workers_) worker->post([&worker] { worker->drain(); });
}

void Fleet::stop() {
  if (threads_.empty()) return;
  stopping_ = true;
  for (auto& worker : workers_) worker->post([&worker] { worker->stop(); });
  for (std::thread& thread : threads_) thread.join();
  if (key_maker_.joinable()) key_maker_.join();
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
  forget_changed_users(before->users_part());
  on_every_worker([this](Worker& worker) { worker.adopt(snapshot_); });
  query_log_.adopt(snapshot_->settings());
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
  forget_changed_users(publication->before->users_part());
  for (const auto& worker : workers_) {
    worker->post([&worker = *worker, publication, next = snapshot_]() mutable {
      worker.adopt(std::move(next));
      if (publication->missing.fetch_sub(1) == 1) publication->on_done(std::move(publication->before));
    });
  }
}

void Fleet::add_client(const AcceptedClient& client) {
  auto fewest = std::min_element(workers_.begin(), workers_.end(), [](const auto& a, const auto& b) {
    return a->sessions_connected() < b->sessions_connected();
  });
  Worker& chosen = **fewest;
  sessions_.fetch_add(1, std::memory_order_relaxed);
  chosen.expect_client();
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
  return sessions_.load(std::memory_order_relaxed);
}

// 0 is nobody's id, also after the counter has wrapped.
std::uint32_t Fleet::next_session_id() {
  std::uint32_t id = 0;
  while (id == 0) id = last_session_id_.fetch_add(1, std::memory_order_relaxed) + 1;
  return id;
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

void Fleet::learn(const Credentials& credentials) {
  const std::lock_guard lock(logins_mutex_);
  learned_[credentials.user] = credentials;
}

// What they proved was the password of before.
void Fleet::forget_changed_users(const UsersPart& before) {
  if (&before == &snapshot_->users_part()) return;
  const std::lock_guard lock(logins_mutex_);
  std::erase_if(learned_, [&](const auto& entry) {
    const auto was = before.users.find(entry.first);
    const User* is = snapshot_->find_user(entry.first);
    return is == nullptr || was == before.users.end() || was->second.password != is->password;
  });
}

std::optional<Credentials> Fleet::find_learned(const std::string& user) {
  const std::lock_guard lock(logins_mutex_);
  const auto found = learned_.find(user);
  return found == learned_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace weir
