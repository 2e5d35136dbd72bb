// Sessions that keep a connection only for something that can be read from it (an insert id, a computed
// variable, warnings), and will give it back when another session waits.
#pragma once

#include <cstddef>

namespace weir {

class BackendConnection;
struct ServerShare;

class Holder;

// A session's place among them.
class HolderLink {
 public:
  bool offered() const { return place_ != Place::none; }

 private:
  friend class HolderList;
  enum class Place { none, offered, asked };

  Place place_ = Place::none;
  BackendConnection* connection_ = nullptr;
  Holder* previous_ = nullptr;
  Holder* next_ = nullptr;
};

class Holder : public HolderLink {
 public:
  // Somebody waits for what this session holds: it is to read what it needs, and to give its lease back.
  // Never inside offer(). It ends with retract(), whether the connection comes back or not.
  virtual void on_asked_back() noexcept = 0;

 protected:
  Holder() = default;
  ~Holder() = default;
};

// Those who have offered, longest ago first. Intrusive: no allocation.
class HolderList {
 public:
  bool empty() const { return first_ == nullptr; }
  void offer(Holder& holder, BackendConnection& connection);
  // It may have been asked; then its share's count of those goes down.
  void retract(Holder& holder);
  // Asks whoever offered first a connection to the server behind `share`. False if nobody does.
  bool ask(const ServerShare& share);

 private:
  void unlink(Holder& holder);

  Holder* first_ = nullptr;
  Holder* last_ = nullptr;
};

}  // namespace weir
