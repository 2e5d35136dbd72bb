// Files and directories that hold passwords and must survive a crash: made for the owner alone, and on disk
// when a call returns.
//
// Failures are std::system_error with the path in their text.
#pragma once

#include <cstdint>
#include <string>

namespace weir::durable {

// Makes `path`, for its owner only, if it does not exist; a parent must exist. Logs a warning if an existing
// one can be read by others.
void make_directory(const std::string& path);
bool exists(const std::string& path);
std::uint64_t size_of(const std::string& path);  // in bytes
// An empty file, mode 0600, instead of whatever was there.
void make_file(const std::string& path);
void remove_file(const std::string& path);  // that it does not exist is no error
void copy_file(const std::string& from, const std::string& to);
// Atomic and durable: whoever looks finds the old file at `to`, or the new one.
void rename_file(const std::string& from, const std::string& to);
void sync_file(const std::string& path);
// Logs a warning if somebody else may read the file.
void warn_if_readable(const std::string& path);

}  // namespace weir::durable
