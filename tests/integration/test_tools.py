"""What administrators run on a schema: dumps and restores, load emulation, checksums chunk by chunk."""

import pathlib
import shutil
import subprocess
import tempfile
import threading

from cluster.mysql_package import mysql_client
from wire import ServerError

from .case import WeirTest

TIMEOUT_S = 120
ROWS = 3000
CHUNK = 250
ACCOUNT = ("--user=app", "--password=app", "--host=127.0.0.1")
TABLES = ("plain", "wide", "child")
OBJECTS = ("CREATE TABLE plain (id INT AUTO_INCREMENT PRIMARY KEY, a VARCHAR(60) CHARACTER SET utf8mb4, b DECIMAL(12, 4), "
           "c VARBINARY(60), KEY (b))",
           "CREATE TABLE wide (id BIGINT UNSIGNED PRIMARY KEY, at DATETIME(6), day DATE, bits BIT(17), doc JSON, kind "
           "ENUM('a', 'b''c', '\\\\'), body LONGTEXT, price DOUBLE, twice INT AS (id * 2) STORED)",
           "CREATE TABLE child (id INT PRIMARY KEY, plain_id INT, n INT DEFAULT 0, CONSTRAINT of_plain FOREIGN KEY (plain_id) "
           "REFERENCES plain (id))",
           "CREATE VIEW seen AS SELECT p.id, p.a, c.n FROM plain p JOIN child c ON c.plain_id = p.id",
           "CREATE TRIGGER counted BEFORE INSERT ON child FOR EACH ROW SET NEW.n = COALESCE(NEW.n, 0) + 1",
           "CREATE PROCEDURE add_child(IN given INT) BEGIN INSERT INTO child VALUES (given, given, 5); SELECT given; END",
           "CREATE FUNCTION doubled(given INT) RETURNS INT DETERMINISTIC RETURN given * 2",
           "CREATE EVENT nightly ON SCHEDULE EVERY 1 YEAR STARTS '2036-01-01 00:00:00' DO DELETE FROM child WHERE id < 0")
# What SHOW CREATE says of an object of a schema, without the schema.
SHOWN = (("TABLE", "plain"), ("TABLE", "wide"), ("TABLE", "child"), ("VIEW", "seen"), ("TRIGGER", "counted"),
         ("PROCEDURE", "add_child"), ("FUNCTION", "doubled"), ("EVENT", "nightly"))


