"""Commands other than a query, byte by byte where drivers hide them."""

import contextlib
import itertools
import socket
import struct

from wire import ServerError
from wire import capabilities as caps
from wire.packets import Stream
from wire.prepared import COM_STMT_SEND_LONG_DATA, CURSOR_READ_ONLY, LONG_DATA, binary_row

from .case import WeirTest, proxy_only

COM_CREATE_DB, COM_DAEMON, COM_NEVER = 0x05, 0x1D, 0xF0
COM_FIELD_LIST, COM_BINLOG_DUMP = 0x04, 0x12
BINLOG_DUMP_NON_BLOCK = 0x01


class Commands(WeirTest):
    def test_ping(self):
        with self.weir().connect() as app:
            for _ in range(10):
                self.assertEqual(app.ping().affected, 0)

    def test_statistics(self):
        with self.weir().connect() as app:
            self.assertIn("Uptime", app.statistics())
            self.assertEqual(app.query("SELECT 1").value(), "1")

    @proxy_only
    def test_field_list_is_as_direct(self):
        self.cluster.primary.execute("CREATE OR REPLACE VIEW test.three AS SELECT 1 AS a, 'x' AS b, NULL AS c")
        weir = self.weir()
        for table in (b"three\0", b"three\0a%", b"nowhere\0"):
            answers = []
            for end in (self.cluster.primary, weir):
                with end.connect(database="test", without_caps=caps.DEPRECATE_EOF) as app:
                    app.send_command(COM_FIELD_LIST, table)
                    answers.append(list(_packets_until_end(app)))
            self.assertEqual(*answers)

    @proxy_only
    def test_binlog_dump_passes_through_for_users_who_may(self):
        weir = self.weir(file=True, users=("app", "repl"))
        announced = ("SET @master_binlog_checksum = @@global.binlog_checksum"
                     if self.engine == "mariadb" else "SET @source_binlog_checksum = @@global.binlog_checksum")
        table = self.fresh_table("a INT PRIMARY KEY")
        for number in range(10):  # each an event at least
            self.cluster.primary.execute(f"INSERT INTO {table} VALUES ({number})")
        first_log = self.cluster.primary.query("SHOW BINARY LOGS")[0][0]
        dump = struct.pack("<IHI", 4, BINLOG_DUMP_NON_BLOCK, 4711) + first_log.encode()
        answers = {}
        for user in ("repl", "app"):
            for name, end in (("direct", self.cluster.primary), ("weir", weir)):
                with end.connect(user=user, password=user) as follower:
                    follower.query(announced)
                    follower.send_command(COM_BINLOG_DUMP, dump)
                    answers[user, name] = list(itertools.islice(_packets_until_end(follower), 10))
        self.assertEqual(len(answers["repl", "direct"]), 10)
        self.assertEqual(answers["repl", "weir"], answers["repl", "direct"])
        self.assertEqual(answers["app", "weir"], answers["app", "direct"])

    @proxy_only
    def test_who_may_not_replicate_goes_on_as_before_and_rules_hold(self):
        primary = self.cluster.primary
        primary.execute("CREATE USER reader@'%' IDENTIFIED BY 'reader'", "GRANT SELECT ON test.* TO reader@'%'")
        self.addCleanup(primary.execute, "DROP USER reader@'%'")
        self.cluster.wait_for_replication()
        weir = self.weir(file=True, users=("reader",))
        with weir.admin() as admin:
            admin.query("INSERT INTO mysql_query_rules (rule_id, active, match_pattern, error_msg, apply) "
                        "VALUES (1, 1, 'kept from all', 'not here', 1)")
            admin.query("LOAD MYSQL QUERY RULES TO RUNTIME")
        for end in (primary, weir):
            with end.connect(user="reader", password="reader") as reader:
                reader.send_command(COM_BINLOG_DUMP, struct.pack("<IHI", 4, 0, 4711) + b"binlog.000001")
                self.assertEqual(self.error_of(reader.read_result).errno, 1227)
                self.assertEqual(reader.query("SELECT 7").value(), "7")
                if end is weir:
                    self.assertEqual(self.error_of(reader.query, "SELECT 'kept from all'").errno, 1148)

    def test_init_db_follows_the_session(self):
        with self.weir().connect() as app:
            app.use("test")
            for _ in range(10):
                self.assertEqual(app.query("SELECT DATABASE()").value(), "test")
            self.assertEqual(self.error_of(app.use, "no_such_database").errno, 1049)
            self.assertEqual(app.query("SELECT DATABASE()").value(), "test")
            app.query("USE mysql")
            self.assertEqual(app.query("SELECT DATABASE()").value(), "mysql")

    def test_reset_connection_forgets_the_session(self):
        with self.weir().connect(database="test") as app:
            app.query("SET @mine = 1, sql_mode = 'ANSI_QUOTES', NAMES latin1")
            app.query("CREATE TEMPORARY TABLE gone (a INT)")
            app.query("BEGIN")
            app.reset()
            self.assertFalse(app.status & caps.STATUS_IN_TRANSACTION)
            row = app.query("SELECT @mine, @@sql_mode LIKE '%ANSI_QUOTES%', DATABASE()").texts()
            self.assertEqual(row, [(None, "0", "test")])
            self.assertEqual(self.error_of(app.query, "SELECT * FROM gone").errno, 1146)

    def test_change_user(self):
        with self.weir().connect(database="test") as app:
            app.query("SET @mine = 1")
            app.change_user("app2", "app2", "mysql")
            row = app.query("SELECT CURRENT_USER(), DATABASE(), @mine").texts()
            self.assertEqual(row, [("app2@%", "mysql", None)])
            app.change_user("app", "app")
            self.assertEqual(app.query("SELECT CURRENT_USER(), DATABASE()").texts(), [("app@%", None)])

    def test_change_user_many_times(self):
        with self.weir().connect() as app:
            for i in range(30):
                user = ("app", "app2")[i % 2]
                app.change_user(user, user, "test")
                self.assertEqual(app.query("SELECT CURRENT_USER()").value(), user + "@%")

    def test_after_a_refused_change_of_user_a_session_is_as_directly(self):
        """MariaDB leaves it who it was, with a fresh session; MySQL ends it."""
        weir = self.weir()
        self.cluster.primary.execute("CREATE OR REPLACE TABLE test.refused (a INT)" if self.engine == "mariadb"
                                     else "CREATE TABLE IF NOT EXISTS test.refused (a INT)")
        refused = [("app2", "wrong", "", 1045), ("app2", "app2", "no_such_schema", 1049)]
        if self.engine == "mariadb":  # MySQL asks whom it does not know by any of its plugins
            refused.append(("nobody", "x", "", 1045))
        asks = ["SELECT CURRENT_USER(), DATABASE(), @mine, @@sql_mode, @@autocommit, @@time_zone, @@character_set_client, "
                "@@collation_connection, @@character_set_results", "SELECT COUNT(*) FROM test.refused",
                "SELECT * FROM gone", "EXECUTE s", "DO 1"]
        for user, password, schema, code in refused:
            for charset in (45, 8):
                answers = []
                for end in (self.cluster.primary, weir):
                    with self.subTest(user, schema=schema, charset=charset), \
                            end.connect(user="app", password="app", database="mysql") as app:
                        app.query("USE test")
                        app.query("SET @mine = 1, sql_mode = 'ANSI_QUOTES', time_zone = '+01:00', NAMES latin1")
                        app.query("CREATE TEMPORARY TABLE gone (a INT)")
                        app.query("PREPARE s FROM 'SELECT 1'")
                        app.query("BEGIN")
                        app.query("INSERT INTO refused VALUES (1)")
                        error = self.error_of(lambda app=app, charset=charset, user=user, password=password, schema=schema:
                                              app.change_user(user, password, schema, charset=charset))
                        self.assertEqual(error.errno, code)
                        answers.append([self.answer_of(app, sql) for sql in asks])
                self.assertEqual(answers[1], answers[0])
                self.assertEqual(answers[1][0] == "gone", self.engine == "mysql")

    def answer_of(self, app, sql):
        """Rows and status, an error's number, or "gone"."""
        try:
            result = app.query(sql)
        except ServerError as error:
            return error.errno
        except OSError:
            return "gone"
        return result.texts(), result.status

    def test_who_has_failed_three_times_to_change_his_user_is_not_heard_any_more(self):
        if self.engine != "mariadb":
            self.skipTest("MySQL ends a session at once")
        weir = self.weir()
        for end in (self.cluster.primary, weir):
            with end.connect(user="app", password="app") as app:
                for password, code in (("wrong", 1045), ("app2", 0), ("wrong", 1045), ("wrong", 1045), ("app2", 1047),
                                       ("wrong", 1047)):
                    if code:
                        self.assertEqual(self.error_of(app.change_user, "app2", password).errno, code)
                    else:
                        app.change_user("app2", password)
                self.assertEqual(app.query("SELECT CURRENT_USER()").value(), "app2@%")

    def test_change_user_in_a_transaction_rolls_back(self):
        table = self.fresh_table("a INT")
        weir = self.weir()
        with weir.connect() as app:
            app.query("BEGIN")
            app.query(f"INSERT INTO {table} VALUES (1)")
            app.change_user("app2", "app2")
            self.assertFalse(app.status & caps.STATUS_IN_TRANSACTION)
        self.assertEqual(self.cluster.primary.query(f"SELECT COUNT(*) FROM {table}"), [("0",)])

    def test_what_a_session_held_is_gone_when_it_has_changed_its_user_or_is_reset(self):
        table = self.fresh_table("a INT PRIMARY KEY")
        other_table = self.fresh_table("a INT", "left_unlocked")
        weir = self.weir()
        many = ", ".join(f"({i})" for i in range(2, 20_000))  # which a server takes a moment to roll back
        leaves = [("change_user", ("app", "app", "test")), ("change_user", ("app2", "app2", "test")), ("reset", ())]
        with weir.connect(database="test") as app, weir.connect(database="test") as other:
            other.query("SET innodb_lock_wait_timeout = 1, lock_wait_timeout = 1")
            for round_ in range(3):
                for leave, arguments in leaves:
                    with self.subTest(leave, arguments=arguments, round=round_):
                        app.query("CREATE TEMPORARY TABLE gone (a INT)")
                        self.assertEqual(app.query("SELECT GET_LOCK('of_user', 0)").value(), "1")
                        app.query("BEGIN")
                        app.query(f"INSERT INTO {table} VALUES {many}")
                        getattr(app, leave)(*arguments)
                        self.assertEqual(app.query("SELECT GET_LOCK('of_user', 0)").value(), "1")
                        other.query(f"INSERT INTO {table} VALUES (2)")
                        other.query(f"DELETE FROM {table} WHERE a = 2")
                        self.assertEqual(self.error_of(app.query, "SELECT * FROM gone").errno, 1146)
                        app.query(f"LOCK TABLES {other_table} WRITE")
                        getattr(app, leave)(*arguments)
                        other.query(f"INSERT INTO {other_table} VALUES (1)")
                        self.assertEqual(other.query("SELECT GET_LOCK('of_user', 0)").value(), "1")
                        other.query("DO RELEASE_LOCK('of_user')")

    def test_unknown_commands_are_refused_and_the_session_goes_on_or_ends(self):
        weir = self.weir()
        for code in (COM_CREATE_DB, COM_DAEMON, COM_NEVER):
            with self.subTest(f"command {code:#x}"), weir.connect() as app:
                error = self.error_of(app.simple, code, b"x")
                self.assertIn(error.errno, (1047, 1064, 1105, 1835))

    def test_garbage_before_login_ends_that_connection_only(self):
        weir = self.weir()
        for garbage in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\xff\xff\xff\x00" + b"\xff" * 100, b"\x00\x00\x00\x01",
                        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"):
            with self.subTest(garbage[:8]):
                stream = _raw_stream(weir)
                stream.receive()
                with contextlib.suppress(OSError):  # it may have closed before we have said everything
                    stream.socket.sendall(garbage)
                    stream.socket.shutdown(socket.SHUT_WR)
                self.assertTrue(_ended(stream))
                stream.close()
        with weir.connect() as app:
            self.assertEqual(app.query("SELECT 1").value(), "1")

    def test_pipelined_commands_are_answered_in_order(self):
        with self.weir().connect() as app:
            for i in range(20):
                app.send_query(f"SELECT {i}")
            self.assertEqual([app.read_results()[0].value() for i in range(20)], [str(i) for i in range(20)])


