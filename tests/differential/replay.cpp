#include "tests/differential/replay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <map>
#include <memory>

#include "protocol/message/command.hpp"
#include "protocol/message/prepared.hpp"
#include "protocol/message/response.hpp"
#include "protocol/message/resultset.hpp"
#include "tests/differential/comparable.hpp"

namespace weir::differential {
namespace {

constexpr std::string_view kUpload = "7\tseven\n8\teight\n";

struct Prepared {
  std::uint32_t id = 0;
  int parameters = 0;
  std::uint64_t type_seed = 0;              // of the latest execution that carried types
  bool long_data = false;                   // its first parameter has been sent ahead
  bool first_is_text = true;                // it was, in the latest execution, if there was one: see below
  ColumnType data_type = ColumnType::blob;  // of what is sent ahead
  bool cursor = false;                      // opened, and perhaps not closed since
  int charset = 0;                          // how many had been set when the server learnt the types
  int schema = 0;                           // how often it had been set when this was prepared
};

// Parameters are read in the character set of the moment when their types came: a connection that learns the
// types later has another.
bool sets_charset(std::string_view sql) {
  return sql.starts_with("SET ") && (sql.find("NAMES") != std::string_view::npos ||
                                     sql.find("character_set") != std::string_view::npos ||
                                     sql.find("collation_connection") != std::string_view::npos);
}

std::string command(Command code, std::string_view argument = {}) {
  std::string text(1, static_cast<char>(code));
  return text.append(argument);
}

std::string with_id(Command code, std::uint32_t id) {
  std::string text = command(code) + std::string(4, '\0');
  store_le(reinterpret_cast<std::uint8_t*>(text.data()) + 1, id, 4);
  return text;
}

void append_le(std::string& out, std::uint64_t value, std::size_t width) {
  for (std::size_t i = 0; i < width; ++i) out += static_cast<char>(value >> (8 * i));
}

// Every fourth is as old as those that know EOF packets only.
bool is_old(int session) {
  return session % 4 == 3;
}

// Every second session sends attributes with its statements, if the server takes them; every third one is
// told what its statements change. (Not an old one: no client is both, and MySQL tells it with the OK of a
// later statement, whoever has the connection then.)
Caps asked_by(int session) {
  return (session % 2 == 1 ? kQueryAttributes : 0) |
         (session % 3 == 2 && !is_old(session) ? kSessionTrack : 0);
}

// Every fifth sends no files.
Caps not_asked_by(int session) {
  return (is_old(session) ? kDeprecateEof : 0) | (session % 5 == 4 ? kLocalFiles : 0);
}

std::vector<std::string> pieces_of(std::string_view text) {
  std::vector<std::string> pieces;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(kNext, at), text.size());
    pieces.emplace_back(text.substr(at, end - at));
    at = end + kNext.size();
  }
  return pieces;
}

// The parameters of one execution: types and values that follow from two numbers, so that both ends get the
// same.
struct Parameters {
  std::string nulls, types, values;
  bool named;  // each type is followed by a name, here an empty one

  Parameters(const Prepared& statement, std::uint64_t value_seed, bool with_names) : named(with_names) {
    nulls.assign(static_cast<std::size_t>(statement.parameters + 7) / 8, '\0');
    for (int i = 0; i < statement.parameters; ++i) {
      if (i == 0 && statement.long_data) {
        type(statement.data_type, false);
      } else {
        add(i, (statement.type_seed >> (8 * (i % 8))) % 7, value_seed >> (8 * (i % 8)));
      }
    }
  }

