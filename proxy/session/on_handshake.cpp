// Session, stage handshake: from the greeting to a session that has logged in; COM_CHANGE_USER comes back
// here (change_user.cpp).
#include <algorithm>

#include "protocol/base/check.hpp"
#include "protocol/wire/charsets.hpp"
#include "proxy/net/compression_filter.hpp"
#include "proxy/net/tls_contexts.hpp"
#include "proxy/net/tls_filter.hpp"
#include "proxy/pool/connection_attributes.hpp"
#include "proxy/session/introduction.hpp"
#include "proxy/session/session.hpp"
#include "proxy/worker/fleet.hpp"
#include "router/query/function.hpp"

namespace weir {
namespace {

constexpr std::uint16_t kAccessDenied = 1045;
// Sequence id of what follows the greeting (0) and the login (1), which is on its way or will be: the client
// could not read another one.
constexpr std::uint8_t kAnswerToLogin = 2;

// What zstd may cost for a client who has chosen its level, unless the operator compresses as hard by
// himself: 64 KiB take 3 ms at 9, and at 22 some 50, in which the worker does nothing else.
constexpr int kMostLevelOfClients = 9;

std::string crowd_text(const ClientOrigin& origin, const Settings& settings) {
  return error_text(ProxyError::too_many_of_address, origin.address, settings.max_connections_per_address);
}

}  // namespace

ServerGreeting Session::greeting() const {
  ServerGreeting greeting;
  greeting.version = worker_.fleet().server_version(settings());
  greeting.connection_id = id_;
  greeting.offer = kOfferedToClients;
  if (worker_.loop().tls().for_clients()) greeting.offer |= kSsl;
  if (settings().have_compress) greeting.offer |= kCompress | kZstd;
  // In the name of MySQL only, and where they would go on: leaving them out costs.
  if (family_of(greeting.version) == ServerFamily::mysql && worker_.fleet().servers_take_attributes())
    greeting.offer |= kQueryAttributes;
  // A greeting has one byte for it, like a server's, which then tells the character set's first collation.
  const std::uint16_t collation = default_collation(settings());
  greeting.collation = static_cast<std::uint8_t>(collation <= 0xff ? collation : kCollationUtf8mb4General);
  greeting.default_plugin = settings().default_authentication_plugin;
  greeting.rsa = worker_.fleet().rsa_key();
  greeting.secure_transport = origin_.is_local || tls_ != nullptr;
  greeting.peer_host = origin_.host();
  greeting.asks_before_work = true;
  return greeting;
}

void Session::begin() {
  if (Introduction::is_possible(settings(), origin_.address)) {
    introduction_ = std::make_unique<Introduction>();  // where he comes from is known, and counts, after it
  } else if (!enter()) {
    return turn_away(ProxyError::too_many_of_address, crowd_text(origin_, settings()));
  }
  if (worker_.fleet().memory_level() == MemoryLevel::full)
    return turn_away(ProxyError::out_of_resources, error_text(ProxyError::out_of_resources));
  accounts_ = std::make_unique<LoginAccounts>(worker_, origin_.address);
  handshake_ = std::make_unique<ServerHandshake>();
  handshake_->start(greeting(), *accounts_);
  deadline_.set(now() + settings().connect_timeout_client);
  flush_handshake();
}

void Session::flush_handshake() {
  client_.send(handshake_->output().readable());
  handshake_->output().clear();
}

// Counts the client for his address, unless there are too many of it.
bool Session::enter() {
  const std::int64_t most = origin_.is_local ? 0 : settings().max_connections_per_address;
  entered_ = worker_.fleet().enter_from(LoginGuard::network_of(origin_.address), most);
  return entered_;
}

void Session::on_handshake_bytes(Bytes bytes) {
  if (introduction_) return on_first_bytes(bytes);
  after_handshake(handshake_->on_bytes(bytes));
}

// Those of a peer who may say for whom he has connected.
void Session::on_first_bytes(Bytes bytes) {
  const Introduction::Want want = introduction_->on_bytes(bytes);
  if (want == Introduction::Want::read) return;
  const auto introduction = std::move(introduction_);
  if (want == Introduction::Want::failed) {
    worker_.log_of_client(
        caps_ != 0, log::Level::warn, "client refused: a malformed PROXY header",
        {{"session", id_}, {"client", origin_.address}, {"reason", to_text(introduction->error())}});
    ByteQueue out;
    std::uint8_t sequence = kAnswerToLogin;
    encode_proxy_error(out, sequence, ProxyError::handshake_failed);
    client_.send(out.readable());
    return end_after_reply(EndReason::client_protocol);
  }
  if (introduction->header()) {
    stats().client_proxy_headers.add();
    origin_.introduce(*introduction->header());
    accounts_->set_address(origin_.address);
    handshake_->set_peer_host(origin_.host());
  }
  enter();  // or refuse_crowd() follows
  if (!introduction->rest().empty()) on_handshake_bytes(introduction->rest());
}

// Instead of a greeting, as servers do it.
void Session::turn_away(ProxyError error, std::string_view text) {
  Counter& counter = error == ProxyError::out_of_resources ? stats().access_denied_memory
                                                           : stats().access_denied_address_connections;
  counter.add();
  const ErrorSpec& spec = error_spec(error);
  worker_.log_of_client(
      caps_ != 0, log::Level::info, "client refused",
      {{"session", id_}, {"client", origin_.address}, {"code", spec.code}, {"reason", text}});
  ByteQueue out;
  encode_greeting_error(spec.code, text, out);
  client_.send(out.readable());
  end_after_reply(EndReason::client_auth);
}

// `judged`: the guard has had its say about what has been decided.
void Session::after_handshake(ServerHandshake::Want want, bool judged) {
  if (want == ServerHandshake::Want::start_tls) return start_tls();
  if (want == ServerHandshake::Want::read) {
    // A proof was not enough, and more is wanted (caching_sha2_password): to a guesser that says that it was
    // wrong. So he is held up before he hears it, as before any verdict, and has failed if he leaves then.
    const bool wants_proof = handshake_->stage() == ServerHandshake::Stage::awaiting_proof;
    if (wants_proof && !doubtful_ && hold_up_login(want)) return;
    doubtful_ = doubtful_ || wants_proof;
    return flush_handshake();
  }
  // Who breaks off where a proof was asked for has been wrong like one who is denied.
  const bool is_denied = want == ServerHandshake::Want::failed &&
                         (handshake_->failure().code == kAccessDenied || handshake_->has_asked_for_proof());
  const bool is_decided = is_denied || want == ServerHandshake::Want::verified;
  const bool is_costly = want == ServerHandshake::Want::judge;
  if ((is_decided || is_costly) && !entered_) return refuse_crowd();
  if ((is_costly || (is_decided && !judged)) && hold_up_login(want)) return;
  is_costly ? verify_proof() : tell_login(want);
}

// Takes milliseconds.
void Session::verify_proof() {
  stats().client_full_authentications.add();
  after_handshake(handshake_->go_on(), true);
}

// True: where this comes from too much was wrong before, and how it went is told later, or something else is.
// It is the same for a password that is right: nobody learns it from the time.
bool Session::hold_up_login(ServerHandshake::Want verdict) {
  const std::string& user = handshake_->login().credentials.user;
  LoginGuard& guard = worker_.fleet().login_guard();
  const auto held = guard.judge(origin_.address, user, settings().max_failed_logins, now());
  if (held.refused) {
    stats().access_denied_failed_logins.add();
    const ErrorSpec& spec = error_spec(ProxyError::too_many_failed_logins);
    refuse_login(spec.code, spec.sqlstate, error_text(spec.error, origin_.address, handshake_->shown_user()));
    return true;
  }
  if (held.wait_ms == 0) return false;
  held_login_ = verdict;
  client_.pause_reading();
  deadline_.set(now() + held.wait_ms);
  return true;
}

// The login, of which there may have been doubts, is over.
void Session::settle_with_guard() {
  LoginGuard& guard = worker_.fleet().login_guard();
  if (std::exchange(held_login_, std::nullopt))
    guard.ended_wait(origin_.address, handshake_->login().credentials.user);
  if (std::exchange(doubtful_, false))
    guard.note_failure(origin_.address, handshake_->login().credentials.user, now());
}

// He had his greeting before it was known who he is: he is told as the answer to his login, right or wrong.
void Session::refuse_crowd() {
  stats().access_denied_address_connections.add();
  const ErrorSpec& spec = error_spec(ProxyError::too_many_of_address);
  refuse_login(spec.code, spec.sqlstate, crowd_text(origin_, settings()));
}

void Session::tell_held_login() {
  const ServerHandshake::Want verdict = *std::exchange(held_login_, std::nullopt);
  worker_.fleet().login_guard().ended_wait(origin_.address, handshake_->login().credentials.user);
  client_.resume_reading();
  deadline_.set(now() + settings().connect_timeout_client);
  if (verdict == ServerHandshake::Want::read) {
    doubtful_ = true;
    return flush_handshake();
  }
  verdict == ServerHandshake::Want::judge ? verify_proof() : tell_login(verdict);
}

void Session::tell_login(ServerHandshake::Want verdict) {
  const bool was_doubtful = std::exchange(doubtful_, false);
  if (verdict == ServerHandshake::Want::verified) return on_verified();
  const ServerHandshake::Failure& failure = handshake_->failure();
  const std::string& user = handshake_->login().credentials.user;
  worker_.log_of_client(caps_ != 0, log::Level::info, "login refused",
                        {{"session", id_},
                         {"user", handshake_->shown_user()},
                         {"client", origin_.address},
                         {"code", failure.code},
                         {"reason", accounts_->refusal().empty() ? failure.reason : accounts_->refusal()}});
  if (failure.code == kAccessDenied) {
    stats().access_denied.add();
  }
  if (failure.code == kAccessDenied || was_doubtful || handshake_->has_asked_for_proof())
    worker_.fleet().login_guard().note_failure(origin_.address, user, now());
  flush_handshake();
  const bool is_malformed_change = failure.code == error_spec(ProxyError::unknown_command).code;
  const bool is_denied = failure.code == kAccessDenied;
  if ((is_denied || is_malformed_change) && goes_on_as_before()) return;
  end_after_reply(is_denied ? EndReason::client_auth : EndReason::client_protocol);
}

// TLS may have been switched off since the greeting.
void Session::start_tls() {
  const auto& context = worker_.loop().tls().for_clients();
  if (!context) return end(EndReason::client_protocol);
  auto filter = TlsFilter::accept(context);
  tls_ = filter.get();
  accounts_->set_tls(tls_);
  client_.add_filter(std::move(filter), handshake_->take_rest());
  handshake_->on_secured();
}

// Behind the OK of the login; whoever has sent commands ahead of it has compressed those.
void Session::start_compression() {
  const Compression algorithm = compression_of(caps_);
  if (algorithm == Compression::none || compression_level_ > 0) return;
  stats().client_compressed_sessions.add();
  const int ours = static_cast<int>(settings().protocol_compression_level);
  const int theirs = std::min(handshake_->login().compression_level, std::max(ours, kMostLevelOfClients));
  const int level = algorithm == Compression::zstd ? theirs : std::min(ours, kMaxZlibLevel);
  compression_level_ = static_cast<std::uint8_t>(level);
  ByteQueue ahead;
  std::swap(ahead, inbox_);
  client_.add_filter(std::make_unique<CompressionFilter>(PacketNumbers::Side::server, algorithm, level),
                     ahead.readable());
}

// The password is right; the limits and the schema are still to be looked at.
void Session::on_verified() {
  const Login& login = handshake_->login();
  inbox_.append(handshake_->take_rest());  // an eager client's first command
  const Credentials& proven = login.credentials;
  const auto [user, stored] = accounts_->confirm(proven, handshake_->proven_secret());
  if (user == nullptr) return refuse_changed();
  if (!admit(*user)) return;
  worker_.fleet().learn(stored, proven);
  credentials_ = proven;
  renew_credentials();
  connection_attributes_ = attributes_for_client(login.attributes, origin_.name());
  needs().attributes = &connection_attributes_;
  const bool has_come = is_newcomer();  // and does not change his user
  if (has_come) worker_.newcomers().go();
  caps_ = login.caps;
  if (has_come && tls_ != nullptr) {
    stats().client_tls_sessions.add();
    if (tls_->facts().resumed) stats().client_tls_resumed.add();
  }
  scramble_ = handshake_->scramble();
  default_hostgroup_ = user->default_hostgroup;
  fast_forward_ = user->fast_forward;
  attributes_ = user->attributes;
  std::string schema = login.schema;
  if (schema.empty()) schema = schema_after_login(*user, settings());
  wants_.set_login_status(worker_.fleet().servers_login_status());
  status_ = wants_.login_status();
  const bool names_collation = login.collation != 0;
  wants_.start(proven.user, schema, names_collation ? login.collation : default_collation(settings()));
  if (login.schema.empty()) return accept_login();
  // As a server would: an unknown or forbidden schema refuses the login.
  request_.purpose = Purpose::login;
  request_.hostgroup = default_hostgroup_;
  request_.fallback_hostgroup = partner_of(default_hostgroup_);
  seek_connection();
}

// Connections that are opened from now on, or change their user, log in with what is in force now. Of an
// account that is gone, and of a hash of which nobody has proven the password yet, its sessions keep what
// they have.
void Session::renew_credentials() {
  const User* user = worker_.snapshot().find_user(credentials_.user);
  if (user == nullptr) return;
  if (auto current = backend_credentials(*user, worker_.fleet().learned_passwords()))
    credentials_ = std::move(*current);
}

// What he has proven was good when he began.
void Session::refuse_changed() {
  const ErrorSpec& spec = error_spec(ProxyError::access_denied);
  const std::string& user = handshake_->login().credentials.user;
  const bool gave_one = handshake_->login().credentials.cleartext != "";
  worker_.log_of_client(caps_ != 0, log::Level::info, "the account has changed during the login",
                        {{"session", id_}, {"user", user}, {"reason", accounts_->refusal()}});
  stats().access_denied.add();
  refuse_login(spec.code, spec.sqlstate,
               error_text(spec.error, user, greeting().peer_host, gave_one ? "YES" : "NO"));
}

bool Session::admit(const User& user) {
  const auto admission = worker_.fleet().admit({id_, worker_.index(), user.username},
                                               settings().max_connections, user.max_connections);
  switch (admission) {
    case Fleet::Admission::admitted:
      admitted_ = true;
      return true;
    case Fleet::Admission::too_many_connections: {
      stats().access_denied_max_connections.add();
      const ErrorSpec& spec = error_spec(ProxyError::too_many_connections);
      refuse_login(spec.code, spec.sqlstate, error_text(ProxyError::too_many_connections));
      return false;
    }
    case Fleet::Admission::too_many_of_user: {
      stats().access_denied_max_user_connections.add();
      const ErrorSpec& spec = error_spec(ProxyError::user_max_connections);
      refuse_login(spec.code, spec.sqlstate,
                   error_text(ProxyError::user_max_connections, user.username, "max_user_connections",
                              user.max_connections));
      return false;
    }
  }
  unreachable();
}

void Session::accept_login() {
  const bool has_waited = request_.purpose == Purpose::login;  // for an answer about his schema
  if (has_waited &&
      accounts_->confirm(handshake_->login().credentials, handshake_->proven_secret()).user == nullptr)
    return refuse_changed();
  handshake_->accept(status_);
  flush_handshake();
  start_compression();
  handshake_.reset();
  accounts_.reset();
  former_login_.reset();
  go_idle();
}

void Session::refuse_login(std::uint16_t code, std::string_view sqlstate, std::string_view message) {
  worker_.log_of_client(caps_ != 0, log::Level::info, "login refused",
                        {{"session", id_}, {"client", origin_.address}, {"code", code}, {"reason", message}});
  settle_with_guard();
  handshake_->refuse(code, sqlstate, message);
  flush_handshake();
  if (goes_on_as_before()) return;
  end_after_reply(EndReason::client_auth);
}

}  // namespace weir
