// One Weir takes the place of another that runs: of its listening sockets, so that no client is refused, and
// then of its name (the pid file). The old one lets its sessions finish.
//
//   the new one                     the old one, at <datadir>/weir.takeover
//   "weir takeover 1\n"        ->
//                              <-   "sockets ID\n", with the listening sockets; ID: that of its next session
//   (listens, workers run)
//   "serving\n"                ->
//                              <-   "yours\n": it accepts nobody any more, and has let go of the pid file
//
// If the new one ends before it says that it serves, nothing has happened. It is let in even if the old one
// has no descriptors left. Descriptors go over SCM_RIGHTS (unix(7)); the door takes only processes of its own
// user, or root's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/base/result.hpp"
#include "proxy/net/deadlines.hpp"
#include "proxy/net/poll_handle.hpp"

namespace weir {

std::string takeover_path(const std::string& datadir);

// The new one's side, before it listens anywhere. Waits; at most kAnswerMs for the sockets, and kHandOverMs
// for the place.
class Takeover {
 public:
  static constexpr int kAnswerMs = 10'000;
  static constexpr int kHandOverMs = 600'000;

  Takeover() = default;
  ~Takeover();
  Takeover(const Takeover&) = delete;
  Takeover& operator=(const Takeover&) = delete;

  // Asks the Weir behind `path` for its sockets; what they are is inherited (ListeningSockets). A sentence if
  // there is none, or it does not give them.
  Result<void, std::string> begin(const std::string& path);
  bool begun() const { return fd_ >= 0; }
  std::uint32_t next_session_id() const { return next_session_id_; }
  // This process serves: the other one does not accept any more when this returns. A sentence: it has not
  // said so.
  Result<void, std::string> finish();

 private:
  int fd_ = -1;
  std::uint32_t next_session_id_ = 0;
};

class TakeoverHost {
 public:
  virtual std::uint32_t next_session_id() = 0;
  // Another process serves now: stop accepting, and let go of what one process only can have. `pid` is 0 if
  // it cannot be known here (pid_namespaces(7)).
  virtual void on_taken_over(int pid) noexcept = 0;

 protected:
  ~TakeoverHost() = default;
};

// The old one's side. One at a time may knock. On one loop.
class TakeoverDoor final : Readiness, DeadlineEvents {
 public:
  static constexpr Millis kPatienceMs = 60'000;  // for the new one to serve: it reads its configuration first
  static constexpr Millis kQuietMs = 200;        // after nobody could be let in

  // `loop` and `host` outlive this object.
  TakeoverDoor(Loop& loop, TakeoverHost& host);
  ~TakeoverDoor();

  Result<void, std::string> open(const std::string& path);
  // Its file is removed if it is still this one's. Idempotent.
  void close();

 private:
  void on_ready(bool readable, bool writable, bool broken) noexcept override;
  void on_deadline() noexcept override;
  void watch(int fd);
  void let_in();
  int accept_visitor();
  void hear();
  void answer(std::string_view line);
  bool give_sockets();
  void dismiss();

  Loop& loop_;
  TakeoverHost& host_;
  PollHandle poll_;
  Deadline patience_;
  std::string path_;
  std::uint64_t file_number_ = 0;
  int fd_ = -1;
  int visitor_ = -1;   // while there is one, only he is watched
  int reserved_ = -1;  // for him, when the process has no descriptors left
  std::string heard_;
  bool has_sockets_ = false;
};

}  // namespace weir
