"""The compressed protocol, with real clients and towards real servers: each hop by itself."""

import json
import shutil
import subprocess
import threading

from cluster.mysql_package import mysql_client
from cluster.unavailable import Unavailable
from wire import ServerError
from wire import capabilities as caps
from wire.prepared import CURSOR_READ_ONLY, LONG_DATA

from .case import AdminTest

WAYS = (None, "zlib", "zstd")
FILE = b"".join(b"%d\tline number %d of a file\n" % (i, i) for i in range(30000))


class CompressionTest(AdminTest):
    def compressing(self, towards_servers, **variables):
        """A Weir that speaks so to its servers."""
        weir = self.weir(file=True, variables=variables, server_options=f"compression={int(towards_servers is not None)}")
        weir.wait_for_admin()
        if towards_servers == "zstd":
            settings = json.dumps({"compression_algorithm": "zstd"})
            with weir.admin() as admin:
                for hostgroup in (0, 1):
                    admin.query("INSERT INTO mysql_hostgroup_attributes (hostgroup_id, hostgroup_settings) "
                                f"VALUES ({hostgroup}, '{settings}')")
                admin.query("LOAD MYSQL SERVERS TO RUNTIME")
        return weir

    def metric(self, weir, name):
        with weir.admin() as admin:
            for line in admin.query("SHOW PROMETHEUS METRICS").value().splitlines():
                if line.startswith(f"weir_{name}_total "):
                    return int(line.split()[1])
        self.fail(f"no metric {name}")

    def on_server(self, app):
        """How Weir speaks to the server that answers: None, "zlib" or "zstd"."""
        told = dict(app.query("SHOW STATUS LIKE 'Compression%'").texts())
        return None if told["Compression"] == "OFF" else told.get("Compression_algorithm", "zlib")

    def possible(self, way):
        """What the servers of this engine make of it."""
        return "zlib" if way == "zstd" and self.engine == "mariadb" else way


class EachWay(CompressionTest):
    def each_way(self, play):
        for towards_servers in WAYS:
            weir = self.compressing(towards_servers)
            for with_client in WAYS:
                with self.subTest(with_client=with_client, towards_servers=towards_servers), \
                        weir.connect(compression=with_client, timeout_s=120, extra_caps=caps.MULTI_STATEMENTS, database="test",
                                     files={"lines": FILE, "empty": b""}) as app:
                    play(app, with_client, towards_servers)
                    self.assertEqual(self.on_server(app), self.possible(towards_servers))
                    client = json.loads(app.query("PROXYSQL INTERNAL SESSION").value())["client"]
                    self.assertEqual(client["compression"], with_client or "uncompressed")
                    if with_client:
                        self.assertLess(app.stream.socket.bytes_received, app.stream.socket.plain_received)

    def test_texts_and_rows(self):
        table = self.fresh_table("id INT PRIMARY KEY AUTO_INCREMENT, body LONGTEXT")

        def play(app, *_):
            body = "".join(f"row {i} " for i in range(20000))
            self.assertEqual(app.query(f"INSERT INTO {table} (body) VALUES ('{body}'), (NULL), ('')").affected, 3)
            app.query("BEGIN")
            rows = app.query(f"SELECT body FROM {table} ORDER BY id").texts()
            self.assertEqual(rows, [(body,), (None,), ("",)])
            app.query("COMMIT")
            app.query(f"DELETE FROM {table}")
            self.assertEqual(self.error_of(app.query, "SELECT nothing FROM nowhere").errno, 1146)
            self.assertEqual([result.texts() for result in app.queries("SELECT REPEAT('a', 300); SELECT 2; SELECT 3")],
                             [[("a" * 300,)], [("2",)], [("3",)]])
            numbers = app.query("SELECT a.n * 100 + b.n FROM (SELECT 1 n UNION SELECT 2 UNION SELECT 3) a, "
                                "(SELECT 1 n UNION SELECT 2) b ORDER BY 1").texts()
            self.assertEqual(numbers, [("101",), ("102",), ("201",), ("202",), ("301",), ("302",)])

        self.each_way(play)

    def test_more_than_a_frame(self):
        size = (16 << 20) + 5

        def play(app, *_):
            self.assertEqual(app.query(f"SELECT REPEAT('y', {size})").value(), "y" * size)
            self.assertEqual(app.query(b"SELECT LENGTH('%s')" % (b"x" * size)).value(), str(size))
            rows = app.query("SELECT REPEAT(CHAR(65 + seq % 26), 5000) FROM "
                             "(WITH RECURSIVE n (seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM n WHERE seq < 900) "
                             "SELECT seq FROM n) numbers").texts()
            self.assertEqual([row[0][0] for row in rows], [chr(65 + i % 26) for i in range(1, 901)])

        self.each_way(play)

    def test_files(self):
        table = self.fresh_table("i INT, t TEXT")

        def play(app, *_):
            for _ in range(2):
                self.assertEqual(app.query(f"LOAD DATA LOCAL INFILE 'lines' INTO TABLE {table}").affected, 30000)
            self.assertEqual(app.query(f"LOAD DATA LOCAL INFILE 'empty' INTO TABLE {table}").affected, 0)
            app.query("BEGIN")
            self.assertEqual(app.query(f"SELECT COUNT(*), SUM(i) FROM {table}").texts(), [("60000", "899970000")])
            app.query("COMMIT")
            app.query(f"TRUNCATE {table}")

        self.each_way(play)

    def test_prepared_statements(self):
        def play(app, *_):
            statement = app.prepare("SELECT ?, REPEAT('x', ?)")
            self.assertEqual(statement.execute("a" * 100000, 70000).rows, [(b"a" * 100000, b"x" * 70000)])
            numbers = app.prepare("SELECT 1 UNION SELECT 2 UNION SELECT 3")
            result = numbers.execute(cursor=CURSOR_READ_ONLY)
            for count in (2, 5):
                numbers.fetch(result, count)
            self.assertEqual(result.rows, [(1,), (2,), (3,)])
            long = app.prepare("SELECT LENGTH(?)")
            long.send_long_data(0, b"x" * 100000)
            long.send_long_data(0, b"y" * 300)
            self.assertEqual(long.execute(LONG_DATA).rows, [(100300,)])
            statement.close()

        self.each_way(play)

    def test_the_session_changes(self):
        def play(app, *_):
            app.query("SET @v = REPEAT('v', 1000), SESSION sql_mode = 'ANSI_QUOTES'")
            self.assertEqual(app.query("SELECT LENGTH(@v), @@sql_mode").texts(), [("1000", "ANSI_QUOTES")])
            for user in ("app2", "app"):
                app.change_user(user, user, "test")
                self.assertEqual(app.query("SELECT CURRENT_USER(), @v").texts(), [(f"{user}@%", None)])
            app.query("SET @v = 1")
            app.reset()
            self.assertEqual(app.query("SELECT @v").texts(), [(None,)])
            self.assertEqual(self.error_of(app.change_user, "app", "wrong").errno, 1045)

        for towards_servers in WAYS:
            weir = self.compressing(towards_servers)
            for with_client in WAYS:
                with self.subTest(with_client=with_client, towards_servers=towards_servers), \
                        weir.connect(compression=with_client) as app:
                    play(app)


