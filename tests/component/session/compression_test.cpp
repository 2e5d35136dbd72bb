// The compressed protocol with clients and towards servers, each by itself.
#include <catch2/catch.hpp>

#include "protocol/message/prepared.hpp"
#include "tests/support/compressed.hpp"
#include "tests/support/frames.hpp"
#include "tests/support/scene.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/tls_files.hpp"

namespace weir::test {
namespace {

constexpr Caps kBoth = kCompress | kZstd;

void compress_towards_servers(Scene& scene, Compression algorithm, Caps offered = kBoth) {
  scene.server().offer(offered);
  scene.server_row(0).compression = algorithm != Compression::none;
  HostgroupAttributesRow row;
  row.hostgroup_id = 1;
  row.hostgroup_settings = algorithm == Compression::zstd ? R"({"compression_algorithm":"zstd"})"
                                                          : R"({"compression_algorithm":"zlib"})";
  scene.tables().hostgroup_attributes.push_back(row);
}

ConnectRequest asking(Compression algorithm, const std::string& user = "ann") {
  ConnectRequest request = Scene::request(user);
  request.compression = algorithm;
  return request;
}

ScriptedClient& come(Scene& scene, Compression algorithm, const std::string& user = "ann") {
  ScriptedClient& client = scene.connect(asking(algorithm, user));
  scene.until([&] { return client.logged_in() || client.ended(); });
  return client;
}

const Compression kAll[] = {Compression::none, Compression::zlib, Compression::zstd};

// With each algorithm on each side.
template <class Play>
void each_way(Play play) {
  for (const Compression with_client : kAll) {
    for (const Compression with_server : kAll) {
      CAPTURE(to_text(with_client), to_text(with_server));
      Scene scene;
      compress_towards_servers(scene, with_server);
      scene.start();
      play(scene, with_client, with_server);
    }
  }
}

TEST_CASE("each side speaks as it has agreed on, whatever the other does", "[compression]") {
  each_way([](Scene& scene, Compression with_client, Compression with_server) {
    ScriptedClient& client = come(scene, with_client);
    CHECK(compression_of(client.established().caps) == with_client);
    CHECK(scene.ask(client, "SELECT 1") == "a");
    CHECK(scene.ask(client, "INSERT INTO t VALUES (1)") == "ok");
    CHECK(scene.ask(client, Command::ping) == "ok");
    CHECK(scene.ask(client, "SELECT " + std::string(5000, ' ') + "2") == "a");
    CHECK(scene.server().side(1).compression() == with_server);
    CHECK(scene.count(&WorkerStats::client_compressed_sessions) ==
          (with_client == Compression::none ? 0 : 1));
    CHECK(scene.count(&WorkerStats::backend_compressed_connections) ==
          (with_server == Compression::none ? 0 : 1));
    const auto shrunk = [&](Counter WorkerStats::* plain, Counter WorkerStats::* wire, Compression by) {
      if (by == Compression::none) return scene.count(plain) == 0 && scene.count(wire) == 0;
      return scene.count(plain) > 5000 && scene.count(wire) < 1000;
    };
    CHECK(
        shrunk(&WorkerStats::uncompressed_from_clients, &WorkerStats::compressed_from_clients, with_client));
    CHECK(shrunk(&WorkerStats::uncompressed_to_servers, &WorkerStats::compressed_to_servers, with_server));
  });
}

TEST_CASE("a client who asks how he is compressed hears of his own connection", "[compression]") {
  each_way([](Scene& scene, Compression with_client, Compression) {
    ScriptedClient& client = come(scene, with_client);
    const bool off = with_client == Compression::none;
    CHECK(scene.ask(client, "SHOW STATUS LIKE 'Compression'") ==
          (off ? "Compression|OFF" : "Compression|ON"));
    CHECK(scene.ask(client, "SHOW SESSION STATUS LIKE 'Compression_algorithm'") ==
          "Compression_algorithm|" + std::string(off ? "" : to_text(with_client)));
    CHECK(scene.ask(client, "SHOW STATUS LIKE 'compression_level'") ==
          (off ? "Compression_level|0" : "Compression_level|3"));
    CHECK(scene.server().count("SHOW") == 0);
  });
}

TEST_CASE("how hard a client is compressed for is the operator's choice, and with zstd his own up to 9",
          "[compression]") {
  struct Case {
    std::int64_t ours;
    Compression algorithm;
    int theirs;
    int used;
  };
  for (const Case& c : {Case{3, Compression::zlib, 7, 3}, Case{12, Compression::zlib, 1, 9},
                        Case{3, Compression::zstd, 7, 7}, Case{3, Compression::zstd, 22, 9},
                        Case{15, Compression::zstd, 22, 15}, Case{15, Compression::zstd, 1, 1}}) {
    CAPTURE(c.ours, to_text(c.algorithm), c.theirs);
    Scene scene;
    scene.settings().protocol_compression_level = c.ours;
    scene.start();
    ConnectRequest request = asking(c.algorithm);
    request.compression_level = c.theirs;
    ScriptedClient& client = scene.connect(request);
    scene.until([&] { return client.logged_in() || client.ended(); });
    CHECK(scene.ask(client, "SHOW STATUS LIKE 'Compression_level'") ==
          "Compression_level|" + std::to_string(c.used));
  }
}

TEST_CASE("large results and long statements go through", "[compression]") {
  each_way([](Scene& scene, Compression with_client, Compression) {
    std::string value(2'000'000, 'x');
    for (std::size_t i = 0; i < value.size(); i += 3) value[i] = static_cast<char>('a' + i * 7 / 11 % 26);
    scene.server().on("SELECT large", [&](ServerSide& side) { side.rows("v", {value, value, "end"}); });
    ScriptedClient& client = come(scene, with_client);
    CHECK(scene.ask(client, "SELECT large") == value + "," + value + ",end");
    CHECK(scene.ask(client, "INSERT INTO t VALUES ('" + value + "')") == "ok");
    CHECK(scene.server().received().back().text == "INSERT INTO t VALUES ('" + value + "')");
    CHECK(scene.ask(client, "SELECT 1") == "a");
    CHECK(scene.server().accepted() == 1);
  });
}

TEST_CASE("a packet of several frames goes through", "[compression]") {
  Scene scene;
  compress_towards_servers(scene, Compression::zlib);
  scene.settings().max_allowed_packet = 64 << 20;
  scene.start();
  const Blob large(kMaxFramePayload + 10, 'x');
  scene.server().on("SELECT large", [&](ServerSide& side) {
    side.head({"v"});
    side.packet(large);
    side.end_rows();
  });
  ScriptedClient& client = come(scene, Compression::zstd);
  client.query("SELECT large");
  scene.until([&] { return !client.replies().empty(); });
  CHECK(client.take_reply().payloads().at(2) == large);
  CHECK(scene.ask(client, "INSERT " + std::string(kMaxFramePayload + 10, 'y')) == "ok");
  CHECK(scene.server().received().back().payload.size() == kMaxFramePayload + 18);
  CHECK(scene.ask(client, "SELECT 1") == "a");
}

TEST_CASE("several results, of which the last asks for a file", "[compression]") {
  each_way([](Scene& scene, Compression with_client, Compression) {
    scene.server().on("LOAD", [](ServerSide& side) {
      side.rows("v", {"one", "two"}, kStatusMoreResults);
      side.ask_file("f");
    });
    ScriptedClient& client = come(scene, with_client);
    CHECK(scene.ask(client, "LOAD DATA LOCAL INFILE 'f' INTO TABLE t") == "file");
    Blob file;
    for (int i = 0; i < 700; ++i) {  // past the last sequence id
      const Blob line = "line after line after line after line after line\n"_bytes;
      client.upload_part(line);
      file = file + line;
    }
    client.upload_end();
    scene.until([&] { return !client.replies().empty(); });
    const auto& received = scene.server().received();
    const auto upload = std::ranges::find_if(received, [](const auto& command) { return command.upload; });
    REQUIRE(upload != received.end());
    CHECK(upload->payload == file);
    client.take_reply();
    CHECK(scene.ask(client, "SELECT 1") == "a");
    CHECK(scene.server().accepted() == 1);
  });
}

TEST_CASE("a connection is brought in step in one write, whatever the length of its steps", "[compression]") {
  for (const Compression algorithm : kAll) {
    CAPTURE(to_text(algorithm));
    Scene scene;
    compress_towards_servers(scene, algorithm);
    scene.server_row(0).max_connections = 1;
    scene.start();
    ScriptedClient& first = come(scene, Compression::none);
    ScriptedClient& second = come(scene, Compression::zlib);
    CHECK(scene.ask(first, "USE shop") == "ok");
    CHECK(scene.ask(first, "SET NAMES latin1") == "ok");
    const std::string text = "INSERT INTO t VALUES ('" + std::string(200'000, 'x') + "')";
    first.command(Command::stmt_prepare, as_bytes(text));
    scene.until([&] { return !first.replies().empty(); });
    Blob execution(9);
    store_le(execution.data(), decode_prepare_ok(first.take_reply().payloads().at(0))->statement_id, 4);
    execution[5] = 1;
    scene.server().close_all();
    scene.until([&] { return scene.connections() == 0; });
    CHECK(scene.ask(second, "SELECT 1") == "a");
    scene.server().forget();
    CHECK(scene.ask(first, Command::stmt_execute, execution) == "ok");
    const auto texts = scene.server().texts();
    CHECK(std::ranges::find(texts, "USE shop") != texts.end());
    CHECK(scene.server().first(text, Command::stmt_prepare) != nullptr);
    CHECK(scene.ask(second, "SELECT 2") == "a");
    CHECK(scene.ask(first, "SELECT 3") == "a");
    CHECK(scene.server().accepted() == 2);
  }
}

TEST_CASE("prepared statements, prepared again where they are not known", "[compression]") {
  each_way([](Scene& scene, Compression with_client, Compression) {
    ScriptedClient& client = come(scene, with_client);
    client.command(Command::stmt_prepare, as_bytes("INSERT INTO t VALUES (1)"));
    scene.until([&] { return !client.replies().empty(); });
    const auto ok = decode_prepare_ok(client.take_reply().payloads().at(0));
    REQUIRE(ok);
    Blob execution(9);
    store_le(execution.data(), ok->statement_id, 4);
    store_le(execution.data() + 5, 1, 4);
    CHECK(scene.ask(client, Command::stmt_execute, execution) == "ok");
    scene.server().close_all();
    scene.until([&] { return scene.connections() == 0; });
    CHECK(scene.ask(client, Command::stmt_execute, execution) == "ok");
    CHECK(scene.server().count(Command::stmt_prepare) == 2);
    execution.resize(4);
    client.command(Command::stmt_close, execution);
    CHECK(scene.ask(client, "SELECT 1") == "a");
  });
}

TEST_CASE("a change of user goes on compressed, on both sides", "[compression]") {
  each_way([](Scene& scene, Compression with_client, Compression with_server) {
    ScriptedClient& client = come(scene, with_client);
    CHECK(scene.ask(client, "BEGIN") == "ok");
    for (const char* user : {"bob", "ann", "bob"}) {
      client.change_user(asking(with_client, user));
      scene.until([&] { return client.logged_in(); });
      CHECK(client.login_error().empty());
      CHECK(scene.ask(client, "SELECT 1") == "a");
      CHECK(scene.server().side(scene.server().received().back().connection).user() == user);
    }
    CHECK(scene.ask(client, Command::reset_connection) == "ok");
    CHECK(scene.server().side(1).compression() == with_server);
    CHECK(scene.count(&WorkerStats::client_compressed_sessions) ==
          (with_client == Compression::none ? 0 : 1));
  });
}

TEST_CASE("compression within TLS, on both sides", "[compression][tls]") {
  const TemporaryDirectory directory;
  const TlsFiles files{directory.path()};
  Scene scene;
  compress_towards_servers(scene, Compression::zstd);
  scene.server().set_tls(for_clients(files.server()));
  scene.server_row(0).use_ssl = true;
  scene.start();
  scene.publish_tls(for_clients(files.server()));
  ScriptedClient& client = scene.connect_by_tls(for_servers(files.trusting()), asking(Compression::zlib));
  scene.until([&] { return client.logged_in() || client.ended(); });
  for (int i = 0; i < 3; ++i) CHECK(scene.ask(client, "SELECT " + std::string(100'000, ' ') + "1") == "a");
  CHECK(scene.server().side(1).has_tls());
  CHECK(scene.server().side(1).compression() == Compression::zstd);
  CHECK(scene.count(&WorkerStats::compressed_from_clients) < 30'000);
  CHECK(scene.ask(client, "SHOW STATUS LIKE 'Ssl_version'") == "Ssl_version|TLSv1.3");
}

TEST_CASE("a compressed connection moves to another worker", "[compression]") {
  Scene scene(2);
  compress_towards_servers(scene, Compression::zlib);
  scene.server_row(0).max_connections = 1;
  scene.start();
  ScriptedClient& first = come(scene, Compression::zlib);
  ScriptedClient& second = come(scene, Compression::zstd);
  for (int i = 0; i < 5; ++i) {
    CHECK(scene.ask(first, "SELECT " + std::string(1000, ' ') + "1") == "a");
    CHECK(scene.ask(second, "SELECT " + std::string(1000, ' ') + "2") == "a");
  }
  CHECK(scene.server().accepted() == 1);
  CHECK(scene.count(&WorkerStats::backend_connections_handed_over) == 9);
}

TEST_CASE("commands that a client sends ahead of the end of his login are compressed", "[compression]") {
  const Blob select = packet(Blob("\x03SELECT "_bytes) + Blob(100, ' ') + "1"_bytes);
  const Blob ahead = compressed_packet(select, 0, Compression::zlib);
  Scene scene;
  compress_towards_servers(scene, Compression::none);
  scene.start();
  ConnectRequest request = asking(Compression::zlib);
  request.schema = "shop";  // which a server is asked for, before the login is over
  ScriptedClient& client = scene.connect(request, {}, {});
  scene.until([&] { return scene.server().accepted() == 1; });
  client.send_below(ahead + ahead);
  CHECK_FALSE(client.logged_in());
  scene.until([&] { return scene.server().count("SELECT   ") == 2; });
  CHECK(scene.count(&WorkerStats::uncompressed_to_clients) > 0);
}

TEST_CASE("who is not offered compression is served without", "[compression]") {
  Scene scene;
  scene.settings().have_compress = false;
  scene.start();
  ScriptedClient& client = come(scene, Compression::zlib);
  CHECK((client.established().offered & kBoth) == 0);
  CHECK(scene.ask(client, "SELECT 1") == "a");
}

TEST_CASE("a server that does not offer what is configured is spoken to as it can", "[compression]") {
  struct Case {
    Caps offer;
    Compression used;
  };
  for (const Case& c :
       {Case{0, Compression::none}, Case{kCompress, Compression::zlib}, Case{kBoth, Compression::zstd}}) {
    Scene scene;
    compress_towards_servers(scene, Compression::zstd, c.offer);
    scene.start();
    CHECK(scene.ask(scene.log_in(), "SELECT 1") == "a");
    CHECK(scene.server().side(1).compression() == c.used);
    CHECK(scene.states().alive().at(0)->told_of_compression == (c.used != Compression::zstd));
  }
}

TEST_CASE("connections follow what is loaded", "[compression]") {
  Scene scene;
  compress_towards_servers(scene, Compression::none);
  scene.start();
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "BEGIN") == "ok");
  scene.server_row(0).compression = true;
  scene.publish();
  CHECK(scene.ask(client, "SELECT 1") == "a");
  CHECK(scene.server().accepted() == 1);  // the transaction stays where it is
  CHECK(scene.ask(client, "COMMIT") == "ok");
  CHECK(scene.ask(client, "SELECT 1") == "a");
  CHECK(scene.server().side(2).compression() == Compression::zlib);
  scene.publish();
  CHECK(scene.ask(client, "SELECT 1") == "a");
  CHECK(scene.server().accepted() == 2);
}

TEST_CASE("a client whose compressed packets are wrong is told, and ended", "[compression]") {
  const Blob select = packet(Blob("\x03SELECT "_bytes) + Blob(100, ' '));
  const Blob block = block_of(select, Compression::zlib);
  struct Case {
    const char* name;
    Blob wire;
    const char* error;
  };
  const char* const cannot = "1157 Couldn't uncompress communication packet";
  const char* const order = "1156 Got packets out of order";
  const Case cases[] = {
      {"garbage", claimed_packet("garbage"_bytes, 0, 50), cannot},
      {"more than it says", claimed_packet(block, 0, 20), cannot},
      {"less than it says", claimed_packet(block, 0, 2000), cannot},
      {"bytes behind", claimed_packet(block + block, 0, select.size()), cannot},
      {"another algorithm", compressed_packet(select, 0, Compression::zstd), cannot},
      {"a wrong id", compressed_packet(select, 7, Compression::zlib), order},
  };
  for (const Case& c : cases) {
    INFO(c.name);
    Scene scene;
    scene.start();
    ScriptedClient& client = come(scene, Compression::zlib);
    ScriptedClient& other = scene.log_in("bob");
    CHECK(scene.ask(client, "SELECT 1") == "a");
    client.send({}, {Shape::result});
    client.send_below(c.wire);
    scene.until([&] { return client.ended(); });
    CHECK(scene.reply_of(client) == c.error);
    scene.until([&] { return scene.sessions() == 1; });
    CHECK(scene.server().count("SELECT  ") == 0);
    CHECK(scene.ask(other, "SELECT 2") == "a");
  }
}

TEST_CASE("a bomb is refused by the length of what it becomes", "[compression]") {
  for (const Compression algorithm : {Compression::zlib, Compression::zstd}) {
    CAPTURE(to_text(algorithm));
    Scene scene;
    scene.settings().max_allowed_packet = 1 << 20;
    scene.start();
    ScriptedClient& client = come(scene, algorithm);
    Blob text(0xfffff0, ' ');
    text[0] = 3;
    const Blob frame = packet(text);
    client.send({}, {Shape::result});
    client.send_below(compressed_packet(frame, 0, algorithm));
    scene.until([&] { return client.ended(); });
    CHECK(scene.reply_of(client) == "1153 Got a packet bigger than 'max_allowed_packet' bytes");
    scene.until([&] { return scene.sessions() == 0; });
    CHECK(scene.count(&WorkerStats::bytes_from_clients) < 3'000'000);
  }
}

TEST_CASE("a server whose compressed packets are wrong is left, and the client told", "[compression]") {
  const Blob whole = claimed_packet(packet(ok_payload(), 1), 1, 0);
  struct Case {
    const char* name;
    Blob wire;
  };
  const Case cases[] = {
      {"garbage", claimed_packet("garbage"_bytes, 1, 50)},
      {"a wrong id", claimed_packet(packet(ok_payload(), 1), 2, 0)},
      {"no compressed packet", packet(ok_payload(), 1) + packet(ok_payload(), 2)},
      {"half of one", to_blob(Bytes(whole).first(9))},
  };
  for (const Case& c : cases) {
    INFO(c.name);
    Scene scene;
    compress_towards_servers(scene, Compression::zlib);
    scene.server().on("UPDATE", [&](ServerSide& side) {
      side.hold();
      side.speak_below(c.wire);
      if (std::string_view(c.name) == "half of one") side.close();
      side.release();
    });
    scene.start();
    ScriptedClient& client = scene.log_in();
    const std::string told = scene.ask(client, "UPDATE t SET a = 1");
    CHECK(told.substr(0, 4) == "1927");
    CHECK(scene.ask(client, "SELECT 1") == "a");
    CHECK(scene.server().count("UPDATE") == 1);
  }
}

TEST_CASE("an error that a server sends at any time is told, whatever its number", "[compression]") {
  Scene scene;
  compress_towards_servers(scene, Compression::zlib);
  scene.server().on("UPDATE", [](ServerSide& side) {
    side.hold();
    side.speak_below(claimed_packet(packet(err_payload(1927, "70100", "Connection was killed"), 0), 0, 0));
  });
  scene.start();
  CHECK(scene.ask(scene.log_in(), "UPDATE t SET a = 1") == "1927 Connection was killed");
}

}  // namespace
}  // namespace weir::test
