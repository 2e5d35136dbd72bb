// The files for an installation say what Weir does.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <vector>

#include "proxy/net/service_notice.hpp"
#include "proxy/options.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace weir;

namespace {

std::string content(const std::string& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  REQUIRE(!text.str().empty());
  return text.str();
}

// The settings of the unit; of those that are given more than once, the last.
std::map<std::string, std::string> unit_settings() {
  std::map<std::string, std::string> settings;
  std::istringstream lines(content("etc/weir.service"));
  for (std::string line; std::getline(lines, line);) {
    const auto equals = line.find('=');
    if (line.starts_with('#') || equals == std::string::npos) continue;
    settings[line.substr(0, equals)] = line.substr(equals + 1);
  }
  return settings;
}

Result<Options, std::string> options_of(const std::string& command) {
  std::istringstream stream(command);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  REQUIRE(!arguments.empty());
  return parse_options(std::span(arguments).subspan(1));
}

}  // namespace

TEST_CASE("the systemd unit starts Weir as its command line can be given", "[proxy][etc]") {
  const auto unit = unit_settings();
  const auto options = options_of(unit.at("ExecStart"));
  REQUIRE(options);
  CHECK(options->task == Options::Task::run);
  CHECK(options->datadir == "/var/lib/" + unit.at("StateDirectory"));
  const auto files = default_config_files();
  CHECK(std::ranges::find(files, options->config_file) != files.end());
  CHECK(unit.at("Type") == "notify");
  CHECK(unit.at("ExecReload").contains("-HUP"));
  CHECK(usage().contains("SIGHUP"));
  CHECK(std::stoi(unit.at("TimeoutStopSec")) > 10);  // what SIGTERM leaves to running queries
}

TEST_CASE("the files for an installation agree on account and directories", "[proxy][etc]") {
  const auto unit = unit_settings();
  const std::string account = unit.at("User");
  CHECK(unit.at("Group") == account);
  CHECK(content("etc/weir.sysusers").contains("\nu " + account + " "));
  const std::string logrotate = content("etc/weir.logrotate");
  CHECK(logrotate.contains("\n/var/log/" + unit.at("LogsDirectory") + "/*.log {"));
  CHECK(logrotate.contains(" " + account + " " + account + "\n"));
  CHECK(logrotate.contains("/var/lib/" + unit.at("StateDirectory") + "/weir.pid"));
  CHECK(logrotate.contains("kill -USR1"));
}

TEST_CASE("a service manager is told, by a path or an abstract name", "[proxy][etc]") {
  const TemporaryDirectory directory;
  for (const std::string& name : {directory.path("notify"), "@" + directory.path("abstract")}) {
    INFO(name);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path, sizeof address.sun_path - 1);
    if (name[0] == '@') address.sun_path[0] = '\0';
    const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    REQUIRE(::bind(fd, reinterpret_cast<const sockaddr*>(&address), length) == 0);
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
    notify_service(kServiceReady);
    std::array<char, 64> buffer{};
    const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
    CHECK(std::string_view(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0))) == "READY=1");
    ::close(fd);
    CHECK_NOTHROW(notify_service(kServiceStopping));  // nobody is there any more
  }
  ::unsetenv("NOTIFY_SOCKET");
  CHECK_NOTHROW(notify_service(kServiceReady));
}
