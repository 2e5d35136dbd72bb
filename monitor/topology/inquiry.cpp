#include "monitor/topology/inquiry.hpp"

#include <chrono>

#include "monitor/check.hpp"

namespace weir {
namespace {

double wall_clock_s() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

Endpoint endpoint_of(const Host& host) {
  return host.port == 0 ? Endpoint{"", 0, host.name} : Endpoint{host.name, host.port, ""};
}

}  // namespace

Inquiry::Inquiry(Loop& loop, InquiryOwner& owner, const Host& host, Credentials account, InquiryLimits limits)
    : owner_(owner), limits_(limits), probe_(loop, endpoint_of(host), std::move(account)) {
  portrait_.host = host;
}

void Inquiry::start() {
  connecting_ = true;
  probe_.connect(*this, {.timeout_ms = limits_.connect_ms});
}

void Inquiry::ask_position_again() {
  again_ = true;
  done_ = false;
  form_ = 0;
  const auto questions = portrait_questions();
  question_ = static_cast<std::size_t>(&position_question() - questions.data());
  ask();
}

void Inquiry::give_up(std::string why) {
  probe_.close();
  if (!done_ && !again_) portrait_.failure = ProbeFailure{ProbeFault::timed_out, 0, std::move(why)};
  done_ = true;
}

void Inquiry::ask_next() {
  const auto questions = portrait_questions();
  while (question_ < questions.size() && !questions[question_].wanted(portrait_)) ++question_;
  form_ = 0;
  question_ < questions.size() ? ask() : finish();
}

void Inquiry::ask() {
  asked_at_s_ = wall_clock_s();
  const PortraitQuestion& question = portrait_questions()[question_];
  probe_.query(std::string(question.forms[form_]), *this, {.timeout_ms = limits_.question_ms});
}

void Inquiry::on_probe_answer(ServerProbe&) noexcept {
  if (connecting_) {
    connecting_ = false;
    return ask_next();
  }
  if (again_) {
    portrait_.later_position = to_position(probe_.result());
    return finish();
  }
  portrait_questions()[question_].read(probe_.result(), portrait_);
  note_clock();
  ++question_;
  ask_next();
}

void Inquiry::on_probe_failed(ServerProbe&, const ProbeFailure& failure) noexcept {
  if (again_) return finish();
  const bool answered = failure.fault == ProbeFault::server_error && !connecting_;
  if (!answered) {
    portrait_.failure = failure;
    return finish();
  }
  const PortraitQuestion& question = portrait_questions()[question_];
  if (is_unknown_form(failure.code) && form_ + 1 < question.forms.size()) {
    ++form_;
    return ask();
  }
  // What is refused for want of a privilege is worth more to people than what is not known.
  if (!is_unknown_form(failure.code))
    portrait_.refused.push_back({std::string(question.name), failure.code, failure.message});
  ++question_;
  ask_next();
}

// The server looked at its clock at some time between question and answer.
void Inquiry::note_clock() {
  if (!portrait_.server_time_s || portrait_.clock_ahead_s) return;
  const double now_s = wall_clock_s();
  portrait_.clock_ahead_s = *portrait_.server_time_s - (asked_at_s_ + now_s) / 2;
  portrait_.clock_error_s = (now_s - asked_at_s_) / 2;
}

void Inquiry::finish() {
  done_ = true;
  owner_.on_inquired(*this);
}

}  // namespace weir
