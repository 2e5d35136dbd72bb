// A move-only function without arguments, for messages between threads: std::function cannot hold a
// unique_ptr, and std::move_only_function comes with g++ 12's successors. Always one allocation: posts are
// rare.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace weir {

class Task {
 public:
  Task() = default;
  template <class F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, Task> && std::is_invocable_v<std::decay_t<F>&>)
  Task(F&& function) : call_(std::make_unique<Call<std::decay_t<F>>>(std::forward<F>(function))) {}

  explicit operator bool() const { return call_ != nullptr; }
  void operator()() { call_->run(); }

 private:
  struct AnyCall {
    virtual ~AnyCall() = default;
    virtual void run() = 0;
  };
  template <class F>
  struct Call final : AnyCall {
    explicit Call(F&& f) : function(std::move(f)) {}
    explicit Call(const F& f) : function(f) {}
    void run() override { function(); }
    F function;
  };

  std::unique_ptr<AnyCall> call_;
};

}  // namespace weir
