#include "tests/differential/comparable.hpp"

#include <fmt/format.h>

#include "protocol/message/response.hpp"
#include "protocol/message/resultset.hpp"
#include "protocol/wire/reader.hpp"
#include "protocol/wire/status.hpp"

namespace weir::differential {
namespace {

constexpr std::string_view kDefinition(
    "\x03"
    "def");

bool is_eof(std::string_view packet) {
  return packet.size() == 5 && static_cast<std::uint8_t>(packet[0]) == kEofHeader;
}

void blank_plan(std::string& ok) {
  Reader reader(as_bytes(ok).subspan(1));
  reader.lenenc();
  reader.lenenc();
  const std::size_t at = ok.size() - reader.remaining();
  if (at < ok.size()) ok[at] = static_cast<char>(ok[at] & ~0x30);
}

// A view of the dictionary's is merged into the statement, or not: the tables behind a column, and its flags.
void blank_origin(std::string& definition) {
  const auto column = decode_column(as_bytes(definition));
  if (!column) return;
  definition = fmt::format("{}{} {} {} {} {}", kDefinition, column->name, column->collation, column->length,
                           static_cast<int>(column->type), column->decimals);
}

void blank_null_variables(const std::vector<std::string*>& definitions, std::string_view row) {
  TextRowReader fields(as_bytes(row));
  for (std::string* definition : definitions) {
    constexpr std::size_t kFixed = 12;  // collation, length, type, flags, decimals, filler
    const auto column = decode_column(as_bytes(*definition));
    const bool is_variable = column && (column->name.starts_with('@') || column->name == "?");
    if (!fields.next() && is_variable) definition->resize(definition->size() - kFixed);
  }
}

}  // namespace

bool is_ok(std::string_view packet) {
  return packet.size() >= 7 && (packet[0] == '\0' || static_cast<std::uint8_t>(packet[0]) == kEofHeader);
}

Packets without_number(Packets packets) {
  std::string& text = packets[0];
  const auto open = text.find('(');
  const auto close = text.find(')', open);
  if (is_err(as_bytes(text)) && close != std::string::npos) text.replace(open, close + 1 - open, "(N)");
  if (is_err(as_bytes(text)) && text.ends_with('.')) text.pop_back();  // MySQL's sentences have a full stop
  return packets;
}

Packets without_plan(std::string_view sql, Packets packets) {
  if ((sql.starts_with("UPDATE") || sql.starts_with("DELETE")) && packets[0][0] == '\0')
    blank_plan(packets[0]);
  if (!sql.starts_with("SHOW") || packets.size() < 2) return packets;
  for (std::size_t i = 1; i < packets.size() && packets[i].starts_with(kDefinition); ++i)
    blank_origin(packets[i]);
  std::string& last = packets.back();
  if (last.size() >= 5 && static_cast<std::uint8_t>(last[0]) == kEofHeader)
    last[3] = static_cast<char>(last[3] & ~0x30);
  return packets;
}

Packets without_warnings(Packets packets) {
  std::string& ok = packets[0];
  if (ok.size() >= 7 && !is_err(as_bytes(ok))) ok[5] = ok[6] = '\0';
  if (ok.size() == 5 && static_cast<std::uint8_t>(ok[0]) == kEofHeader) ok[1] = ok[2] = '\0';
  return packets;
}

Packets without_types_of_unset(Packets packets) {
  std::vector<std::string*> definitions;  // of the result that begins
  for (std::string& packet : packets) {
    if (packet.starts_with(kDefinition)) {
      definitions.push_back(&packet);
    } else if (!is_eof(packet)) {
      blank_null_variables(definitions, packet);
      definitions.clear();
    }
  }
  return packets;
}

void without_track(std::string& ok) {
  Reader reader(as_bytes(ok).subspan(1));
  reader.lenenc();
  reader.lenenc();
  const std::size_t status = ok.size() - reader.remaining();
  reader.skip(4);
  const std::uint64_t info = reader.remaining() == 0 ? 0 : reader.lenenc();
  reader.skip(info);
  if (reader.error()) return;
  ok.resize(info == 0 ? status + 4 : ok.size() - reader.remaining());
  ok[status + 1] = static_cast<char>(ok[status + 1] & ~(kStatusSessionChanged >> 8));
}

}  // namespace weir::differential