class Tools(WeirTest):
    def setUp(self):
        super().setUp()
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="weir-tools-"))
        self.addCleanup(shutil.rmtree, self.directory, True)
        for schema in ("tools", "tools_copy"):
            self.addCleanup(self.cluster.primary.execute, f"DROP DATABASE IF EXISTS {schema}")
        ((before,),) = self.cluster.primary.query("SELECT @@global.log_bin_trust_function_creators")
        self.cluster.primary.execute("SET GLOBAL log_bin_trust_function_creators = 1")
        self.addCleanup(self.cluster.primary.execute, f"SET GLOBAL log_bin_trust_function_creators = {before}")

    def connections(self, count, **options):
        return self.weir(file=True, server_options=f"max_connections={count}",
                         variables={"connect_timeout_server_max": 60000}, **options)

    def fill(self):
        self.cluster.primary.execute("DROP DATABASE IF EXISTS tools", "CREATE DATABASE tools")
        with self.cluster.primary.connect(database="tools") as app:
            for sql in OBJECTS:
                app.query(sql)
            for first in range(1, ROWS, 500):
                ids = range(first, first + 500)
                app.query("INSERT INTO plain VALUES " + ", ".join(
                    f"({i}, 'naïve ☃ \\' {i}', {i}.25, x'{i:08x}00ff27')" for i in ids))
                app.query("INSERT INTO wide (id, at, day, bits, doc, kind, body, price) VALUES " + ", ".join(
                    f"({i}, '2024-02-29 12:00:00.{i:06}', '2000-01-01', {i}, '{{\"n\": {i}}}', {1 + i % 3}, "
                    f"{'NULL' if i % 7 == 0 else repr('x' * (i % 50))}, {i}e-3)" for i in ids))
            app.query("INSERT INTO child (id, plain_id) SELECT id, id FROM plain WHERE id % 5 = 0")
        self.cluster.wait_for_replication()

    def program(self, name):
        """The command of the engine's own client program."""
        if self.engine == "mysql":
            return mysql_client(f"mysql{name}")
        command = "mariadb" + (f"-{name}" if name else "")
        if not shutil.which(command):
            self.skipTest(f"no {command} (Debian package mariadb-client)")
        return [command, "--no-defaults"]

    def run_tool(self, command, **options):
        done = subprocess.run([str(word) for word in command], stderr=subprocess.PIPE, timeout=TIMEOUT_S, check=False, **options)
        self.assertEqual(done.returncode, 0, f"{command[0]}: {done.stderr.decode(errors='replace')[-2000:]}")

    def content(self, schema, objects):
        """Checksums of tables, and definitions of the objects, on the primary."""
        with self.cluster.primary.connect_as_root(database=schema) as root:
            sums = {table: root.query(f"CHECKSUM TABLE {table}").texts()[0][1] for table in TABLES}
            for kind, name in objects:
                result = root.query(f"SHOW CREATE {kind} {name}")
                (row,) = result.texts()
                shown = dict(zip((column.name.lower() for column in result.columns), row))
                # A table is shown with the next number to be given, and a view with the names of its schema.
                text = next(text for column, text in shown.items() if column.startswith(("create ", "sql original")))
                sums[name] = text.split(" ENGINE=", maxsplit=1)[0].replace(f"`{schema}`.", "")
        return sums

    def is_restored(self, objects=SHOWN):
        self.assertEqual(self.content("tools_copy", objects), self.content("tools", objects))

    def test_dump_and_restore(self):
        weir = self.connections(4)
        self.fill()
        port = f"--port={weir.port}"
        own = ["--set-gtid-purged=OFF"] if self.engine == "mysql" else []
        for way in ([], ["--single-transaction"], ["--single-transaction", "--skip-extended-insert", "--hex-blob"]):
            with self.subTest(way=way):
                with open(self.directory / "dump.sql", "wb") as file:
                    self.run_tool([*self.program("dump"), *ACCOUNT, port, "--routines", "--triggers", "--events", *own, *way,
                                   "tools"], stdout=file)
                with weir.connect() as app:
                    app.query("DROP DATABASE IF EXISTS tools_copy")
                    app.query("CREATE DATABASE tools_copy")
                with open(self.directory / "dump.sql", "rb") as file:
                    self.run_tool([*self.program(""), *ACCOUNT, port, "tools_copy"], stdin=file, stdout=subprocess.DEVNULL)
                self.is_restored()

    def test_mydumper_and_myloader(self):
        if not shutil.which("mydumper"):
            self.skipTest("no mydumper (Debian package mydumper)")
        weir = self.connections(6)  # each of its threads keeps one
        self.fill()
        # Debian's myloader cannot read what its mydumper writes of the routines of MySQL 9, with or without a proxy.
        routines = ["-G", "-E", "-R"] if self.engine == "mariadb" else []
        account = ["-h", "127.0.0.1", "-P", weir.port, "-u", "app", "-p", "app"]
        self.run_tool(["mydumper", *account, "-B", "tools", "-o", self.directory / "dump", "-t", 3, "-r", 700,
                       *routines])
        self.cluster.primary.execute("DROP DATABASE IF EXISTS tools_copy", "CREATE DATABASE tools_copy")
        # Alone: two of its threads that fill one table from two files may deadlock there, and it does not try again.
        self.run_tool(["myloader", *account, "-B", "tools_copy", "-d", self.directory / "dump", "-t", 1, "-o"])
        self.is_restored(SHOWN if routines else SHOWN[:4])

    def test_load_emulation(self):
        # It reads what it has just made: replicas may not have it yet.
        weir = self.connections(4, servers=[("127.0.0.1", self.cluster.primary.port, 0)], pairs=())
        self.addCleanup(self.cluster.primary.execute, "DROP DATABASE IF EXISTS slap")
        self.run_tool([*self.program("slap"), *ACCOUNT, f"--port={weir.port}", "--create-schema=slap", "--concurrency=16",
                       "--iterations=2", "--auto-generate-sql", "--auto-generate-sql-load-type=mixed", "--commit=3",
                       "--auto-generate-sql-add-autoincrement", "--number-of-queries=600"], stdout=subprocess.DEVNULL)

    def test_checksums_by_chunk(self):
        """As pt-table-checksum: a session per table, at the same time, and others that write elsewhere."""
        weir = self.connections(4)
        self.fill()
        self.cluster.primary.execute(
            "CREATE TABLE tools.checksums (tbl CHAR(64), chunk INT, chunk_index VARCHAR(200), lower_boundary TEXT, "
            "upper_boundary TEXT, this_crc CHAR(40) NOT NULL, this_cnt INT NOT NULL, master_crc CHAR(40), master_cnt INT, "
            "PRIMARY KEY (tbl, chunk))")
        self.cluster.wait_for_replication()
        over = threading.Event()
        noise = [ChecksumNoise(weir, number, over) for number in range(6)]
        sessions = [ChecksumSession(weir, table, self.engine) for table in TABLES]
        for thread in (*noise, *sessions):
            thread.start()
        for session in sessions:
            session.join(TIMEOUT_S)
        over.set()
        for thread in noise:
            thread.join(TIMEOUT_S)
        self.assertEqual([thread.problem for thread in (*sessions, *noise) if thread.problem or thread.is_alive()], [])
        self.cluster.wait_for_replication()
        for node in self.cluster.nodes:
            for session in sessions:
                wrong = node.query(f"SELECT * FROM tools.checksums WHERE tbl = '{session.table}' AND "
                                   "(master_crc IS NULL OR master_cnt <> this_cnt OR master_crc <> this_crc)")
                self.assertEqual(wrong, [])
                found = node.query(f"SELECT SUM(this_cnt) FROM tools.checksums WHERE tbl = '{session.table}'")
                self.assertEqual(found, node.query(f"SELECT COUNT(*) FROM tools.{session.table}"), node.name)


