// What a service manager that waits for it (systemd's Type=notify) is told. Its protocol: a datagram to the
// socket that the environment variable NOTIFY_SOCKET names.
#pragma once

#include <string_view>

namespace weir {

constexpr std::string_view kServiceReady = "READY=1";
constexpr std::string_view kServiceReloading = "RELOADING=1";  // until READY=1
constexpr std::string_view kServiceStopping = "STOPPING=1";
constexpr std::string_view kServiceAlive = "WATCHDOG=1";

// Whether the service manager wants to hear regularly that all is well (WatchdogSec=).
bool service_watches();

// Does nothing if nobody waits. Never blocks; what cannot be delivered is lost, with a warning in the log.
void notify_service(std::string_view state);

}  // namespace weir
