// What PROXYSQL commands do to the process. Implemented by the App; called on the admin thread, returns when
// it is done.
#pragma once

#include <string>

#include "protocol/base/result.hpp"

namespace weir {

class ProcessControl {
 public:
  virtual ~ProcessControl() = default;
  // Errors say why not: "already paused".
  virtual Result<void, std::string> pause() = 0;   // listeners close, sessions go on
  virtual Result<void, std::string> resume() = 0;  // listeners open again
  virtual Result<void, std::string> stop() = 0;    // listeners and sessions close, the admin port stays
  virtual Result<void, std::string> start() = 0;
  virtual void restart() = 0;                // everything ends and begins again from the disk layer
  virtual void shut_down(bool orderly) = 0;  // orderly = as SIGTERM
  virtual void exit_now() = 0;               // PROXYSQL KILL
  virtual Result<void, std::string> reopen_logs() = 0;
  virtual Result<void, std::string> reload_tls() = 0;  // of a file that is no good nothing is taken
};

}  // namespace weir
