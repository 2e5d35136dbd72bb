// Prepared statements on the admin port.
#include <catch2/catch.hpp>

#include "protocol/message/prepared.hpp"
#include "tests/component/admin/port_scene.hpp"
#include "tests/support/frames.hpp"

namespace weir::test {
namespace {

Blob le(std::uint64_t value, std::size_t width) {
  Blob bytes(width);
  store_le(bytes.data(), value, width);
  return bytes;
}

PrepareOk prepare(PortScene& scene, ScriptedClient& client, std::string_view sql) {
  const Reply reply = scene.ask(client, Command::stmt_prepare, as_bytes(sql));
  const auto ok = decode_prepare_ok(reply.payloads().at(0));
  REQUIRE(ok.has_value());
  return *ok;
}

// The cells of the only row of a binary result.
std::vector<Cell> row_of(const Reply& reply) {
  const auto payloads = reply.payloads();
  const std::size_t columns = payloads.at(0).at(0);
  const Blob& row = payloads.at(1 + columns + ((reply.caps & kDeprecateEof) == 0 ? 1 : 0));
  REQUIRE(row[0] == 0);
  Reader in{Bytes(row).subspan(1)};
  const Bytes nulls = in.bytes((columns + 9) / 8);
  std::vector<Cell> cells;
  for (std::size_t i = 0; i < columns; ++i) {
    const bool null = (nulls[(i + 2) / 8] >> ((i + 2) % 8) & 1) != 0;
    cells.push_back(null ? Cell{} : Cell{std::string(in.lenenc_text())});
  }
  CHECK(in.finish() == std::nullopt);
  return cells;
}

// Of two parameters: a 32-bit integer and a text, or a NULL in its place.
Blob execute_argument(std::uint32_t id, std::uint32_t number, const std::optional<std::string>& text) {
  Blob argument = le(id, 4) + Blob{0, 1, 0, 0, 0} + Blob{static_cast<std::uint8_t>(text ? 0 : 2)} +
                  Blob{1, 3, 0, 0xfd, 0};
  argument = argument + le(number, 4);
  if (text) argument = argument + Blob{static_cast<std::uint8_t>(text->size())} + to_blob(as_bytes(*text));
  return argument;
}

TEST_CASE("a statement is prepared, run with its parameters, and closed") {
  const Caps caps = GENERATE(as<Caps>{}, kUsualClient, kUsualClient & ~kDeprecateEof);
  PortScene scene;
  scene.executor.columns = {"one", "two", "three"};
  ScriptedClient& client = scene.log_in("admin", "admin", caps);
  const PrepareOk ok = prepare(scene, client, "SELECT ?, ?");
  CHECK(ok.parameters == 2);
  CHECK(ok.columns == 3);
  CHECK(row_of(scene.ask(client, Command::stmt_execute, execute_argument(ok.statement_id, 7, "x"))) ==
        std::vector<Cell>{"SELECT ?, ?", "7", "x"});
  CHECK(row_of(scene.ask(client, Command::stmt_execute, execute_argument(ok.statement_id, 0xffffffff, {}))) ==
        std::vector<Cell>{"SELECT ?, ?", "-1", std::nullopt});
  CHECK(scene.ask(client, Command::stmt_reset, le(ok.statement_id, 4)).text() == "ok");
  client.command(Command::stmt_close, le(ok.statement_id, 4));
  CHECK(scene.ask(client, Command::stmt_reset, le(ok.statement_id, 4)).text() ==
        "1243 Unknown prepared statement handler (1) given to COM_STMT_RESET");
}

TEST_CASE("later executions may leave the types out") {
  PortScene scene;
  ScriptedClient& client = scene.log_in();
  const PrepareOk ok = prepare(scene, client, "SELECT ?");
  const Blob head = le(ok.statement_id, 4) + Blob{0, 1, 0, 0, 0, 0};
  CHECK(scene.ask(client, Command::stmt_execute, head + Blob{0, 5}).text().starts_with("1210 "));
  CHECK(row_of(scene.ask(client, Command::stmt_execute, head + Blob{1, 1, 0, 5}))[1] == "5");
  CHECK(row_of(scene.ask(client, Command::stmt_execute, head + Blob{0, 6}))[1] == "6");
}

TEST_CASE("a parameter may be sent ahead, in pieces, and is used once") {
  PortScene scene;
  ScriptedClient& client = scene.log_in();
  const PrepareOk ok = prepare(scene, client, "SELECT ?");
  const Blob execute = le(ok.statement_id, 4) + Blob{0, 1, 0, 0, 0, 0, 1, 0xfc, 0};
  client.command(Command::stmt_send_long_data, le(ok.statement_id, 4) + le(0, 2) + "abc"_bytes);
  client.command(Command::stmt_send_long_data, le(ok.statement_id, 4) + le(0, 2) + "def"_bytes);
  client.command(Command::stmt_send_long_data, le(99, 4) + le(0, 2) + "nobody's"_bytes);
  client.command(Command::stmt_send_long_data, le(ok.statement_id, 4) + le(9, 2) + "no such parameter"_bytes);
  CHECK(row_of(scene.ask(client, Command::stmt_execute, execute))[1] == "abcdef");
  CHECK(scene.ask(client, Command::stmt_execute, execute).text().starts_with("1210 "));
  CHECK(row_of(scene.ask(client, Command::stmt_execute, execute + "\x02hi"_bytes))[1] == "hi");
}

TEST_CASE("long data beyond max_allowed_packet is an error of the execution, and not kept") {
  PortScene scene;
  scene.state.settings.max_allowed_packet = 1000;
  ScriptedClient& client = scene.log_in();
  const PrepareOk ok = prepare(scene, client, "SELECT ?");
  for (int i = 0; i < 3; ++i)
    client.command(Command::stmt_send_long_data, le(ok.statement_id, 4) + le(0, 2) + Blob(400, 'x'));
  const Blob execute = le(ok.statement_id, 4) + Blob{0, 1, 0, 0, 0, 0, 1, 0xfc, 0};
  CHECK(scene.ask(client, Command::stmt_execute, execute).text().contains("max_allowed_packet"));
  CHECK(row_of(scene.ask(client, Command::stmt_execute, execute + "\x02hi"_bytes))[1] == "hi");
}

TEST_CASE("long data of all statements of a client is bounded together") {
  PortScene scene;
  scene.state.settings.max_allowed_packet = 1000;
  ScriptedClient& client = scene.log_in();
  const PrepareOk first = prepare(scene, client, "SELECT ?");
  const PrepareOk second = prepare(scene, client, "SELECT ?");
  const auto execute = [&](const PrepareOk& ok) {
    return scene.ask(client, Command::stmt_execute,
                     le(ok.statement_id, 4) + Blob{0, 1, 0, 0, 0, 0, 1, 0xfc, 0});
  };
  client.command(Command::stmt_send_long_data, le(first.statement_id, 4) + le(0, 2) + Blob(600, 'x'));
  client.command(Command::stmt_send_long_data, le(second.statement_id, 4) + le(0, 2) + Blob(600, 'x'));
  CHECK(execute(second).text().contains("max_allowed_packet"));
  CHECK(row_of(execute(first))[1]->size() == 600);
}

TEST_CASE("a cursor that is asked for is not opened: the rows come at once") {
  PortScene scene;
  ScriptedClient& client = scene.log_in();
  const PrepareOk ok = prepare(scene, client, "SELECT 1");
  const Reply reply = scene.ask(client, Command::stmt_execute,
                                le(ok.statement_id, 4) + Blob{kCursorTypeReadOnly, 1, 0, 0, 0});
  CHECK(row_of(reply) == std::vector<Cell>{"SELECT 1"});
  CHECK((reply.status() & kStatusCursorExists) == 0);
  CHECK(scene.ask(client, Command::stmt_fetch, le(ok.statement_id, 4) + le(10, 4)).text() ==
        "1421 The statement has no open cursor.");
}

TEST_CASE("statements are forgotten with the session's state, and limited in number") {
  PortScene scene;
  ScriptedClient& client = scene.log_in();
  const PrepareOk first = prepare(scene, client, "SELECT 0");
  scene.ask(client, Command::reset_connection);
  CHECK(scene.ask(client, Command::stmt_reset, le(first.statement_id, 4)).text().starts_with("1243 "));
  for (std::size_t i = 0; i < AdminConnection::kMaxStatements; ++i) prepare(scene, client, "SELECT 1");
  CHECK(scene.ask(client, Command::stmt_prepare, as_bytes("SELECT 2")).text().starts_with("1461 "));
}

TEST_CASE("what cannot be prepared gets the executor's error") {
  PortScene scene;
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, Command::stmt_prepare, as_bytes("SELECT * FROM no_such_table")).text() ==
        "1146 no such table");
}

}  // namespace
}  // namespace weir::test
