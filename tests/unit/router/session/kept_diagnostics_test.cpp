#include "router/session/kept_diagnostics.hpp"

#include <catch2/catch.hpp>

#include "protocol/machine/reply_writer.hpp"
#include "protocol/machine/simple_query.hpp"

namespace weir {
namespace {

constexpr Caps kBothKinds[] = {0, kDeprecateEof};

ByteQueue count_reply(Caps caps, std::string_view name, std::string_view value) {
  ByteQueue out;
  ReplyWriter reply{out, caps, 1};
  reply.columns({{.name = name, .type = ColumnType::longlong, .max_bytes = 21}});
  reply.row({{value}});
  reply.end_rows(kStatusAutocommit, 3);
  return out;
}

ByteQueue warnings_reply(Caps caps, bool none = false) {
  ByteQueue out;
  ReplyWriter reply{out, caps, 1};
  reply.columns({{"Level"}, {"Code"}, {"Message"}});
  if (!none) {
    reply.row({{"Warning"}, {"1292"}, {"first"}});
    reply.row({{"Error"}, {"1365"}, {"second"}});
    reply.row({{"Note"}, {"1003"}, {"third"}});
  }
  reply.end_rows(kStatusAutocommit, 3);
  return out;
}

KeptDiagnostics kept(Caps caps) {
  KeptDiagnostics diagnostics(ServerFamily::mysql);
  CHECK(diagnostics.keep(0, count_reply(caps, "@@session.warning_count", "3").readable(), caps));
  CHECK(diagnostics.keep(1, count_reply(caps, "@@session.error_count", "1").readable(), caps));
  CHECK(diagnostics.keep(2, warnings_reply(caps).readable(), caps));
  return diagnostics;
}

// Rows as "a|b c|d"; "no" if there is no answer.
std::string ask(const KeptDiagnostics& diagnostics, Caps caps, std::string_view sql) {
  ByteQueue out;
  if (!diagnostics.answer(sql, {}, 1, out)) {
    CHECK(out.empty());
    return "no";
  }
  SimpleQuery query;
  query.start(sql, caps);
  REQUIRE(query.on_bytes(out.readable()) == SimpleQuery::Want::done);
  CHECK(query.warnings() == 3);
  std::string text;
  for (const auto& row : query.rows()) {
    if (!text.empty()) text += ' ';
    for (std::size_t i = 0; i < row.size(); ++i) text += (i == 0 ? "" : "|") + row[i].value_or("NULL");
  }
  return text;
}

struct Case {
  const char* sql;
  const char* rows;
};

const Case kCases[] = {
    {"SHOW WARNINGS", "Warning|1292|first Error|1365|second Note|1003|third"},
    {"show /* x */ warnings ;", "Warning|1292|first Error|1365|second Note|1003|third"},
    {"SHOW WARNINGS LIMIT 1", "Warning|1292|first"},
    {"SHOW WARNINGS LIMIT 0", ""},
    {"SHOW WARNINGS LIMIT 1, 5", "Error|1365|second Note|1003|third"},
    {"SHOW WARNINGS LIMIT 1 OFFSET 2", "Note|1003|third"},
    {"SHOW WARNINGS LIMIT 1 OFFSET 9", ""},
    {"SHOW ERRORS", "Error|1365|second"},
    {"SHOW ERRORS LIMIT 1, 1", ""},
    {"SHOW COUNT(*) WARNINGS", "3"},
    {"SHOW COUNT(*) ERRORS", "1"},
    {"SELECT @@warning_count", "3"},
    {"SELECT @@session.error_count, @@WARNING_COUNT;", "1|3"},
    {"SELECT @@warning_count + 1", "no"},
    {"SELECT @@warning_count, @@sql_mode", "no"},
    {"SELECT @@global.warning_count", "no"},
    {"SHOW WARNINGS LIMIT x", "no"},
    {"SHOW WARNINGS LIMIT 18446744073709551616", "no"},
    {"SHOW WARNINGS LIMIT 1 1", "no"},
    {"SHOW WARNINGS; SELECT 1", "no"},
    {"SHOW WARNINGS x", "no"},
    {"SHOW COUNT(x) ERRORS", "no"},
    {"SHOW COUNT(*) ROWS", "no"},
    {"SHOW TABLES", "no"},
    {"GET DIAGNOSTICS @n = NUMBER", "no"},
    {"", "no"},
};

TEST_CASE("kept warnings answer what shows them, in all forms", "[router][session]") {
  for (const Caps caps : kBothKinds) {
    const KeptDiagnostics diagnostics = kept(caps);
    for (const Case& c : kCases) {
      INFO(c.sql);
      CHECK(ask(diagnostics, caps, c.sql) == c.rows);
    }
  }
}

TEST_CASE("the answer to SHOW WARNINGS is the server's, byte for byte", "[router][session]") {
  for (const Caps caps : kBothKinds) {
    ByteQueue out;
    REQUIRE(kept(caps).answer("SHOW WARNINGS", {}, 1, out));
    CHECK(as_text(out.readable()) == as_text(warnings_reply(caps).readable()));
  }
}

TEST_CASE("a reply is kept whole or not at all", "[router][session]") {
  for (const Caps caps : kBothKinds) {
    for (const bool none : {false, true}) {
      const ByteQueue whole = warnings_reply(caps, none);
      const Bytes bytes = whole.readable();
      CHECK(KeptDiagnostics(ServerFamily::mysql).keep(2, bytes, caps));
      for (std::size_t cut = 0; cut < bytes.size(); ++cut)
        CHECK_FALSE(KeptDiagnostics(ServerFamily::mysql).keep(2, bytes.first(cut), caps));
    }
  }
}

TEST_CASE("of several results none is kept", "[router][session]") {
  for (const Caps caps : kBothKinds) {
    ByteQueue out;
    ReplyWriter reply{out, caps, 1};
    for (const std::uint16_t status : {kStatusMoreResults, std::uint16_t{0}}) {
      reply.columns({{"Level"}});
      reply.end_rows(status, 0);
    }
    CHECK_FALSE(KeptDiagnostics(ServerFamily::mysql).keep(2, out.readable(), caps));
  }
}

}  // namespace
}  // namespace weir