  void add(int index, std::uint64_t type_number, std::uint64_t seed) {
    switch (type_number) {
      case 0:
        nulls[static_cast<std::size_t>(index) / 8] |= static_cast<char>(1 << (index % 8));
        return type(ColumnType::null, false);
      case 1:
        type(ColumnType::longlong, false);
        return append_le(values, seed & 0x1f, 8);
      case 2:
        type(ColumnType::longlong, true);
        return append_le(values, seed & 0x1f, 8);
      case 3:
        type(ColumnType::tiny, false);
        return append_le(values, seed & 0x0f, 1);
      case 4:
        type(ColumnType::double_real, false);
        return append_le(values, std::bit_cast<std::uint64_t>(static_cast<double>(seed & 0xff) / 4), 8);
      default:
        type(ColumnType::var_string, false);
        return text(fmt::format("v{}", seed & 0x3f));
    }
  }
  void type(ColumnType type, bool is_unsigned) {
    types += static_cast<char>(type);
    types += static_cast<char>(is_unsigned ? 0x80 : 0);
    if (named) types += '\0';
  }
  void text(std::string_view value) {
    values += static_cast<char>(value.size());
    values += value;
  }
};

class Actor {
 public:
  Actor(const Stage& stage, int session)
      : stage_(stage), asks_(asked_by(session)), asks_not_(not_asked_by(session)) {}

  std::vector<std::string> act(const Step& step) {
    try {
      if (step.action == Action::reconnect) client_.reset();
      connect();
      auto packets = answer(step);
      // What a server has to tell after an ERR, which tells nothing, comes with its next OK: perhaps of a
      // statement of Weir's own, a documented limit.
      if (packets.empty()) return packets;
      std::string& last = packets.back();
      const bool tells = is_ok(last) && step.action != Action::prepare;  // whose answer begins like an OK
      if (told_nothing_ && (asks_ & kSessionTrack) != 0 && tells) without_track(last);
      told_nothing_ = is_err(as_bytes(last)) || (told_nothing_ && !tells);
      return packets;
    } catch (const Lost& lost) {
      client_.reset();
      return {std::string("lost: ") + lost.what()};
    }
  }

  // Ends another session, or what it does, which is nothing: it is one statement at a time. Not of another
  // user, who needs a privilege for it on the server.
  std::vector<std::string> kill(const Step& step, Actor& other) {
    if (!other.client_ || &other == this) return {"nobody"};
    try {
      connect();
      if (is_other_user_ != other.is_other_user_) return {"of another user"};
      const bool ends = step.action == Action::kill_connection;
      auto answer =
          client_->run(query(fmt::format("KILL {}{}", ends ? "" : "QUERY ", other.client_->connection_id())));
      // Weir answers from what it knows: after an ERR, not yet whether the transaction is still there.
      if (!is_err(as_bytes(answer[0]))) answer[0][3] = answer[0][4] = '\0';
      if (ends && !is_err(as_bytes(answer[0]))) {
        other.client_->await_end();
        other.client_.reset();
      }
      return answer;
    } catch (const Lost& lost) {
      client_.reset();
      return {std::string("lost: ") + lost.what()};
    }
  }

 private:
  void connect() {
    if (client_) return;
    prepared_.clear();
    is_other_user_ = false;
    client_ = std::make_unique<WireClient>(stage_.endpoint, as_asked(stage_.login));
  }
  Login as_asked(Login login) const {
    login.more = asks_;
    login.less = asks_not_;
    return login;
  }
  bool sends_attributes() const { return (client_->caps() & kQueryAttributes) != 0; }

  // A text of one attribute, a = 'x'.
  std::string query(std::string_view sql) const {
    constexpr std::string_view kAttribute("\1\1\0\1\xfd\0\1a\1x", 10);
    std::string text = command(Command::query);
    if (sends_attributes()) text += kAttribute;
    return text.append(sql);
  }

