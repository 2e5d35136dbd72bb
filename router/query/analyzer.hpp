// What routing wants to know of one query, computed at most once and only when asked. One per worker.
//
//   analyzer.begin(sql, mode, options, {hostgroup, schema});
//   analyzer.statement();    // at once
//   analyzer.digest_text();  // only if a rule or the statistics ask
//
// `sql` and the schema must outlive the answers; every answer lives until the next begin(). No allocation on
// the warm path.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "router/query/digest.hpp"
#include "router/query/routine_catalog.hpp"
#include "router/query/statement.hpp"
#include "router/query/statement_memory.hpp"

namespace weir {

// Where a statement's names are looked up: the writer hostgroup of its session, and its current schema.
struct NameScope {
  int writer_hostgroup = -1;
  std::string_view schema{};
};

class Analyzer {
 public:
  // A server was met: from now on its family's functions are known by name, or, if there are servers of both
  // families, those that both have.
  void note_server(ServerFamily family) {
    family_ = !has_family_ || family == family_ ? family : ServerFamily::any;
    has_family_ = true;
  }

  // What is known of stored functions from now on; null = nothing.
  void set_routines(std::shared_ptr<const RoutineCatalogs> routines) {
    routines_ = std::move(routines);
    scope_.catalogs = routines_.get();
  }
  const std::shared_ptr<const RoutineCatalogs>& routines() const { return routines_; }

  // Forgets the last query and classifies this one.
  const Statement& begin(std::string_view sql, LexMode mode, const DigestOptions& options,
                         NameScope names = {}) {
    scope_.writer_hostgroup = names.writer_hostgroup;
    scope_.schema = names.schema;
    sql_ = original_ = sql;
    mode_ = mode;
    mode_.family = family_;
    options_ = options;
    has_text_ = has_hash_ = false;
    if (sql.size() > kMaxRemembered || mode_.multibyte != Multibyte::none) {
      statement_ = classify(sql, mode_, &scope_);
    } else {
      recall();
    }
    return statement_;
  }

  // A rule has rewritten the statement: from now on it is this text, which must outlive the answers. The
  // digest stays that of what the client sent.
  const Statement& rewrite(std::string_view sql) {
    sql_ = sql;
    statement_ = classify(sql, mode_, &scope_);
    return statement_;
  }

  std::string_view sql() const { return sql_; }
  const Statement& statement() const { return statement_; }

  // Which one is behind Reason::unknown_function; a view of sql().
  std::string_view unknown_function() const { return find_unknown_function(sql_, mode_, &scope_); }

  std::string_view digest_text() {
    if (!has_text_) {
      shape_ = weir::digest_text(original_, options_, text_);
      has_text_ = true;
    }
    return text_;
  }
  std::uint64_t digest_hash() {
    if (!has_hash_) {
      hash_ = weir::digest_hash(digest_text(), options_);
      has_hash_ = true;
    }
    return hash_;
  }

 private:
  // Longer ones are not looked for by their digest, which may not be wanted.
  static constexpr std::size_t kMaxRemembered = 1024;

  // Classifies, unless it has done so before.
  void recall();

  std::string_view sql_;
  std::string_view original_;
  LexMode mode_;
  RoutineScope scope_;
  DigestOptions options_;
  Statement statement_;
  std::string text_;
  DigestShape shape_;  // of text_
  std::uint64_t hash_ = 0;
  StatementMemory memory_;
  bool has_text_ = false;
  bool has_hash_ = false;
  ServerFamily family_ = ServerFamily::any;
  bool has_family_ = false;
  std::shared_ptr<const RoutineCatalogs> routines_;
};

}  // namespace weir