class Others(CompressionTest):
    def test_sessions_share_connections_that_are_compressed(self):
        for towards_servers in WAYS[1:]:
            weir = self.weir(file=True, server_options="compression=1, max_connections=2")
            weir.wait_for_admin()
            errors = []

            def work(number, weir=weir, errors=errors):
                try:
                    with weir.connect(compression=WAYS[number % 3], timeout_s=60) as app:
                        app.query(f"SET @mine = {number}, @text = REPEAT('{number}', 500)")
                        for i in range(60):
                            told = app.query(f"SELECT @mine, LENGTH(@text), {i}").texts()
                            if told != [(str(number), str(500 * len(str(number))), str(i))]:
                                errors.append(told)
                except Exception as error:  # whatever it is, it is the finding
                    errors.append(error)

            workers = [threading.Thread(target=work, args=(number,)) for number in range(12)]
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()
            self.assertEqual(errors, [], towards_servers)
            self.assertGreater(self.metric(weir, "backend_compressed_connections"), 0)

    def somebody_sleeps(self):
        return any(node.query("SELECT 1 FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT SLEEP(50)%'")
                   for node in self.cluster.nodes)

    def test_statements_are_killed(self):
        weir = self.compressing("zstd")
        with weir.connect(compression="zlib", timeout_s=60) as app, weir.connect(compression="zstd") as killer:
            app.send_query("SELECT SLEEP(50)")
            self.eventually(self.somebody_sleeps, "it runs")
            killer.query(f"KILL QUERY {app.thread_id}")
            try:
                app.read_results()  # some servers answer 1 instead of an error
            except ServerError as error:
                self.assertEqual(error.errno, 1317)
            self.assertEqual(app.query("SELECT 1").value(), "1")
            killer.query(f"KILL {app.thread_id}")
            with self.assertRaises((ConnectionError, OSError, ServerError)):
                for _ in range(100):
                    app.query("SELECT 1")

    def test_what_a_server_does_not_offer(self):
        if self.engine != "mariadb":
            self.skipTest("MySQL offers both")
        weir = self.compressing("zstd")
        for _ in range(3):
            with weir.connect() as app:
                self.assertEqual(self.on_server(app), "zlib")
        said = [line for line in weir.log_text().splitlines() if "does not offer the compression" in line]
        self.assertEqual(len(said), len(set(said)), said)  # once for each server
        self.assertIn("configured=zstd", said[0])

    def test_how_hard(self):
        weir = self.compressing("zstd", protocol_compression_level=7)
        with weir.connect(compression="zlib") as app:
            told = dict(app.query("SHOW STATUS LIKE 'Compression%'").texts())
            if self.engine == "mysql":  # the server compresses as hard as Weir
                self.assertEqual((told["Compression_algorithm"], told["Compression_level"]), ("zstd", "7"))
            self.assertEqual([app.query(f"SHOW STATUS LIKE '{name}'").texts() for name in
                              ("Compression", "Compression_algorithm", "Compression_level")],
                             [[("Compression", "ON")], [("Compression_algorithm", "zlib")], [("Compression_level", "7")]])

    def test_switched_off(self):
        weir = self.compressing(None, have_compress="false")
        with weir.connect() as app:
            self.assertFalse(app.server_caps & (caps.COMPRESS | caps.ZSTD))
        with weir.admin() as admin:
            self.assertFalse(admin.server_caps & (caps.COMPRESS | caps.ZSTD))
            admin.query("SET mysql-have_compress = 'true'")
            admin.query("LOAD MYSQL VARIABLES TO RUNTIME")
        with weir.connect(compression="zstd", compression_level=22) as app:
            self.assertEqual(app.query("SELECT REPEAT('x', 100000)").value(), "x" * 100000)
        with weir.admin() as admin:
            self.assertFalse(admin.server_caps & (caps.COMPRESS | caps.ZSTD))

    def test_metrics(self):
        weir = self.compressing("zlib")
        with weir.connect(compression="zlib") as app:
            app.query("SELECT REPEAT('x', 1000000)")
        for name in ("to_clients", "from_servers"):
            self.assertGreater(self.metric(weir, f"uncompressed_{name}"), 1000000)
            self.assertLess(self.metric(weir, f"compressed_{name}"), 100000)
        self.assertEqual(self.metric(weir, "client_compressed_sessions"), 1)

    def test_a_server_that_is_loaded_with_it_later(self):
        weir = self.compressing(None)
        with weir.connect() as app, weir.admin() as admin:
            self.assertIsNone(self.on_server(app))
            admin.query("UPDATE mysql_servers SET compression = 1")
            admin.query("LOAD MYSQL SERVERS TO RUNTIME")
            self.assertEqual(self.on_server(app), "zlib")
            admin.query("UPDATE mysql_servers SET compression = 0")
            admin.query("LOAD MYSQL SERVERS TO RUNTIME")
            self.assertIsNone(self.on_server(app))