  std::vector<std::string> answer(const Step& step) {
    switch (step.action) {
      case Action::query:
        return comparable(
            step.text,
            client_->run(query(step.text), step.text.find("'empty'") == std::string::npos ? kUpload : ""));
      case Action::pipelined:
        return pipelined(pieces_of(step.text));
      case Action::use:
        ++schema_;
        return without_warnings(client_->run(command(Command::init_db, step.text)));
      case Action::ping:
        return without_warnings(client_->run(command(Command::ping)));
      case Action::reset:
        prepared_.clear();
        return client_->run(command(Command::reset_connection));
      case Action::change_user: {
        prepared_.clear();
        Login login = as_asked(step.value == 0 ? stage_.login : stage_.other);
        login.schema = step.text;
        const auto changed = client_->change_user(login);
        is_other_user_ = step.value != 0;
        // MariaDB leaves the role of the user of before in force; the next one of Weir's has his own.
        if (!stage_.types_stay) client_->run(query("SET ROLE NONE"));
        return changed;
      }
      case Action::reconnect:
        return {};
      case Action::set_option:
        return without_warnings(
            client_->run(command(Command::set_option, {step.value == 0 ? "\0\0" : "\1\0", 2})));
      case Action::statistics:
        return {client_->run(command(Command::statistics))[0].substr(
            0, 6)};  // the rest are numbers of the server's
      case Action::field_list:
        return client_->run(command(Command::field_list, step.text + std::string(1, '\0')));
      case Action::prepare:
        return prepare(step);
      case Action::kill_query:
      case Action::kill_connection:
      case Action::execute:
      case Action::execute_again:
      case Action::cursor:
      case Action::fetch:
      case Action::long_data:
      case Action::reset_statement:
      case Action::close_statement:
        break;
    }
    return on_statement(step);
  }

  std::vector<std::string> pipelined(const std::vector<std::string>& statements) {
    std::vector<std::string> commands;
    for (const std::string& sql : statements) commands.push_back(query(sql));
    const auto answers = client_->run_pipelined(commands);
    std::vector<std::string> packets;
    for (std::size_t i = 0; i < answers.size(); ++i) {
      for (std::string& packet : comparable(statements[i], answers[i])) packets.push_back(std::move(packet));
    }
    return packets;
  }

  Packets comparable(std::string_view sql, std::vector<std::string> packets) {
    if (sets_charset(sql)) ++charset_;
    if (sql.starts_with("USE ")) ++schema_;
    return without_types_of_unset(without_plan(sql, std::move(packets)));
  }

  std::vector<std::string> prepare(const Step& step) {
    if (const auto old = prepared_.find(step.slot); old != prepared_.end()) {
      client_->run(with_id(Command::stmt_close, old->second.id));
      prepared_.erase(old);
    }
    auto packets = client_->run(command(Command::stmt_prepare, step.text));
    const auto ok = decode_prepare_ok(as_bytes(packets[0]));
    if (!ok || packets[0][0] != '\0') return packets;
    prepared_[step.slot] = {.id = ok->statement_id,
                            .parameters = ok->parameters,
                            .data_type = stage_.types_stay ? ColumnType::var_string : ColumnType::blob,
                            .charset = charset_,
                            .schema = schema_};
    packets[0].replace(1, 4, "stmt");
    return packets;
  }

