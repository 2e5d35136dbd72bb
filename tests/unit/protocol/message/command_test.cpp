#include "protocol/message/command.hpp"

#include <catch2/catch.hpp>

#include <map>

namespace weir {
namespace {

// The document's assignment of shapes, once more: a new command without a row here fails.
const std::map<std::string_view, Shape> kShapes = {
    {"COM_SLEEP", Shape::refuse},
    {"COM_QUIT", Shape::none},
    {"COM_INIT_DB", Shape::ok},
    {"COM_QUERY", Shape::result},
    {"COM_FIELD_LIST", Shape::rows},
    {"COM_CREATE_DB", Shape::refuse},
    {"COM_DROP_DB", Shape::refuse},
    {"COM_REFRESH", Shape::ok},
    {"COM_SHUTDOWN", Shape::refuse},
    {"COM_STATISTICS", Shape::text},
    {"COM_PROCESS_INFO", Shape::result},
    {"COM_CONNECT", Shape::refuse},
    {"COM_PROCESS_KILL", Shape::ok},
    {"COM_DEBUG", Shape::ok},
    {"COM_PING", Shape::ok},
    {"COM_TIME", Shape::refuse},
    {"COM_DELAYED_INSERT", Shape::refuse},
    {"COM_CHANGE_USER", Shape::auth},
    {"COM_BINLOG_DUMP", Shape::stream},
    {"COM_TABLE_DUMP", Shape::refuse},
    {"COM_CONNECT_OUT", Shape::refuse},
    {"COM_REGISTER_SLAVE", Shape::ok},
    {"COM_STMT_PREPARE", Shape::prepare},
    {"COM_STMT_EXECUTE", Shape::result},
    {"COM_STMT_SEND_LONG_DATA", Shape::none},
    {"COM_STMT_CLOSE", Shape::none},
    {"COM_STMT_RESET", Shape::ok},
    {"COM_SET_OPTION", Shape::ok},
    {"COM_STMT_FETCH", Shape::rows},
    {"COM_DAEMON", Shape::refuse},
    {"COM_BINLOG_DUMP_GTID", Shape::stream},
    {"COM_RESET_CONNECTION", Shape::ok},
    {"COM_CLONE", Shape::refuse},
    {"COM_SUBSCRIBE_GROUP_REPLICATION_STREAM", Shape::refuse},
    {"COM_STMT_BULK_EXECUTE", Shape::refuse},
    {"unknown command", Shape::refuse},
};

TEST_CASE("every command has its shape, and is found by its code", "[protocol][command]") {
  CHECK(all_commands().size() == kShapes.size());
  for (const CommandSpec& spec : all_commands()) {
    CAPTURE(spec.name);
    REQUIRE(kShapes.contains(spec.name));
    CHECK(spec.shape == kShapes.at(spec.name));
    CHECK(&command_spec(spec.command) == &spec);
    CHECK(spec.has(kNeedsBackend) != spec.has(kAnsweredLocally));
    if (spec.shape == Shape::refuse) CHECK(spec.has(kAnsweredLocally));
    if (spec.has(kMayRunLong)) CHECK(spec.has(kNeedsBackend));
    CHECK_FALSE(to_text(spec.shape).empty());
  }
}

TEST_CASE("any byte has a row", "[protocol][command]") {
  int known = 0;
  for (int code = 0; code < 256; ++code) {
    const CommandSpec& spec = command_spec(static_cast<std::uint8_t>(code));
    if (spec.command == Command::unknown) {
      CHECK(spec.shape == Shape::refuse);
    } else {
      CHECK(static_cast<int>(spec.command) == code);
      ++known;
    }
  }
  CHECK(known == static_cast<int>(all_commands().size()) - 1);
  CHECK(command_spec(0x22).command == Command::unknown);
  CHECK(command_spec(0x03).name == "COM_QUERY");
}

TEST_CASE("what follows the code is the argument", "[protocol][command]") {
  CHECK(as_text(command_argument(as_bytes("\3SELECT 1"))) == "SELECT 1");
  CHECK(command_argument(as_bytes("\x0e")).empty());
}

}  // namespace
}  // namespace weir
