#include "proxy/query_log/query_event.hpp"

#include <fmt/format.h>

#include <ctime>
#include <iterator>

#include "router/query/digest.hpp"

namespace weir {
namespace {

struct EventName {
  Command command;
  std::string_view name;
};
constexpr EventName kNames[] = {
    {Command::query, "COM_QUERY"},
    {Command::stmt_prepare, "COM_STMT_PREPARE"},
    {Command::stmt_execute, "COM_STMT_EXECUTE"},
};

// How many bytes the character takes that `text` begins with; 0: that is no UTF-8. RFC 3629.
std::size_t utf8_size(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : static_cast<unsigned char>(0);
  };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xc0) == 0x80; };
  const unsigned first = byte(0), second = byte(1);
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4 || !follows(1)) return 0;
  if (first < 0xe0) return 2;
  if (!follows(2)) return 0;
  if (first < 0xf0) {
    const bool overlong = first == 0xe0 && second < 0xa0;
    const bool surrogate = first == 0xed && second >= 0xa0;
    return overlong || surrogate ? 0 : 3;
  }
  const bool out_of_range = (first == 0xf0 && second < 0x90) || (first == 0xf4 && second >= 0x90);
  return out_of_range || !follows(3) ? 0 : 4;
}

bool is_plain(unsigned char byte) {
  return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

void append_escaped(std::string& line, unsigned char byte) {
  constexpr std::string_view kHex = "0123456789abcdef";
  if (byte == '"' || byte == '\\') {
    line += '\\';
    line += static_cast<char>(byte);
  } else if (byte == '\n') {
    line += "\\n";
  } else if (byte == '\t') {
    line += "\\t";
  } else {
    line += "\\u00";
    line += kHex[byte >> 4];
    line += kHex[byte & 15];
  }
}

void append_client(std::string& line, const QueryEvent& event) {
  line += R"(,"client":)";
  if (event.client_addr.empty()) return append_json_text(line, "localhost");
  append_json_text(line, event.client_addr);
  line.back() = ':';
  fmt::format_to(std::back_inserter(line), "{}\"", event.client_port);
}

}  // namespace

std::string_view event_name(Command command) {
  for (const EventName& row : kNames) {
    if (row.command == command) return row.name;
  }
  return {};
}

void append_json_text(std::string& line, std::string_view text) {
  line += '"';
  while (!text.empty()) {
    std::size_t size = 0;  // of what may be written as it is
    while (size < text.size()) {
      const auto byte = static_cast<unsigned char>(text[size]);
      const std::size_t step = byte < 0x80 ? std::size_t{is_plain(byte)} : utf8_size(text.substr(size));
      if (step == 0) break;
      size += step;
    }
    line += text.substr(0, size);
    text.remove_prefix(size);
    if (text.empty()) break;
    append_escaped(line, static_cast<unsigned char>(text[0]));
    text.remove_prefix(1);
  }
  line += '"';
}

std::string_view cut_text(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  std::size_t size = limit;
  for (int i = 0; i < 3 && size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80; ++i) --size;
  return text.substr(0, size);
}

void EventLines::append_time(std::string& line, std::uint64_t us) {
  const auto since_1970 = static_cast<std::int64_t>(us / 1'000'000);
  Second& second = seconds_[static_cast<std::size_t>(since_1970 & 1)];
  if (second.since_1970 != since_1970) {
    const std::time_t time = since_1970;
    std::tm local{};
    ::localtime_r(&time, &local);
    std::strftime(second.text.data(), second.text.size(), "%Y-%m-%d %H:%M:%S", &local);
    second.since_1970 = since_1970;
  }
  fmt::format_to(std::back_inserter(line), "\"{}.{:06}\"", second.text.data(), us % 1'000'000);
}

void EventLines::append(std::string& line, const QueryEvent& event, std::size_t query_limit) {
  const auto out = std::back_inserter(line);
  const auto text = [&](std::string_view key, std::string_view value) {
    line += key;
    append_json_text(line, value);
  };
  const std::uint64_t began_at_us = event.ended_at_us - event.took_us;
  const std::string_view query = cut_text(event.query, query_limit);
  fmt::format_to(out, R"({{"hostgroup_id":{},"thread_id":{},"event":"{}")", event.hostgroup, event.session_id,
                 event_name(event.command));
  text(R"(,"username":)", event.username);
  text(R"(,"schemaname":)", event.schema);
  append_client(line, event);
  if (!event.server.empty()) text(R"(,"server":)", event.server);
  fmt::format_to(out, R"(,"rows_affected":{},"last_insert_id":{},"rows_sent":{})", event.rows_affected,
                 event.last_insert_id, event.rows_sent);
  text(R"(,"query":)", query);
  if (event.masked) line += R"(,"query_masked":true)";
  if (query.size() < event.query_bytes) fmt::format_to(out, R"(,"query_bytes":{})", event.query_bytes);
  if (event.error_code != 0) {
    fmt::format_to(out, R"(,"errno":{})", event.error_code);
    text(R"(,"error":)", event.error);
  }
  fmt::format_to(out, R"(,"starttime_timestamp_us":{},"starttime":)", began_at_us);
  append_time(line, began_at_us);
  fmt::format_to(out, R"(,"endtime_timestamp_us":{},"endtime":)", event.ended_at_us);
  append_time(line, event.ended_at_us);
  fmt::format_to(out, R"(,"duration_us":{},"digest":"{}")", event.took_us, digest_to_text(event.digest));
  if (event.statement_id != 0) fmt::format_to(out, R"(,"client_stmt_id":{})", event.statement_id);
  line += "}\n";
}

}  // namespace weir