class ChecksumSession(threading.Thread):
    """Its statements in their order, as pt-table-checksum sends them."""

    COLUMNS = {"plain": "id, a, b, c", "wide": "id, at, day, bits + 0, body, price, twice", "child": "id, plain_id, n"}

    def __init__(self, weir, table, engine):
        super().__init__(daemon=True)
        self.weir, self.table, self.engine, self.problem = weir, table, engine, None

    def run(self):
        try:
            with self.weir.connect(timeout_s=90) as app:
                self.set_up(app)
                chunk, lower = 1, "1"
                while lower is not None:
                    lower = self.do_chunk(app, chunk, lower)
                    chunk += 1
        except (ServerError, OSError, AssertionError, ValueError) as error:
            self.problem = f"{self.table}: {type(error).__name__}: {error}"

    def set_up(self, app):
        app.query("SHOW VARIABLES LIKE 'innodb\\_lock_wait_timeout'")
        app.query("SET SESSION innodb_lock_wait_timeout=20")
        app.query("SHOW VARIABLES LIKE 'wait\\_timeout'")
        app.query("SET SESSION wait_timeout=10000")
        app.query("SELECT @@SQL_MODE")
        app.query("SET @@SQL_QUOTE_SHOW_CREATE = 1/*!40101, @@SQL_MODE='NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION'*/")
        app.query("SELECT @@server_id /*!50038 , @@hostname*/")
        try:
            app.query("SET SESSION binlog_format = 'STATEMENT'")
        except ServerError as error:
            if error.errno != 1227:  # the account may not: then rows are replicated
                raise
        app.query("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        app.query("USE `tools`")
        app.query(f"SHOW CREATE TABLE `tools`.`{self.table}`")
        app.query(f"EXPLAIN SELECT * FROM `tools`.`{self.table}` WHERE 1=1")
        app.query(f"DELETE FROM `tools`.`checksums` WHERE tbl = '{self.table}'")

    def do_chunk(self, app, chunk, lower):
        """Returns where the next one begins; None after the last."""
        table = f"`tools`.`{self.table}` FORCE INDEX(`PRIMARY`)"
        ends = app.query(f"SELECT /*!40001 SQL_NO_CACHE */ `id` FROM {table} WHERE ((`id` >= '{lower}')) ORDER BY `id` "
                         f"LIMIT {CHUNK - 1}, 2 /*next chunk boundary*/").texts()
        upper, following = (ends[0][0] if ends else None), (ends[1][0] if len(ends) > 1 else None)
        within = f"((`id` >= '{lower}'))" + (f" AND ((`id` <= '{upper}'))" if upper else "")
        columns = self.COLUMNS[self.table]
        app.query("SET @crc := '', @cnt := 0")
        app.query(f"REPLACE INTO `tools`.`checksums` (tbl, chunk, chunk_index, lower_boundary, upper_boundary, this_cnt, "
                  f"this_crc) SELECT '{self.table}', '{chunk}', 'PRIMARY', '{lower}', '{upper}', COUNT(*) AS cnt, "
                  f"COALESCE(LOWER(CONV(BIT_XOR(CAST(CRC32(CONCAT_WS('#', {columns})) AS UNSIGNED)), 10, 16)), 0) AS crc FROM "
                  f"{table} WHERE {within} /*checksum chunk*/")
        warnings = [row for row in app.query("SHOW WARNINGS").texts() if row[1] not in ("1592", "1287")]  # unsafe, old
        if warnings:
            raise AssertionError(f"warnings: {warnings}")
        where = f"tbl = '{self.table}' AND chunk = '{chunk}'"
        ((crc, count),) = app.query(f"SELECT this_crc, this_cnt FROM `tools`.`checksums` WHERE {where} FOR UPDATE").texts()
        if app.query("SELECT @crc, @cnt").texts() != [("", "0")]:
            raise AssertionError("its user variables are another's")
        done = app.query(f"UPDATE `tools`.`checksums` SET master_crc = '{crc}', master_cnt = '{count}' WHERE {where}")
        if done.affected != 1:
            raise AssertionError(f"chunk {chunk}: {done.affected} rows updated")
        return following


class ChecksumNoise(threading.Thread):
    """Somebody else on the same connections, with the same names of variables and warnings of his own."""

    def __init__(self, weir, number, over):
        super().__init__(daemon=True)
        self.weir, self.number, self.over, self.problem = weir, number, over, None

    def run(self):
        try:
            with self.weir.connect(timeout_s=90) as app:
                while not self.over.is_set():
                    app.query(f"SET @crc := 'noise', @cnt := {self.number}")
                    app.query("SELECT 1 / 0, CAST('x' AS SIGNED)")
                    if app.query("SELECT @cnt").value() != str(self.number):
                        raise AssertionError("its user variables are another's")
                    app.query("SET @crc := NULL, @cnt := NULL")
                    app.reset()
        except (ServerError, OSError, AssertionError) as error:
            self.problem = f"noise: {type(error).__name__}: {error}"