class Clients(CompressionTest):
    SQL = "SELECT LENGTH(REPEAT('abc', 1000000)); SELECT REPEAT('abc', 1000)"

    def test_command_line_clients(self):
        weir = self.compressing("zlib")
        for command in self._command_lines():
            with self.subTest(command=command):
                before = self.metric(weir, "client_compressed_sessions")
                done = subprocess.run([*command, "-h127.0.0.1", "--protocol=TCP", f"-P{weir.port}", "-uapp", "-papp", "-N", "-e",
                                       self.SQL], capture_output=True, text=True, timeout=60)
                self.assertEqual((done.returncode, done.stdout.split()), (0, ["3000000", "abc" * 1000]), done.stderr)
                self.assertEqual(self.metric(weir, "client_compressed_sessions"), before + 1)

    @staticmethod
    def _command_lines():
        yield ["mariadb", "--no-defaults", "--compress"]
        try:
            client = mysql_client()
        except Unavailable:
            return
        for algorithms in ("zlib", "zstd", "zstd,zlib", "zstd,uncompressed"):
            yield [*client, f"--compression-algorithms={algorithms}", "--zstd-compression-level=22"]

    def test_php(self):
        if not shutil.which("php"):
            self.skipTest("no php")
        weir = self.compressing(None)
        script = ("$c = mysqli_init(); $c->real_connect('127.0.0.1', 'app', 'app', 'test', $argv[1], null, MYSQLI_CLIENT_COMPRESS); "
                  "for ($i = 0; $i < 5; ++$i) echo strlen($c->query(\"SELECT REPEAT('abc', 1000000)\")->fetch_row()[0]), \"\\n\"; "
                  "$s = $c->prepare('SELECT ?'); $t = str_repeat('x', 5000); $s->bind_param('s', $t); $s->execute(); "
                  "echo strlen($s->get_result()->fetch_row()[0]), \"\\n\"; $c->change_user('app2', 'app2', 'test'); "
                  "echo $c->query('SELECT CURRENT_USER()')->fetch_row()[0];")
        done = subprocess.run(["php", "-r", script, str(weir.port)], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.stdout.split(), ["3000000"] * 5 + ["5000", "app2@%"], done.stderr)
        self.assertEqual(self.metric(weir, "client_compressed_sessions"), 1)
