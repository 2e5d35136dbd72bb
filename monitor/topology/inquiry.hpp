// Asks one server all that makes its portrait, once, on a connection of its own. On one loop; never blocks
// it.
#pragma once

#include "monitor/server_probe.hpp"
#include "monitor/topology/portrait.hpp"

namespace weir {

class Inquiry;

class InquiryOwner {
 public:
  // The portrait is as complete as it gets. The inquiry may be destroyed only after the end of the turn.
  virtual void on_inquired(Inquiry& inquiry) noexcept = 0;

 protected:
  ~InquiryOwner() = default;
};

struct InquiryLimits {
  Millis connect_ms = 0;   // for look-up, connect, login
  Millis question_ms = 0;  // for each question
};

class Inquiry final : ProbeEvents {
 public:
  // Both outlive this.
  Inquiry(Loop& loop, InquiryOwner& owner, const Host& host, Credentials account, InquiryLimits limits);

  // One on_inquired() follows.
  void start();
  // Again, of a server that has answered: only where it is now.
  void ask_position_again();
  // No event follows any more; a portrait that was not complete says that it failed for this.
  void give_up(std::string why);

  const ServerPortrait& portrait() const { return portrait_; }

 private:
  void on_probe_answer(ServerProbe& probe) noexcept override;
  void on_probe_failed(ServerProbe& probe, const ProbeFailure& failure) noexcept override;

  void ask_next();
  void ask();
  void note_clock();
  void finish();

  InquiryOwner& owner_;
  const InquiryLimits limits_;
  ServerProbe probe_;
  ServerPortrait portrait_;
  bool connecting_ = false;
  bool again_ = false;
  bool done_ = false;
  std::size_t question_ = 0;
  std::size_t form_ = 0;
  double asked_at_s_ = 0;  // since 1970
};

}  // namespace weir