def _packets_until_end(connection):
    """Up to an EOF or an ERR."""
    while True:
        yield (packet := connection.stream.receive())
        if packet[0] == 0xFF or (packet[0] == 0xFE and len(packet) < 9):
            return


def _raw_stream(weir):
    return Stream(socket.create_connection((weir.host, weir.port), timeout=30))


def _ended(stream):
    """Whether the peer ends the connection, with an error packet or without."""
    try:
        while True:
            stream.receive()
    except (ConnectionError, TimeoutError) as end:
        return not isinstance(end, TimeoutError)


class Prepared(WeirTest):
    def test_values_of_every_kind(self):
        with self.weir().connect() as app:
            statement = app.prepare("SELECT ?, ?, ?, ?")
            self.assertEqual((len(statement.parameters), len(statement.columns)), (4, 4))
            result = statement.execute(-5, None, "text", b"\x00\xff")
            self.assertEqual(result.rows, [(-5, None, b"text", b"\x00\xff")])

    def test_write_and_read_back(self):
        table = self.fresh_table("a INT PRIMARY KEY, b TEXT")
        with self.weir().connect() as app:
            insert = app.prepare(f"INSERT INTO {table} VALUES (?, ?)")
            for i in range(10):
                self.assertEqual(insert.execute(i, f"row {i}").affected, 1)
            self.assertEqual(self.error_of(insert.execute, 1, "twice").errno, 1062)
            app.query("BEGIN")
            select = app.prepare(f"SELECT b FROM {table} WHERE a = ?")
            self.assertEqual([select.execute(i).rows for i in range(10)], [[(f"row {i}".encode(),)] for i in range(10)])
            app.query("COMMIT")

    def test_error_at_prepare(self):
        with self.weir().connect() as app:
            self.assertEqual(self.error_of(app.prepare, "SELECT * FROM test.no_such_table").errno, 1146)
            self.assertEqual(app.prepare("SELECT 1").execute().rows, [(1,)])

    def test_many_statements_at_once(self):
        with self.weir().connect() as app:
            statements = [app.prepare(f"SELECT {i} + ?") for i in range(50)]
            for i, statement in enumerate(statements):
                self.assertEqual(statement.execute(1).rows, [(i + 1,)])
            for statement in statements[::2]:
                statement.close()
            self.assertEqual(statements[1].execute(1).rows, [(2,)])

    def test_closed_statement_is_unknown(self):
        with self.weir().connect() as app:
            statement = app.prepare("SELECT 1")
            statement.close()
            self.assertEqual(self.error_of(statement.execute).errno, 1243)

    def test_statements_of_two_sessions_are_kept_apart(self):
        weir = self.weir()
        with weir.connect() as one, weir.connect() as two:
            first, second = one.prepare("SELECT 'one', ?"), two.prepare("SELECT 'two', ?")
            for i in range(10):
                self.assertEqual(first.execute(i).rows, [(b"one", i)])
                self.assertEqual(second.execute(i).rows, [(b"two", i)])

    def test_long_data_that_nobody_wants_leave_the_session_as_it_is(self):
        with self.weir().connect() as app:
            statement = app.prepare("SELECT LENGTH(?)")
            unknown = struct.pack("<IH", statement.id + 77, 0) + b"x" * (3 << 20)
            app.send_command(COM_STMT_SEND_LONG_DATA, unknown)
            self.assertEqual(statement.execute("abc").rows, [(3,)])

    def test_data_of_a_parameter_that_is_not_there_are_nobody_elses_error(self):
        """A server that could not take them refuses each execution of the statement until it is reset."""
        weir = self.weir()
        with weir.connect() as wrong, weir.connect() as other:
            for _ in range(3):
                mine, theirs = wrong.prepare("SELECT ?, 'shared'"), other.prepare("SELECT ?, 'shared'")
                mine.send_long_data(7, b"x")
                refused = self.error_of(mine.execute, 1)
                self.assertEqual(theirs.execute(2).rows, [(2, b"shared")])
                self.assertEqual(self.error_of(mine.execute, 1).errno, refused.errno)
                mine.reset()
                self.assertEqual(mine.execute(3).rows, [(3, b"shared")])
                self.assertEqual(theirs.execute(4).rows, [(4, b"shared")])

    def test_long_data_longer_than_a_frame(self):
        with self.weir().connect() as app:
            statement = app.prepare("SELECT LENGTH(?)")
            for size in (1 << 20, 17 << 20, 40 << 20):
                statement.send_long_data(0, b"x" * size)
                self.assertEqual(statement.execute(LONG_DATA).rows, [(size,)])

    def test_long_data(self):
        with self.weir().connect() as app:
            statement = app.prepare("SELECT LENGTH(?), UPPER(?)")
            for _ in range(3):
                statement.send_long_data(0, b"x" * 100_000)
                statement.send_long_data(0, b"y" * 100_000)
                self.assertEqual(statement.execute(LONG_DATA, "abc").rows,
                                 [(200_000, b"ABC")])
            statement.send_long_data(0, b"forgotten")
            statement.reset()
            self.assertEqual(statement.execute("four", "abc").rows[0][0], 4)

    @proxy_only
    def test_one_text_in_two_schemas_stays_two_statements(self):
        """Once, a handle prepared in one schema was executed for a session in another: it read the wrong table."""
        for schema in ("tenant_a", "tenant_b"):
            self.cluster.primary.execute(f"DROP DATABASE IF EXISTS {schema}", f"CREATE DATABASE {schema}",
                                         f"CREATE TABLE {schema}.t (v CHAR(8))", f"INSERT INTO {schema}.t VALUES ('{schema}')")
            self.addCleanup(self.cluster.primary.execute, f"DROP DATABASE {schema}")
        self.cluster.wait_for_replication()
        weir = self.weir(file=True, server_options="max_connections=1")
        text = "SELECT v FROM t WHERE v <> ? FOR UPDATE"
        with weir.connect(database="tenant_a") as a, weir.connect(database="tenant_b") as b:
            of_a, of_b = a.prepare(text), b.prepare(text)
            for _ in range(2):
                self.assertEqual(of_a.execute("x").rows, [(b"tenant_a",)])
                self.assertEqual(of_b.execute("x").rows, [(b"tenant_b",)])
            # A statement keeps the schema in which it was prepared, wherever its session is by now.
            a.query("USE tenant_b")
            self.assertEqual(of_b.execute("x").rows, [(b"tenant_b",)])
            self.assertEqual(of_a.execute("x").rows, [(b"tenant_a",)])
            self.assertEqual(a.query("SELECT DATABASE()").value(), "tenant_b")

    @proxy_only
    def test_two_cursors_on_one_text(self):
        table = self.fresh_table("a INT PRIMARY KEY")
        with self.weir().connect() as app:
            app.query(f"INSERT INTO {table} VALUES (1), (2), (3), (4)")
            app.query("BEGIN")
            first, second = (app.prepare(f"SELECT a FROM {table} WHERE a > ? ORDER BY a") for _ in range(2))
            low = first.execute(0, cursor=CURSOR_READ_ONLY)
            high = second.execute(2, cursor=CURSOR_READ_ONLY)
            first.fetch(low, 2)
            second.fetch(high, 2)
            self.assertEqual([row[0] for row in low.rows], [1, 2])
            self.assertEqual([row[0] for row in high.rows], [3, 4])
            app.query("ROLLBACK")

    def test_cursor_is_fetched_in_pieces(self):
        table = self.fresh_table("a INT PRIMARY KEY")
        with self.weir().connect() as app:
            app.query(f"INSERT INTO {table} VALUES (1), (2), (3), (4), (5)")
            app.query("BEGIN")
            statement = app.prepare(f"SELECT a FROM {table} ORDER BY a")
            result = statement.execute(cursor=CURSOR_READ_ONLY)
            self.assertTrue(result.status & caps.STATUS_CURSOR_EXISTS)
            for expected in (2, 4, 5):
                statement.fetch(result, 2)
                self.assertEqual(len(result.rows), expected)
            self.assertEqual([row[0] for row in result.rows], [1, 2, 3, 4, 5])
            app.query("COMMIT")

    def test_a_table_that_changes_between_preparation_and_execution(self):
        """Whoever has prepared, and on whatever connection it is executed: as directly."""
        table = self.fresh_table("a INT PRIMARY KEY, b INT", "changing")
        primary = self.cluster.primary
        primary.execute(f"INSERT INTO {table} VALUES (1, 10)")
        self.cluster.wait_for_replication()
        weir = self.weir()
        sessions = [primary.connect(), *(weir.connect() for _ in range(4))]
        for session in sessions:
            self.addCleanup(session.close)
        reads = [session.prepare(f"SELECT * FROM {table} WHERE a >= ?") for session in sessions]
        writes = [session.prepare(f"UPDATE {table} SET b = ? WHERE a = 1") for session in sessions]
        for ddl in (f"ALTER TABLE {table} ADD COLUMN c VARCHAR(20) DEFAULT 'new'", f"ALTER TABLE {table} MODIFY b BIGINT",
                    f"ALTER TABLE {table} DROP COLUMN c", f"ALTER TABLE {table} CHANGE b other INT",
                    f"ALTER TABLE {table} CHANGE other b VARCHAR(30)", f"RENAME TABLE {table} TO {table}_away",
                    f"CREATE TABLE {table} (a VARCHAR(9), b DATE, c FLOAT)", f"DROP TABLE {table}",
                    f"RENAME TABLE {table}_away TO {table}"):
            with self.subTest(ddl):
                primary.execute(ddl)
                self.cluster.wait_for_replication()
                directly, *through = [self.outcome(read, 0) for read in reads]
                self.assertEqual(through, [directly] * len(through))
                directly, *through = [self.outcome(write, number) for number, write in enumerate(writes)]
                self.assertEqual(through, [directly] * len(through))
                self.cluster.wait_for_replication()

    def outcome(self, statement, *values):
        """What an execution gives: columns and rows, how many rows were changed, or the error."""
        try:
            result = statement.execute(*values)
        except ServerError as error:
            return error.errno, error.message
        return result.columns, result.rows, result.affected

    def test_call_through_the_binary_protocol(self):
        self.cluster.primary.execute("DROP PROCEDURE IF EXISTS test.twice",
                                     "CREATE PROCEDURE test.twice(x INT) BEGIN SELECT x; SELECT x * 2; END")
        self.addCleanup(lambda: self.cluster.primary.execute("DROP PROCEDURE test.twice"))
        self.cluster.wait_for_replication()
        with self.weir().connect() as app:
            statement = app.prepare("CALL test.twice(?)")
            statement.send_execute(21)
            results = app.read_results(binary_row)
            self.assertEqual([r.rows for r in results], [[(21,)], [(42,)], []])

    def test_text_prepare_and_execute(self):
        with self.weir().connect() as app:
            app.query("PREPARE mine FROM 'SELECT ? + 1'")
            app.query("SET @v = 41")
            for _ in range(5):
                self.assertEqual(app.query("EXECUTE mine USING @v").value(), "42")
            app.query("DEALLOCATE PREPARE mine")
            self.assertEqual(self.error_of(app.query, "EXECUTE mine USING @v").errno, 1243)
