// Where a session is: see session.hpp for the way from one to the other.
#pragma once

namespace weir {

enum class SessionStage {
  handshake,
  idle,
  delayed,
  waiting_backend,
  syncing,
  executing,
  letting_go,
  resetting,
  closing
};

// A literal.
constexpr const char* name_of(SessionStage stage) {
  switch (stage) {
    case SessionStage::handshake:
      return "handshake";
    case SessionStage::idle:
      return "idle";
    case SessionStage::delayed:
      return "delayed";
    case SessionStage::waiting_backend:
      return "waiting_backend";
    case SessionStage::syncing:
      return "syncing";
    case SessionStage::executing:
      return "executing";
    case SessionStage::letting_go:
      return "letting_go";
    case SessionStage::resetting:
      return "resetting";
    case SessionStage::closing:
      return "closing";
  }
  return "?";
}

}  // namespace weir
