// The words of SQL that decide what a statement is. Words that only shape expressions are not listed: to us
// they are names like any other.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir {

// An underscore at the end keeps a word apart from C++'s; it is no part of the word.
// clang-format off
enum class Word : std::uint8_t {
  none,
  admin, all, alter, analyze, and_, as, atomic, backup, begin, binlog, cache, call, chain, change,
  character, charset, check, checksum, clone, close, collation, columns, commit, connection, consistent,
  count, create, database, databases, data, deallocate, delete_, desc, describe, diagnostics, distinct,
  do_, drop, errors, event, events, except, execute, exists, explain, export_, extended, fields, flush,
  for_, format, from, full, function, get, global, grant, group, handler, help, identified, import, in,
  index, indexes, insert, install, instance, intersect, into, isolation, keys, kill, level, load, local,
  lock, locks, merge, mode, next, no, not_, of, on, only, open, optimize, or_, over, package, partitions,
  password, persist, persist_only, plugin, plugins, prepare, previous, procedure, purge, query, read,
  recursive, release, rename, repair, replace, replica, reset, resignal, restart, returning, revoke, role, rollback,
  savepoint, schema, schemas, select, sequence, server, session, set, share, show, shutdown, signal, slave,
  snapshot, sql_calc_found_rows, start, statement, status, stop, table, tables, tablespace, temporary, to,
  transaction, trigger, triggers, truncate, union_, uninstall, unlock, update, use, user, using_, value,
  values, view, warnings, where, with, work, write, xa, xml,
};
// clang-format on

// The word `text` (letters, digits, _ and $) is, in any case; Word::none if it is no listed one.
Word find_word(std::string_view text);

}  // namespace weir
