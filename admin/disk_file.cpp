#include "admin/disk_file.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <exception>

#include "admin/config_tables.hpp"
#include "admin/disk_layout.hpp"
#include "admin/durable_file.hpp"
#include "protocol/base/log.hpp"

namespace weir {
namespace {

constexpr std::string_view kJournal = "-journal";  // SQLite's, beside a file that was being written
constexpr std::string_view kImported = "proxysql.db";

std::string journal_of(const std::string& path) {
  return path + std::string(kJournal);
}

// SQLite's journal belongs to its file: it goes first, so that it is never applied to another one.
void move_database(const std::string& from, const std::string& to) {
  durable::remove_file(journal_of(to));
  if (durable::exists(journal_of(from))) durable::rename_file(journal_of(from), journal_of(to));
  durable::rename_file(from, to);
}

std::string free_name(const std::string& path) {
  for (int n = 1;; ++n) {
    std::string name = fmt::format("{}.corrupt-{}", path, n);
    if (!durable::exists(name)) return name;
  }
}

std::uint64_t number(Store& store, std::string_view pragma) {
  return std::stoull(store.rows(fmt::format("PRAGMA disk.{}", pragma)).rows.at(0).at(0).value_or("0"));
}

// What is wrong with the schema "disk", which is the file `path`, or an empty text.
std::string damage(Store& store, const std::string& path) {
  const Rows found = store.rows("PRAGMA disk.integrity_check(1)");
  if (found.rows.size() != 1 || found.rows[0][0] != "ok") {
    return found.rows.empty() ? "no answer" : found.rows[0][0].value_or("");
  }
  // SQLite takes what is missing of the last page for zeros.
  if (durable::size_of(path) < number(store, "page_count") * number(store, "page_size")) {
    return "its end is missing";
  }
  return has_config_tables(store, "disk") ? std::string{} : "it holds none of the configuration's tables";
}

// Opens a database as "disk". Its damage, or an empty text; nothing is attached then. Other failures (no
// permission, a lock) are SqlError: they say nothing about the contents.
std::string try_open(Store& store, const std::string& path) {
  std::string found;
  try {
    store.attach_disk(path);
    found = damage(store, path);
  } catch (const SqlError& error) {
    if (!error.is_corrupt()) throw;
    found = error.what();
  }
  if (!found.empty()) store.detach_disk();
  return found;
}

// Makes `path` at once and whole: `fill` gets the empty tables in the schema "disk".
template <class Fill>
void build_database(Store& store, const std::string& path, Fill fill) {
  const std::string fresh = path + ".new";
  durable::remove_file(journal_of(fresh));
  durable::make_file(fresh);
  store.attach_disk(fresh);
  {
    SqlTransaction transaction(store);
    create_config_tables(store, "disk");
    transaction.commit();
  }
  fill();
  store.detach_disk();
  durable::sync_file(fresh);
  durable::rename_file(fresh, path);
}

// A copy, so that nothing of the original changes, whatever state it was left in.
void import_rows(Store& store, const std::string& original, const std::string& path) {
  const std::string copy = path + ".import";
  const auto clean = [&] {
    for (const char* suffix : {"", "-journal", "-wal", "-shm"}) durable::remove_file(copy + suffix);
  };
  clean();
  for (const char* suffix : {"", "-journal", "-wal"}) {
    if (durable::exists(original + suffix)) durable::copy_file(original + suffix, copy + suffix);
  }
  std::size_t rows = 0;
  build_database(store, path, [&] {
    SqlStatement attach = store.prepare("ATTACH DATABASE ? AS imported");
    attach.bind(1, Cell(copy));
    attach.step();
    rows = copy_by_name(store, "imported", "disk");
    store.run("DETACH DATABASE imported");
  });
  clean();
  log::info("the configuration of ProxySQL was taken over",
            {{"from", original}, {"to", path}, {"rows", rows}});
}

}  // namespace

DiskFile::DiskFile(Store& store, const std::string& directory)
    : store_(&store), path_(directory + "/weir.db"), good_(path_ + ".good") {}

Result<DiskFile, std::string> DiskFile::open(Store& store, const std::string& directory, bool initial) {
  DiskFile disk(store, directory);
  try {
    durable::make_directory(directory);
    if (initial && durable::exists(disk.path_)) {
      move_database(disk.path_, disk.path_ + ".bak");
      log::warn("the configuration on disk was put aside", {{"as", disk.path_ + ".bak"}});
    }
    auto found = disk.find_or_make(initial, directory + "/" + std::string(kImported));
    if (!found) return std::unexpected(std::move(found.error()));
    durable::warn_if_readable(disk.path_);
    update_layout(store, "disk");
    if (disk.origin_ != Origin::existing || !durable::exists(disk.good_)) {
      auto kept = disk.keep_good_copy();
      if (!kept) return std::unexpected(std::move(kept.error()));
    }
    return disk;
  } catch (const std::exception& error) {
    return std::unexpected(fmt::format("{} cannot be used: {}", disk.path_, error.what()));
  }
}

Result<void, std::string> DiskFile::find_or_make(bool initial, const std::string& proxysql) {
  if (durable::exists(path_)) {
    const std::string wrong = try_open(*store_, path_);
    return wrong.empty() ? Result<void, std::string>{} : use_good_copy(wrong);
  }
  if (!initial && durable::exists(good_)) return use_good_copy("it is missing");
  if (!initial && durable::exists(proxysql)) {
    import_rows(*store_, proxysql, path_);
    origin_ = Origin::imported;
  } else {
    build_database(*store_, path_, [] {});
    origin_ = Origin::created;
  }
  store_->attach_disk(path_);
  return {};
}

// Not before the copy is known to be good does the damaged file lose its name: until then, every start finds
// it and says the same.
Result<void, std::string> DiskFile::use_good_copy(const std::string& wrong) {
  const std::string fresh = path_ + ".new";
  if (!durable::exists(good_)) {
    return std::unexpected(fmt::format(
        "{} is damaged ({}), and there is no copy of an earlier state. Restore a backup, or start with "
        "--initial, which puts it aside and begins with the configuration file",
        path_, wrong));
  }
  durable::remove_file(journal_of(fresh));
  durable::copy_file(good_, fresh);
  const std::string wrong_too = try_open(*store_, fresh);
  if (!wrong_too.empty()) {
    return std::unexpected(
        fmt::format("{} is damaged ({}), and so is {} ({}). Restore a backup, or start with --initial, which "
                    "puts it aside and begins with the configuration file",
                    path_, wrong, good_, wrong_too));
  }
  store_->detach_disk();
  std::string aside;
  if (durable::exists(path_)) {
    aside = free_name(path_);
    move_database(path_, aside);
  }
  durable::rename_file(fresh, path_);
  store_->attach_disk(path_);
  origin_ = Origin::last_good;
  log::error("the configuration on disk was damaged; its last good copy is used, and later changes are lost",
             {{"path", path_}, {"damage", wrong}, {"kept_as", aside}});
  return {};
}

Result<void, std::string> DiskFile::keep_good_copy() {
  const std::string fresh = good_ + ".new";
  try {
    const std::string wrong = damage(*store_, path_);
    if (!wrong.empty()) return std::unexpected(fmt::format("{} is damaged: {}", path_, wrong));
    durable::make_file(fresh);
    SqlStatement copy = store_->prepare("VACUUM disk INTO ?");
    copy.bind(1, Cell(fresh));
    copy.step();
    durable::sync_file(fresh);
    durable::rename_file(fresh, good_);
    return {};
  } catch (const std::exception& error) {
    std::remove(fresh.c_str());
    return std::unexpected(fmt::format("{} cannot be written: {}", good_, error.what()));
  }
}

Result<void, std::string> DiskFile::reopen() {
  usable_ = false;
  try {
    const std::string wrong = try_open(*store_, path_);
    if (!wrong.empty()) return std::unexpected(fmt::format("{} is damaged: {}", path_, wrong));
    update_layout(*store_, "disk");
    usable_ = true;
    return {};
  } catch (const std::exception& error) {
    return std::unexpected(fmt::format("{} cannot be used: {}", path_, error.what()));
  }
}

}  // namespace weir
