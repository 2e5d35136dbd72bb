#include "admin/start_configuration.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "admin/config_file.hpp"
#include "router/config/variables.hpp"

namespace weir {
namespace {

std::string choose_file(const Options& options, const std::function<bool(const std::string&)>& exists) {
  if (!options.config_file.empty() || options.names_backends()) return options.config_file;
  for (std::string_view file : default_config_files()) {
    if (exists(std::string(file))) return std::string(file);
  }
  return {};
}

Complaint nothing_to_do() {
  return {.table = {},
          .row = 0,
          .column = {},
          .text = fmt::format("there is no configuration: give -c FILE, or --writer HOST:PORT and --user "
                              "NAME:PASSWORD; looked for {}",
                              fmt::join(default_config_files(), ", "))};
}

}  // namespace

StartConfiguration read_start_configuration(const Options& options, ServerStates& states,
                                            const std::function<bool(const std::string&)>& exists) {
  StartConfiguration start;
  start.file = choose_file(options, exists);
  if (start.file.empty() && !options.names_backends()) {
    start.complaints.push_back(nothing_to_do());
    return start;
  }
  ConfigFile file;
  if (start.file.empty()) {
    file.settings = defaults();
  } else {
    file = read_config_file(start.file);
  }
  start.complaints = file.complaints;
  if (file.has_errors()) return start;

  apply_options(options, file.tables, file.settings);
  auto built = build_snapshot(file.tables, file.settings, states, nullptr);
  Complaints found = built ? (*built)->warnings() : built.error();
  file.locate(found);
  start.complaints.insert(start.complaints.end(), found.begin(), found.end());
  if (built) start.snapshot = *built;
  return start;
}

}  // namespace weir
