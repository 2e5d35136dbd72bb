// Where the addresses of names come from: the system, or a script.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "protocol/base/result.hpp"
#include "proxy/net/resolver.hpp"

namespace weir {

class NameSource {
 public:
  // At least one address, without a port; or why there is none.
  using Answer = std::function<void(Result<std::vector<Address>, NetError>)>;

  virtual ~NameSource() = default;
  // `answer` is called once, on the loop, never inside the call, unless this object is destroyed before. Not
  // for a name that is being looked up.
  virtual void look_up(const std::string& name, Answer answer) = 0;
};

// As getaddrinfo() has it: /etc/hosts, name servers, whatever the machine is configured for.
class SystemNames final : public NameSource {
 public:
  explicit SystemNames(Loop& loop);
  ~SystemNames() override;
  void look_up(const std::string& name, Answer answer) override;

 private:
  struct Pending;

  Loop& loop_;
  std::map<std::string, std::unique_ptr<Pending>> pending_;
};

}  // namespace weir
