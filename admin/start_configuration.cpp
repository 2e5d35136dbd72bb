#include "admin/start_configuration.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>

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
                              "NAME:PASSWORD, or -D DIR and configure it on the admin port; looked for {}",
                              fmt::join(default_config_files(), ", "))};
}

// A row with a value that could not be read goes on with the default: what is found in it then may not be so,
// and no warning that it gives rise to elsewhere.
void leave_out_consequences(const Complaints& of_file, Complaints& found) {
  std::set<std::pair<std::string_view, std::size_t>> bad_rows;
  for (const Complaint& complaint : of_file) {
    if (complaint.severity == Severity::error && complaint.row != 0)
      bad_rows.emplace(complaint.table, complaint.row);
  }
  if (bad_rows.empty()) return;
  std::erase_if(found, [&](const Complaint& complaint) {
    return complaint.severity != Severity::error || bad_rows.contains({complaint.table, complaint.row});
  });
}

}  // namespace

StartFile read_start_file(const Options& options, const std::function<bool(const std::string&)>& exists) {
  StartFile file{.path = choose_file(options, exists), .contents = {}};
  if (!file.path.empty()) {
    file.contents = read_config_file(file.path);
    return file;
  }
  file.contents.settings = defaults();
  if (!options.names_backends() && options.datadir.empty())
    file.contents.complaints.push_back(nothing_to_do());
  return file;
}

StartConfiguration read_start_configuration(const Options& options, ServerStates& states,
                                            const std::function<bool(const std::string&)>& exists) {
  StartConfiguration start;
  StartFile file = read_start_file(options, exists);
  start.file = file.path;
  start.complaints = file.contents.complaints;
  apply_options(options, file.contents.tables, file.contents.settings);
  auto built = build_snapshot(file.contents.tables, file.contents.settings, states, nullptr);
  Complaints found = built ? (*built)->warnings() : built.error();
  leave_out_consequences(file.contents.complaints, found);
  file.contents.locate(found);
  start.complaints.insert(start.complaints.end(), found.begin(), found.end());
  if (built && !file.contents.has_errors()) start.snapshot = *built;
  return start;
}

}  // namespace weir
