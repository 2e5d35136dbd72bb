#include "router/session/kept_diagnostics.hpp"

#include "protocol/base/number_text.hpp"
#include "protocol/message/response.hpp"
#include "protocol/message/resultset.hpp"
#include "protocol/wire/frame.hpp"

namespace weir {
namespace {

std::string text_of(Bytes bytes) {
  return std::string(as_text(bytes));
}

// An EOF, or the OK in its place: shorter than any row that begins with the same byte.
bool ends_part(Bytes payload) {
  return payload[0] == kEofHeader;
}

bool take_number(Lexer& lexer, std::uint64_t& number) {
  const Token token = lexer.next();
  const auto read = to_integer<std::uint64_t>(token.text);
  number = read.value_or(0);
  return token.kind == TokenKind::number && read;
}

bool at_end(Token token, Lexer& lexer) {
  if (token.is(';')) token = lexer.next();
  return token.kind == TokenKind::end;
}

// Behind LIMIT: count, or skip and count, or count OFFSET skip.
bool take_limit(Lexer& lexer, std::uint64_t& skip, std::uint64_t& most) {
  if (!take_number(lexer, most)) return false;
  const Token token = lexer.next();
  if (token.is(',')) {
    skip = most;
    return take_number(lexer, most) && at_end(lexer.next(), lexer);
  }
  if (equals_caseless(token.text, "offset")) return take_number(lexer, skip) && at_end(lexer.next(), lexer);
  return at_end(token, lexer);
}

// @@warning_count, @@session.error_count: which of the two counts; nothing if it is another variable.
std::optional<std::size_t> count_named(const Token& token) {
  if (token.kind != TokenKind::system_variable) return std::nullopt;
  std::string_view name = token.text.substr(2);
  for (const std::string_view scope : {"session.", "local."}) {
    if (equals_caseless(name.substr(0, scope.size()), scope)) name.remove_prefix(scope.size());
  }
  if (equals_caseless(name, "warning_count")) return 0;
  if (equals_caseless(name, "error_count")) return 1;
  return std::nullopt;
}

void write(ByteQueue& out, std::string_view payload, std::uint8_t& sequence) {
  write_packet(out, as_bytes(payload), sequence);
}

}  // namespace

bool KeptDiagnostics::keep(std::size_t question, Bytes reply, Caps caps) {
  Reply& kept = replies_[question];
  PacketReader reader(kMaxFramePayload - 1);
  reader.expect_sequence(1);
  const auto next = [&]() -> std::optional<Bytes> {
    auto packet = reader.next(reply);
    if (!packet || !*packet || (*packet)->empty()) return std::nullopt;
    return **packet;
  };
  const auto head = next();
  const auto columns =
      head ? decode_column_count(*head) : Result<std::uint64_t>(std::unexpected(DecodeError::truncated));
  if (!columns || *columns > 16) return false;
  for (std::uint64_t i = 0; i < *columns; ++i) {
    const auto column = next();
    if (!column) return false;
    kept.columns.push_back(text_of(*column));
  }
  if ((caps & kDeprecateEof) == 0) {
    const auto eof = next();
    if (!eof || !ends_part(*eof)) return false;
    kept.after_columns = text_of(*eof);
  }
  for (auto packet = next(); packet; packet = next()) {
    if (ends_part(*packet)) {
      kept.end = text_of(*packet);
      return reply.empty();  // otherwise there are more results
    }
    kept.rows.push_back(text_of(*packet));
  }
  return false;
}

bool KeptDiagnostics::answer(std::string_view sql, LexMode mode, std::uint8_t sequence,
                             ByteQueue& out) const {
  Lexer lexer(sql, mode);
  const Token verb = lexer.next();
  if (equals_caseless(verb.text, "show")) return answer_show(lexer, sequence, out);
  if (equals_caseless(verb.text, "select")) return answer_select(lexer, sequence, out);
  return false;
}

bool KeptDiagnostics::answer_show(Lexer& lexer, std::uint8_t sequence, ByteQueue& out) const {
  const Token object = lexer.next();
  if (equals_caseless(object.text, "count")) return answer_count(lexer, sequence, out);
  Shown wanted{.errors_only = equals_caseless(object.text, "errors")};
  if (!wanted.errors_only && !equals_caseless(object.text, "warnings")) return false;
  const Token token = lexer.next();
  const bool limited = equals_caseless(token.text, "limit");
  if (limited ? !take_limit(lexer, wanted.skip, wanted.most) : !at_end(token, lexer)) return false;
  write_reply(shown(wanted), sequence, out);
  return true;
}

// Behind SHOW COUNT: (*) WARNINGS or (*) ERRORS.
bool KeptDiagnostics::answer_count(Lexer& lexer, std::uint8_t sequence, ByteQueue& out) const {
  for (const char expected : {'(', '*', ')'}) {
    if (!lexer.next().is(expected)) return false;
  }
  const Token what = lexer.next();
  const bool errors = equals_caseless(what.text, "errors");
  if (!errors && !equals_caseless(what.text, "warnings")) return false;
  if (!at_end(lexer.next(), lexer)) return false;
  write_reply(replies_[errors ? 1 : 0], sequence, out);
  return true;
}

bool KeptDiagnostics::answer_select(Lexer& lexer, std::uint8_t sequence, ByteQueue& out) const {
  Reply reply = replies_[0];
  reply.columns.clear();
  reply.rows.assign(1, {});
  Token token;
  do {
    token = lexer.next();
    const auto count = count_named(token);
    if (!count || replies_[*count].columns.size() != 1 || replies_[*count].rows.size() != 1) return false;
    auto column = decode_column(as_bytes(replies_[*count].columns[0]));
    if (!column) return false;
    column->name = token.text;
    ByteQueue definition;
    std::uint8_t ignored = 0;
    encode_column(*column, definition, ignored);
    reply.columns.push_back(text_of(definition.readable().subspan(kFrameHeaderBytes)));
    reply.rows[0] += replies_[*count].rows[0];
    token = lexer.next();
  } while (token.is(','));
  if (!at_end(token, lexer)) return false;
  write_reply(reply, sequence, out);
  return true;
}

KeptDiagnostics::Reply KeptDiagnostics::shown(const Shown& wanted) const {
  const Reply& all = replies_[kCount - 1];
  Reply reply{.columns = all.columns, .after_columns = all.after_columns, .rows = {}, .end = all.end};
  std::uint64_t skip = wanted.skip;
  for (const std::string& row : all.rows) {
    if (wanted.errors_only && TextRowReader(as_bytes(row)).next() != "Error") continue;
    if (skip > 0) {
      --skip;
    } else if (reply.rows.size() < wanted.most) {
      reply.rows.push_back(row);
    }
  }
  return reply;
}

void KeptDiagnostics::write_reply(const Reply& reply, std::uint8_t sequence, ByteQueue& out) {
  encode_column_count(reply.columns.size(), out, sequence);
  for (const std::string& column : reply.columns) write(out, column, sequence);
  if (!reply.after_columns.empty()) write(out, reply.after_columns, sequence);
  for (const std::string& row : reply.rows) write(out, row, sequence);
  write(out, reply.end, sequence);
}

}  // namespace weir
