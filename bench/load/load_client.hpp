// One connection of the load driver: logs in, then asks one question at a time, and measures each answer.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "protocol/machine/client_handshake.hpp"
#include "protocol/machine/response_tracker.hpp"
#include "proxy/net/channel.hpp"
#include "proxy/net/tls_context.hpp"

namespace weir::bench {

// What every connection asks. `query` has at most one %d: a number that differs from query to query.
struct Question {
  std::string user, password, schema;
  std::string query = "SELECT c FROM sbtest1 WHERE id=%d";
  std::vector<std::string> queries{};  // if not empty: instead, one after the other, as they are
  bool prepared = false;               // with the number as a parameter
  bool classic_eof = false;            // ends rows as clients without CLIENT_DEPRECATE_EOF want it
  std::uint64_t highest_number = 100'000;
  std::uint64_t read_mb_per_s = 0;          // of an answer, in 1,000,000 bytes; 0: as fast as it comes
  std::shared_ptr<const TlsContext> tls{};  // null: without TLS
  bool tls_first = false;                   // TLS begins with the connection, not after the greeting
  bool resumes = true;                      // by TLS: goes on with a session of before, if there is one
};

class LoadClient;

class LoadHost {
 public:
  virtual void on_client_ready(LoadClient& client) = 0;
  // An answer is complete. `since_us`: what count_from() said. `failed`: it was an ERR.
  virtual void on_answer(LoadClient& client, std::uint64_t since_us, bool failed) = 0;
  virtual void on_client_lost(LoadClient& client, const std::string& why) = 0;

 protected:
  ~LoadHost() = default;
};

class LoadClient final : ChannelEvents, DeadlineEvents {
 public:
  // `host` and `question` outlive the client. `number` seeds its sequence of numbers: equal seeds ask alike.
  LoadClient(LoadHost& host, Loop& loop, const Question& question, std::uint64_t number);

  // Again after leave(), too.
  void connect(const Address& address);
  // When the time of the next answer begins (of Loop::now_us()).
  void count_from(std::uint64_t us) { since_us_ = us; }
  // Once ready, and again after each answer.
  void ask();
  // Says good-bye, and is as new.
  void leave();

 private:
  enum class Stage : unsigned char { logging_in, preparing, ready, asking };

  void on_connected() noexcept override;
  void on_bytes(MutableBytes bytes) noexcept override;
  void on_drained() noexcept override {}
  void on_closed(NetError why) noexcept override;
  void on_deadline() noexcept override { channel_.resume_reading(); }

  void on_login_bytes(Bytes bytes);
  void begin_tls();
  void secure();
  void on_answer_bytes(Bytes bytes);
  void keep_pace(std::size_t bytes);
  std::size_t scan(Bytes bytes);
  void finish_answer();
  void become_ready();
  void prepare();
  void make_execute();
  void write_query();
  void write_queries();
  std::uint64_t next_number();
  void lose(const std::string& why);

  LoadHost& host_;
  Loop& loop_;
  const Question& question_;
  Channel channel_;
  Deadline next_read_;
  ClientHandshake handshake_;
  ResponseTracker tracker_;
  ByteQueue held_;
  std::string request_;                // the packet to send, header included
  std::size_t number_at_ = 0;          // where its number stands; 0: it has none
  std::string suffix_;                 // of a text query, what follows the number
  std::vector<std::string> requests_;  // packets, of question_.queries
  std::size_t turn_ = 0;               // which of them is next
  std::uint64_t state_;
  std::uint64_t since_us_ = 0;
  std::uint64_t asked_us_ = 0;     // of a reader with a pace, as the next
  std::uint64_t bytes_taken_ = 0;  // since then
  std::uint32_t statement_id_ = 0;
  Caps caps_ = 0;
  Stage stage_ = Stage::logging_in;
  bool failed_ = false;
};

}  // namespace weir::bench