  std::vector<std::string> on_statement(const Step& step) {
    const auto found = prepared_.find(step.slot);
    if (found == prepared_.end()) return {"nothing prepared"};
    Prepared& statement = found->second;
    const std::uint32_t id = statement.id;
    const bool executes = step.action == Action::execute || step.action == Action::execute_again ||
                          step.action == Action::cursor;
    if (executes && stage_.types_stay && statement.parameters > 0 && statement.charset != charset_)
      return {"of another character set"};
    // MySQL answers an old client who executes a statement with an open cursor again with an OK in the place
    // of the EOF after the columns, and no rows.
    if (step.action == Action::cursor && stage_.types_stay && (asks_not_ & kDeprecateEof) != 0)
      return {"no cursor for it"};
    // One that fails in another schema leaves word of the schema in force for the next OK, whosever that is:
    // a documented limit.
    if (executes && (asks_ & kSessionTrack) != 0 && statement.schema != schema_) return {"of another schema"};
    // To one of the others MySQL may do the same, who then waits for rows that do not come.
    if (executes && step.action != Action::cursor && stage_.types_stay && statement.cursor)
      return {"its cursor is open"};
    statement.cursor |= step.action == Action::cursor;
    if (step.action == Action::execute) return client_->run(execute(statement, step.value, 0, true));
    if (step.action == Action::execute_again) {
      const bool new_types = statement.type_seed == 0 || statement.long_data || statement.charset != charset_;
      return client_->run(execute(statement, step.value, 0, new_types));
    }
    if (step.action == Action::cursor)
      return client_->run(execute(statement, step.value, kCursorTypeReadOnly, true));
    if (step.action == Action::fetch) {
      std::string text = with_id(Command::stmt_fetch, id);
      append_le(text, step.value, 4);
      return without_number(client_->run(text));
    }
    // After an execution with a number MariaDB takes the data's address for one (MySQL: converts the data).
    if (step.action == Action::long_data) {
      const bool known = !stage_.types_stay || statement.type_seed != 0;
      if (statement.parameters == 0 || !statement.first_is_text || !known) return {"no parameter for it"};
      statement.long_data = true;
      std::string text = with_id(Command::stmt_send_long_data, id);
      append_le(text, 0, 2);
      return client_->run(text + step.text);
    }
    statement.long_data = statement.cursor = false;
    if (step.action == Action::reset_statement) return client_->run(with_id(Command::stmt_reset, id));
    prepared_.erase(found);
    return client_->run(with_id(Command::stmt_close, id));
  }

  std::string execute(Prepared& statement, std::uint64_t seed, std::uint8_t flags, bool with_types) {
    const bool keeps_types = stage_.types_stay && statement.type_seed != 0;
    if (with_types && !keeps_types) statement.type_seed = seed | 1;
    if (with_types) statement.charset = charset_;
    std::string text = with_id(Command::stmt_execute, statement.id);
    text += static_cast<char>(flags);
    append_le(text, 1, 4);
    if (statement.parameters == 0) return text;
    const Parameters parameters(statement, seed, sends_attributes());
    if (sends_attributes()) text += static_cast<char>(statement.parameters);
    statement.first_is_text = statement.long_data || statement.type_seed % 7 >= 5;
    statement.long_data = false;
    text += parameters.nulls;
    text += static_cast<char>(with_types ? 1 : 0);
    if (with_types) text += parameters.types;
    return text + parameters.values;
  }

  const Stage& stage_;
  const Caps asks_, asks_not_;
  bool is_other_user_ = false;
  bool told_nothing_ = false;  // the answer before was an ERR
  std::unique_ptr<WireClient> client_;
  std::map<int, Prepared> prepared_;
  int charset_ = 0;  // how many have been set
  int schema_ = 0;   // how often it has been
};

void make_schema(const Stage& stage) {
  WireClient maker(stage.server, {stage.login.user, stage.login.password, "", stage.login.collation});
  const auto run = [&](const std::string& sql) {
    const auto answer = maker.run(command(Command::query, sql));
    if (const auto err = decode_err(as_bytes(answer[0])); is_err(as_bytes(answer[0])))
      throw Lost(fmt::format("setup: {}: {}", sql, err ? err->message : "broken ERR"));
  };
  for (const std::string& sql : stage.setup) run(sql);
}

}  // namespace

Answers replay(const Stage& stage, const Script& script) {
  make_schema(stage);
  std::map<int, Actor> actors;
  Answers answers;
  const auto actor = [&](int session) -> Actor& {
    return actors.try_emplace(session, stage, session).first->second;
  };
  for (const Step& step : script) {
    const bool kills = step.action == Action::kill_query || step.action == Action::kill_connection;
    answers.push_back(kills ? actor(step.session).kill(step, actor(static_cast<int>(step.value)))
                            : actor(step.session).act(step));
  }
  return answers;
}

std::string readable(std::string_view packet) {
  std::string text;
  for (const char c : packet) {
    if (c >= ' ' && c <= '~') {
      text += c;
    } else {
      text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  return text;
}

}  // namespace weir::differential
