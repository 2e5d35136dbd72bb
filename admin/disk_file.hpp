// The disk layer: weir.db in the data directory, and a copy of its last good state beside it.
//
// Every commit is durable. A damaged file is put aside and the copy takes its place; it never begins empty by
// itself. Admin thread, or before it starts.
#pragma once

#include <string>

#include "admin/store.hpp"
#include "protocol/base/result.hpp"

namespace weir {

class DiskFile {
 public:
  // What open() found.
  enum class Origin {
    existing,   // weir.db
    last_good,  // weir.db was damaged: this is the copy of its last good state
    imported,   // there was none, but a proxysql.db, whose rows were copied
    created,    // there was none, or it was put aside (`initial`): all tables are empty
  };

  // Opens `directory`/weir.db as the schema "disk" of `store`. Makes the directory (0700) and the file (0600)
  // if they do not exist; brings tables of an older layout up to date. `initial` puts an existing file aside
  // as weir.db.bak first. The error says what is wrong and what to do; then `store` has no disk file.
  static Result<DiskFile, std::string> open(Store& store, const std::string& directory, bool initial);

  Origin origin() const { return origin_; }
  const std::string& path() const { return path_; }

  // False after a reopen() that failed: "disk" is an empty schema then.
  bool usable() const { return usable_; }

  // To be called after a change that was committed: checks the file and copies it. An error leaves the
  // earlier copy in place.
  Result<void, std::string> keep_good_copy();
  // Opens the file again, after somebody else has replaced it.
  Result<void, std::string> reopen();

 private:
  DiskFile(Store& store, const std::string& directory);

  Result<void, std::string> find_or_make(bool initial, const std::string& proxysql);
  Result<void, std::string> use_good_copy(const std::string& wrong);

  Store* store_;
  std::string path_;
  std::string good_;  // the copy
  Origin origin_ = Origin::existing;
  bool usable_ = true;
};

}  // namespace weir
