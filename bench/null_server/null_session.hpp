// One connection of the null server: a login, then commands answered from memory.
//
//   SELECT ... (or SHOW, or WITH)        one row with one column of 119 bytes
//   SELECT ... /* rows=N bytes=M */      N rows with one column of M bytes
//   what monitors ask                    see check_replies.hpp
//   BEGIN, COMMIT, SET autocommit = ...  OK, and the status flags that a server would show
//   anything else                        OK
//
// Prepared statements answer alike, with binary rows.
#pragma once

#include <cstdint>
#include <vector>

#include "bench/null_server/canned.hpp"
#include "bench/null_server/check_replies.hpp"
#include "protocol/auth/account.hpp"
#include "protocol/machine/server_handshake.hpp"
#include "protocol/wire/frame.hpp"
#include "protocol/wire/status.hpp"
#include "proxy/net/channel.hpp"

namespace weir::bench {

class NullSession;

// What sessions share, and who is told when one is over.
class NullHost {
 public:
  virtual const Accounts& accounts() = 0;
  virtual CannedReplies& canned() = 0;
  virtual CheckReplies& checks() = 0;
  // Empty between uses.
  virtual ByteQueue& scratch() = 0;
  virtual void count_rows() = 0;   // a query was answered with rows
  virtual void count_other() = 0;  // any other command was
  // The session is destroyed at the end of the turn.
  virtual void reap(NullSession& session) = 0;

 protected:
  ~NullHost() = default;
};

class NullSession final : ChannelEvents {
 public:
  // `fd` is a connected socket, the session's from here on. `host` outlives the session.
  NullSession(NullHost& host, Loop& loop, int fd, std::uint32_t id);

  std::uint32_t id() const { return id_; }

 private:
  void on_bytes(MutableBytes bytes) noexcept override;
  void on_drained() noexcept override;
  void on_closed(NetError) noexcept override { end(); }

  ServerGreeting greeting() const;
  void after_login(ServerHandshake::Want want);
  void serve(Bytes bytes);
  void answer(Bytes packet);
  void answer_query(std::string_view sql);
  void answer_prepare(std::string_view sql);
  void answer_execute(Bytes packet);
  void answer_ok();
  void answer_unknown();
  void note_status(std::string_view sql);
  void refresh_rows();
  void start_large(std::uint64_t rows, std::size_t value_bytes);
  void send_large();
  void send_scratch();
  void end();

  // A result that is being sent: `left` bytes of rows, taken from a block that repeats.
  struct Large {
    Bytes block;
    std::size_t at = 0;
    std::uint64_t left = 0;
    std::uint8_t last_sequence = 0;
    bool active = false;
  };

  NullHost& host_;
  const std::uint32_t id_;
  const bool writable_;  // what it tells monitors
  Channel channel_;
  ServerHandshake handshake_;
  PacketReader reader_;
  ByteQueue inbox_;  // commands that came while a large result was being sent
  Large large_;
  std::vector<bool> statements_;  // by id - 1: answered with rows
  Bytes text_row_;
  Bytes binary_row_;
  Scramble last_scramble_{};
  Caps caps_ = 0;
  std::uint16_t status_ = kStatusAutocommit;
  bool logged_in_ = false;
  bool ended_ = false;
};

}  // namespace weir::bench
