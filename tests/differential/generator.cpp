#include "tests/differential/generator.hpp"

#include <algorithm>
#include <array>

namespace weir::differential {
namespace {

constexpr std::string_view kLiterals[] = {"'one'", "NULL",       "17",    "'it''s'",
                                          "-2.5",  "'a\\\\b'",   "x'41'", "''",
                                          "1e2",   "'\xc3\xbc'", "TRUE",  "18446744073709551615"};
constexpr std::string_view kNames[] = {"a", "b", "c"};

// A column of a table that is truncated is compared with a number: MySQL warns of a word there twice, but
// once if it has prepared the statement again because of the TRUNCATE, which is another moment on another
// connection. The first kQuietPrepared of them neither fail nor warn, whatever their parameters are.
constexpr std::size_t kQuietPrepared = 3;
// Those behind the first kPinlessPrepared keep their connections for good.
constexpr std::size_t kPinlessPrepared = 10;
constexpr std::string_view kPrepared[] = {
    "SELECT ? IS NULL AS p, COALESCE(?, 1) = 1 AS q",
    "SELECT LENGTH(?), HEX(?)",
    "SELECT COUNT(*) FROM diff.shared",
    "SELECT id, b, c, d FROM shared WHERE id >= ? ORDER BY id",
    "SELECT * FROM {t} WHERE a = CAST(? AS SIGNED) ORDER BY id",
    "INSERT INTO {t} (a, b) VALUES (?, ?)",
    "UPDATE {t} SET b = ? WHERE a = CAST(? AS SIGNED)",
    "SELECT CONCAT(?, 'x'), 1/3, NOW() > '2001-01-01'",
    "SELECT * FROM no_such_table WHERE a = ?",
    "DELETE FROM {t} WHERE a = CAST(? AS SIGNED)",
    "CALL sets_out(2, ?)",
    "CALL two_results(LENGTH(?))",
    "SET @d = ?",  // not one that is read: MariaDB changes its collation when this is prepared
    "COMMIT",
};

// They speak of the statement just before them. (After a SELECT without tables MariaDB would still show the
// warnings of an earlier one: those do not keep a connection.)
constexpr std::string_view kDiagnostics[] = {
    "SHOW WARNINGS", "SHOW WARNINGS LIMIT 1", "SHOW COUNT(*) WARNINGS",
    "SHOW ERRORS",   "SHOW COUNT(*) ERRORS",  "SELECT @@warning_count, @@error_count"};
// No ids of the script's own in what is inserted: the server reports them like those that it makes, but they
// are not what LAST_INSERT_ID() gives, and nobody behind the connection could tell (a documented limit). Nor
// does an INSERT wait for a lock after its first row: what LAST_INSERT_ID() gives if it fails is undefined.
constexpr std::string_view kWarnings[] = {"SELECT CAST('12x' AS SIGNED), 'x' + {n}",
                                          "INSERT IGNORE INTO {t} (a, b) VALUES ('y', 2)",
                                          "SELECT * FROM no_such_table",
                                          "DROP TABLE IF EXISTS nothing_{n}",
                                          "SELECT id FROM shared WHERE b < 1",
                                          "SIGNAL SQLSTATE '01000' SET MESSAGE_TEXT = 'warned'",
                                          "UPDATE {t} SET a = 'x' + 1"};

// What a section begins with, and how it ends.
struct Section {
  std::string_view begin, end;
  std::string_view then[2] = {};
};
constexpr Section kSections[] = {
    {"BEGIN", "COMMIT"},
    {"BEGIN", "ROLLBACK"},
    {"START TRANSACTION READ ONLY", "COMMIT"},
    {"SET autocommit = 0", "SET autocommit = 1"},
    {"LOCK TABLES {t} WRITE, shared READ", "UNLOCK TABLES"},
    {"SELECT GET_LOCK('lock{i}_a', 0)", "SELECT RELEASE_LOCK('lock{i}_a')"},
    {"CREATE TEMPORARY TABLE tmp_s (x INT)", "DROP TEMPORARY TABLE tmp_s"},
    {"SET TRANSACTION ISOLATION LEVEL READ COMMITTED", "COMMIT"},
    {"XA START 'x{i}'", "XA END 'x{i}'"},
    {"XA START 'x{i}'", "XA END 'x{i}'", {"XA PREPARE 'x{i}'", "XA COMMIT 'x{i}'"}},
    {"XA START 'x{i}'", "XA END 'x{i}'", {"XA PREPARE 'x{i}'", "XA ROLLBACK 'x{i}'"}},
    {"HANDLER shared OPEN", "HANDLER shared CLOSE"},
    {"CALL begins({n})", "CALL ends()"},
};

// Said of the next transaction while others use the connections.
constexpr std::string_view kNextTransaction[] = {"SET TRANSACTION READ ONLY",
                                                 "SET TRANSACTION READ WRITE, ISOLATION LEVEL READ COMMITTED",
                                                 "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"};

constexpr std::string_view kAboutALock[] = {"SELECT GET_LOCK('common', 0)", "SELECT IS_FREE_LOCK('common')",
                                            "SELECT IS_USED_LOCK('common') IS NULL",
                                            "SELECT RELEASE_LOCK('common')"};

}  // namespace

Generator::Generator(const Shape& shape, std::uint64_t seed) : shape_(shape), random_(seed) {}

// Session 0 to pool - 2 are the holders.
Script Generator::script() {
  script_.clear();
  for (int i = 0; i < shape_.sessions; ++i) query(i, "SELECT 1");
  while (std::ssize(script_) < shape_.steps) {
    const int session = static_cast<int>(below(static_cast<std::uint64_t>(shape_.sessions)));
    const bool holder = session < shape_.pool - 1;
    const Hold most = holder ? Hold::hard : shape_.soft_everywhere ? Hold::soft : Hold::none;
    const std::uint64_t what = below(100);
    if (what < 4) {
      section(session);
    } else if (what == 4) {
      next_transaction(session);
    } else if (what == 5) {
      contended_lock();
    } else if (what == 6) {
      kill_step(session);
    } else if (what < 10) {
      pipelined(session, most);
    } else if (what < 13) {
      command_step(session);
    } else if (what < 34) {
      prepared_step(session, most);
    } else {
      one(session, most);
    }
  }
  return script_;
}

// By a reset at the end, whatever the middle may have left behind.
void Generator::section(int session) {
  const Section& chosen = kSections[below(std::size(kSections))];
  query(session, chosen.begin);
  for (std::uint64_t left = below(6); left > 0; --left) {
    below(4) == 0 ? prepared_step(session, Hold::hard) : one(session, Hold::hard);
  }
  query(session, chosen.end);
  for (const std::string_view sql : chosen.then) {
    if (!sql.empty()) query(session, sql);
  }
  const bool changes_user = below(4) == 0;
  script_.push_back({.session = session,
                     .action = changes_user ? Action::change_user : Action::reset,
                     .value = changes_user ? below(2) : 0,
                     .text = "diff"});
}

void Generator::next_transaction(int session) {
  const auto others = [&](std::uint64_t most) {
    for (std::uint64_t left = below(most); left > 0; --left) {
      const int other = static_cast<int>(below(static_cast<std::uint64_t>(shape_.sessions)));
      if (other != session) one(other, Hold::none);
    }
  };
  query(session, "ROLLBACK");
  query(session, kNextTransaction[below(std::size(kNextTransaction))]);
  others(3);
  if (below(2) == 0) query(session, "SELECT {n}");
  others(3);
  query(session, "BEGIN");
  query(session, "SELECT id, b FROM {t} ORDER BY id");
  query(session, "INSERT INTO {t} (a) VALUES ({n})");
  query(session, below(2) == 0 ? "COMMIT" : "ROLLBACK");
  others(2);
  query(session, "BEGIN");
  query(session, "INSERT INTO {t} (a) VALUES ({n})");
  query(session, "COMMIT");
  if (session >= shape_.pool - 1) script_.push_back({.session = session, .action = Action::reset});
}

// A lock that one session has is asked for by others, who do not wait for it.
void Generator::contended_lock() {
  if (shape_.pool < 2) return;  // the one connection is the lock's
  const int session =
      static_cast<int>(below(static_cast<std::uint64_t>(std::min(shape_.pool - 1, shape_.sessions))));
  query(session, "SELECT GET_LOCK('common', 0)");
  for (std::uint64_t left = below(4); left > 0; --left) {
    const int other = static_cast<int>(below(static_cast<std::uint64_t>(shape_.sessions)));
    if (other != session) query(other, kAboutALock[below(std::size(kAboutALock))]);
  }
  query(session, "SELECT RELEASE_LOCK('common')");
}

// A session without a hold: what a killed one held is let go by a server a little after it has closed the
// connection.
void Generator::kill_step(int session) {
  const int holders = shape_.pool - 1;
  if (holders >= shape_.sessions) return;
  const int other = holders + static_cast<int>(below(static_cast<std::uint64_t>(shape_.sessions - holders)));
  script_.push_back({.session = session,
                     .action = below(2) == 0 ? Action::kill_query : Action::kill_connection,
                     .value = static_cast<std::uint64_t>(other)});
}

void Generator::pipelined(int session, Hold most) {
  Step step{.session = session, .action = Action::pipelined};
  for (std::uint64_t left = below(3) + 2; left > 0;) {
    const std::string_view sql = pick(most);
    if (sql.starts_with("LOAD")) continue;
    if (!step.text.empty()) step.text += kNext;
    step.text += filled(sql, session);
    --left;
  }
  script_.push_back(std::move(step));
}

void Generator::one(int session, Hold most) {
  const auto diagnostics = [&] { query(session, kDiagnostics[below(std::size(kDiagnostics))]); };
  if (most == Hold::none || below(12) > 0) {
    query(session, pick(most));
    if (shape_.engine == Engine::mysql && below(12) == 0) diagnostics();
    return;
  }
  if (below(6) == 0) {
    query(session, "SELECT SQL_CALC_FOUND_ROWS id FROM shared ORDER BY id LIMIT {n}");
    return query(session, "SELECT FOUND_ROWS()");
  }
  query(session, kWarnings[below(std::size(kWarnings))]);
  diagnostics();
  if (below(2) == 0) diagnostics();
  if (most == Hold::hard && below(2) == 0) query(session, "GET DIAGNOSTICS @{u} = NUMBER");
}

void Generator::prepared_step(int session, Hold most) {
  Step step{.session = session, .slot = static_cast<int>(below(3)), .value = random_()};
  const bool cursors = most == Hold::hard;
  switch (below(cursors ? 12 : 8)) {
    case 0:
    case 1:
      step.action = Action::prepare;
      step.text = filled(kPrepared[below(most == Hold::none   ? kQuietPrepared
                                         : most == Hold::soft ? kPinlessPrepared
                                                              : std::size(kPrepared))],
                         session);
      break;
    case 2:
    case 3:
    case 4:
      step.action = Action::execute;
      break;
    case 5:
      step.action = Action::execute_again;
      break;
    case 6:
      step.action = Action::close_statement;
      break;
    case 7:
      step.action = Action::reset_statement;
      break;
    case 8:
      step.action = Action::long_data;
      step.text = "piece ";
      break;
    case 9:
      step.action = Action::cursor;
      break;
    default:
      step.action = Action::fetch;
      step.value = below(4) + 1;
  }
  script_.push_back(std::move(step));
}

void Generator::command_step(int session) {
  Step step{.session = session};
  switch (below(9)) {
    case 5:
      step.action = Action::statistics;
      break;
    case 6:
      step.action = Action::field_list;
      step.text = below(4) == 0 ? "no_such_table" : "shared";
      break;
    case 0:
      step.action = Action::reset;
      break;
    case 1:
      step.action = Action::change_user;
      step.value = below(3) / 2;
      step.text = below(2) == 0 ? "diff" : "diff2";
      break;
    case 4:
      step.action = Action::set_option;
      step.value = below(3) / 2;
      break;
    case 2:
      step.action = Action::reconnect;
      break;
    case 3:
      step.action = Action::ping;
      break;
    default:
      step.action = Action::use;
      step.text = below(4) == 0 ? "diff2" : "diff";
  }
  script_.push_back(std::move(step));
}

void Generator::query(int session, std::string_view sql) {
  script_.push_back({.session = session, .action = Action::query, .text = filled(sql, session)});
}

std::string_view Generator::pick(Hold most) {
  for (;;) {
    const Template& one = templates()[below(templates().size())];
    if (one.hold > most || (one.engine != Engine::any && one.engine != shape_.engine)) continue;
    if (below(6) < static_cast<std::uint64_t>(one.weight)) return one.sql;
  }
}

std::string Generator::filled(std::string_view sql, int session) {
  std::string text;
  for (std::size_t i = 0; i < sql.size(); ++i) {
    const bool place = sql[i] == '{' && i + 2 < sql.size() && sql[i + 2] == '}';
    if (!place) {
      text += sql[i];
      continue;
    }
    switch (sql[i + 1]) {
      case 't':
        text += "diff.t" + std::to_string(session);
        break;
      case 'i':
        text += std::to_string(session);
        break;
      case 'n':
        text += std::to_string(below(9) + 1);
        break;
      case 'v':
        text += kLiterals[below(std::size(kLiterals))];
        break;
      default:
        text += kNames[below(std::size(kNames))];
    }
    i += 2;
  }
  return text;
}

}  // namespace weir::differential
