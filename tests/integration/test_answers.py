"""Answers of every form reach the client as the server gave them: counts, ids, warnings, errors, several results."""

from wire import ServerError
from wire import capabilities as caps

from .case import WeirTest, proxy_only

ERRORS = [
    ("SELECT * FROM test.no_such_table", 1146, "42S02"),
    ("SELEC 1", 1064, "42000"),
    ("INSERT INTO {t} VALUES (1, 'twice')", 1062, "23000"),
    ("USE no_such_database", 1049, "42000"),
    ("SELECT no_such_column FROM {t}", 1054, "42S22"),
    ("CREATE TABLE {t} (a INT)", 1050, "42S01"),
    ("DROP TABLE test.no_such_table", 1051, "42S02"),
    ("SELECT * FROM {t} WHERE a = (SELECT 1 UNION SELECT 2)", 1242, "21000"),
    ("INSERT INTO {t} (a) VALUES (1, 2)", 1136, "21S01"),
    ("CALL test.no_such_procedure()", 1305, "42000"),
    ("KILL 4294967295", 1094, "HY000"),
    ("", 1065, "42000"),
]

# What servers say when they end, are not ready, are full or busy, or have lost somebody.
OMINOUS = {"HY000": (1040, 1041, 1105, 1205, 1290, 1836, 2006, 2013, 2027, 3169, 9001), "40001": (1213, 1614),
           "08S01": (1047, 1053, 1077, 1152, 1158, 1159, 1160, 1161, 1184, 1927), "70100": (1317, 1907, 3024)}


class Answers(WeirTest):
    def test_errors_are_the_servers_own(self):
        table = self.fresh_table("a INT PRIMARY KEY, b TEXT")
        self.cluster.primary.execute(f"INSERT INTO {table} VALUES (1, 'once')")
        self.cluster.wait_for_replication()
        with self.weir().connect() as through, self.cluster.primary.connect() as direct:
            for sql, errno, sqlstate in ERRORS:
                with self.subTest(sql):
                    seen = self.error_of(through.query, sql.format(t=table))
                    expected = self.error_of(direct.query, sql.format(t=table))
                    self.assertEqual((seen.errno, seen.sqlstate), (errno, sqlstate))
                    self.assertEqual(seen.message, expected.message)
                    self.assertEqual(through.query("SELECT 1").value(), "1")

    @proxy_only
    def test_errors_that_could_mean_the_end_of_a_server_are_told_and_nothing_is_run_twice(self):
        table = self.fresh_table("a INT", "ominous")
        signals = "".join(f"IF NEW.a IN ({', '.join(map(str, errors))}) THEN SIGNAL SQLSTATE '{state}' "
                          "SET MYSQL_ERRNO = number, MESSAGE_TEXT = 'so it is'; END IF; " for state, errors in OMINOUS.items())
        self.cluster.primary.execute(f"CREATE TRIGGER {table}_before BEFORE INSERT ON {table} FOR EACH ROW "
                                     f"BEGIN DECLARE number INT DEFAULT NEW.a; {signals} END")
        weir = self.weir()
        errors = [number for numbers in OMINOUS.values() for number in numbers]
        with weir.connect() as app:
            app.query(f"INSERT INTO {table} VALUES (1)")
            statement = app.prepare(f"INSERT INTO {table} VALUES (?)")
            for number in errors:
                with self.subTest(number):
                    self.is_told_once(number, app.query, f"INSERT INTO {table} VALUES ({number})")
                    self.is_told_once(number, statement.execute, number)
                    app.query("BEGIN")
                    app.query(f"INSERT INTO {table} VALUES (2)")
                    self.is_told_once(number, app.query, f"INSERT INTO {table} VALUES ({number})")
                    self.assertEqual(app.query(f"SELECT COUNT(*) FROM {table}").value(), "2", "the transaction is still open")
                    app.query("ROLLBACK")
        self.assertEqual(self.cluster.primary.query(f"SELECT a FROM {table}"), [("1",)])

    def is_told_once(self, number, insert, argument):
        errors = []
        counted = self.counted(lambda: errors.append(self.error_of(insert, argument)), "Com_insert")
        self.assertEqual([(error.errno, error.message) for error in errors], [(number, "so it is")])
        self.assertEqual(sum(counted["Com_insert"].values()), 1, "how often it was run")

    def test_warnings_of_a_write(self):
        table = self.fresh_table("a TINYINT")
        with self.weir().connect() as app:
            app.query("SET sql_mode = ''")
            result = app.query(f"INSERT INTO {table} VALUES (1000), ('x')")
            self.assertEqual((result.affected, result.warnings), (2, 2))
            shown = app.query("SHOW WARNINGS").texts()
            self.assertEqual([row[1] for row in shown], ["1264", "1366"])
            self.assertEqual(app.query("SHOW COUNT(*) WARNINGS").value(), "2")

    def test_warnings_of_a_read(self):
        with self.weir().connect() as app:
            for _ in range(20):
                self.assertEqual(app.query("SELECT 'abc' + 1").warnings, 1)
                self.assertEqual([row[1] for row in app.query("SHOW WARNINGS").texts()], ["1292"])

    @proxy_only
    def test_warnings_shown_are_those_of_the_latest_statement_whichever_server_ran_it(self):
        table = self.fresh_table("a INT PRIMARY KEY, b INT")
        self.cluster.wait_for_replication()
        latest = [None, f"SELECT b FROM {table}", "SELECT 1/0", f"SELECT no_such FROM {table}", "SHOW TABLES FROM test",
                  f"SELECT COUNT(*) FROM {table}; SELECT 1", f"UPDATE {table} SET b = 1", f"SET @x = (SELECT MAX(a) FROM {table})"]
        if self.engine == "mysql":  # on MariaDB such a statement leaves the warnings of before, on their connection
            latest += ["SELECT 1", "SET @x = 1", "USE test", "BEGIN"]
        shows = ["SHOW WARNINGS", "SHOW ERRORS", "SHOW COUNT(*) WARNINGS", "SELECT @@warning_count, @@error_count"]
        answers = []
        for end in (self.cluster.primary, self.weir()):
            answers.append([])
            for first in (f"INSERT IGNORE INTO {table} VALUES (1, 'x')", "SELECT * FROM test.no_such_table"):
                for sql in latest:
                    for show in shows:
                        self.cluster.primary.execute(f"DELETE FROM {table}")
                        with end.connect(extra_caps=caps.MULTI_STATEMENTS) as app:
                            for statement in (first, sql):
                                try:
                                    _ = statement and app.queries(statement)
                                except ServerError:
                                    pass
                            answers[-1].append((first, sql, show, app.query(show).texts()))
        for direct, through in zip(*answers):
            with self.subTest(direct[:3]):
                self.assertEqual(through[3], direct[3])

    def test_error_shown_by_show_errors(self):
        with self.weir().connect() as app:
            self.error_of(app.query, "SELECT * FROM test.no_such_table")
            self.assertEqual([row[1] for row in app.query("SHOW ERRORS").texts()], ["1146"])

    def test_affected_rows_and_info(self):
        table = self.fresh_table("a INT PRIMARY KEY, b INT")
        with self.weir().connect() as app:
            result = app.query(f"INSERT INTO {table} VALUES (1, 1), (2, 2), (3, 3)")
            self.assertEqual((result.affected, result.info), (3, "Records: 3  Duplicates: 0  Warnings: 0"))
            result = app.query(f"UPDATE {table} SET b = 2")
            self.assertEqual((result.affected, result.info), (2, "Rows matched: 3  Changed: 2  Warnings: 0"))
            self.assertEqual(app.query(f"DELETE FROM {table}").affected, 3)

    def test_found_rows_is_honoured_on_pooled_connections(self):
        table = self.fresh_table("a INT PRIMARY KEY, b INT")
        weir = self.weir()
        with weir.connect() as changed, weir.connect(extra_caps=caps.FOUND_ROWS) as found:
            changed.query(f"INSERT INTO {table} VALUES (1, 1), (2, 2)")
            for _ in range(5):
                self.assertEqual(found.query(f"UPDATE {table} SET b = 1 WHERE a = 1").affected, 1)
                self.assertEqual(changed.query(f"UPDATE {table} SET b = 1 WHERE a = 1").affected, 0)

    def test_insert_id(self):
        table = self.fresh_table("a INT AUTO_INCREMENT PRIMARY KEY, b INT")
        with self.weir().connect() as app:
            for expected in (1, 2, 3):
                self.assertEqual(app.query(f"INSERT INTO {table} (b) VALUES (0)").insert_id, expected)
                self.assertEqual(app.query("SELECT LAST_INSERT_ID()").value(), str(expected))
                self.assertEqual(app.query(f"SELECT MAX(a) FROM {table} WHERE a = LAST_INSERT_ID()").value(),
                                 str(expected))

    def test_insert_ids_of_two_sessions_are_kept_apart(self):
        table = self.fresh_table("a INT AUTO_INCREMENT PRIMARY KEY, b INT")
        weir = self.weir()
        with weir.connect() as one, weir.connect() as two:
            for _ in range(5):
                mine = one.query(f"INSERT INTO {table} (b) VALUES (1)").insert_id
                other = two.query(f"INSERT INTO {table} (b) VALUES (2)").insert_id
                self.assertEqual(one.query("SELECT LAST_INSERT_ID()").value(), str(mine))
                self.assertEqual(two.query("SELECT LAST_INSERT_ID()").value(), str(other))

    def test_calculated_found_rows(self):
        table = self.fresh_table("a INT PRIMARY KEY")
        with self.weir().connect() as app:
            app.query(f"INSERT INTO {table} VALUES (1), (2), (3)")
            app.query("BEGIN")
            self.assertEqual(len(app.query(f"SELECT SQL_CALC_FOUND_ROWS a FROM {table} LIMIT 1").rows), 1)
            self.assertEqual(app.query("SELECT FOUND_ROWS()").value(), "3")
            app.query("COMMIT")

    def test_null_and_empty_and_binary_values(self):
        every_byte = bytes(range(256))
        table = self.fresh_table("a INT PRIMARY KEY, b VARBINARY(300)")
        with self.weir().connect() as app:
            app.query(f"INSERT INTO {table} VALUES (1, NULL), (2, ''), (3, x'{every_byte.hex()}')")
            app.query("BEGIN")
            self.assertEqual([row[0] for row in app.query(f"SELECT b FROM {table} ORDER BY a").rows],
                             [None, b"", every_byte])
            app.query("ROLLBACK")

    def test_a_thousand_columns(self):
        with self.weir().connect() as app:
            result = app.query("SELECT " + ", ".join(f"{i} AS c{i}" for i in range(1000)))
            self.assertEqual([column.name for column in result.columns], [f"c{i}" for i in range(1000)])
            self.assertEqual(result.texts(), [tuple(str(i) for i in range(1000))])

    def test_result_without_rows(self):
        table = self.fresh_table("a INT")
        with self.weir().connect() as app:
            result = app.query(f"SELECT a FROM {table}")
            self.assertEqual((len(result.columns), result.rows), (1, []))


class SeveralResults(WeirTest):
    def test_multi_statement(self):
        table = self.fresh_table("a INT")
        with self.weir().connect(extra_caps=caps.MULTI_STATEMENTS) as app:
            results = app.queries(f"INSERT INTO {table} VALUES (1), (2); SELECT a FROM {table}; DO 1; SELECT 'end'")
            self.assertEqual([r.affected for r in results], [2, 0, 0, 0])
            self.assertEqual([r.texts() for r in results], [[], [("1",), ("2",)], [], [("end",)]])

    def test_multi_statement_stops_at_an_error(self):
        with self.weir().connect(extra_caps=caps.MULTI_STATEMENTS) as app:
            error = self.error_of(app.queries, "SELECT 1; SELECT * FROM test.no_such_table; SELECT 2")
            self.assertEqual(error.errno, 1146)
            self.assertEqual([r.texts() for r in error.results], [[("1",)]])
            self.assertEqual(app.query("SELECT 3").value(), "3")

    def test_multi_statement_is_refused_to_clients_that_did_not_ask(self):
        with self.weir().connect() as app:
            self.assertEqual(self.error_of(app.queries, "SELECT 1; SELECT 2").errno, 1064)

    def test_call_with_several_results(self):
        self.cluster.primary.execute(
            "DROP PROCEDURE IF EXISTS test.three",
            "CREATE PROCEDURE test.three() BEGIN SELECT 1; SELECT 2, 3; SELECT 4 FROM DUAL WHERE 1 = 0; END")
        self.addCleanup(lambda: self.cluster.primary.execute("DROP PROCEDURE test.three"))
        self.cluster.wait_for_replication()
        with self.weir().connect() as app:
            for _ in range(3):
                self.assertEqual([r.texts() for r in app.queries("CALL test.three()")],
                                 [[("1",)], [("2", "3")], [], []])

    def test_call_that_ends_with_an_error(self):
        self.cluster.primary.execute(
            "DROP PROCEDURE IF EXISTS test.fails",
            "CREATE PROCEDURE test.fails() BEGIN SELECT 1; SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'on purpose'; END")
        self.addCleanup(lambda: self.cluster.primary.execute("DROP PROCEDURE test.fails"))
        self.cluster.wait_for_replication()
        with self.weir().connect() as app:
            error = self.error_of(app.queries, "CALL test.fails()")
            self.assertEqual((error.errno, error.sqlstate, error.message), (1644, "45000", "on purpose"))
            self.assertEqual([r.texts() for r in error.results], [[("1",)]])
            self.assertEqual(app.query("SELECT 1").value(), "1")


class LoadDataLocal(WeirTest):
    def load(self, files, name="data.txt"):
        """(rows affected, rows in the table) after loading `name`; the session must stay usable."""
        table = self.fresh_table("a INT, b VARCHAR(200)")
        with self.weir().connect(extra_caps=caps.LOCAL_FILES, files=files) as app:
            affected = app.query(f"LOAD DATA LOCAL INFILE '{name}' INTO TABLE {table}").affected
            app.query("BEGIN")
            count = int(app.query(f"SELECT COUNT(*) FROM {table}").value())
            app.query("COMMIT")
            return affected, count

    def test_some_rows(self):
        self.assertEqual(self.load({"data.txt": b"1\tone\n2\ttwo\n"}), (2, 2))

    def test_empty_file(self):
        self.assertEqual(self.load({"data.txt": b""}), (0, 0))

    def test_five_mebibytes(self):
        line = b"7\t" + b"x" * 126 + b"\n"
        count = (5 << 20) // len(line)
        self.assertEqual(self.load({"data.txt": line * count}), (count, count))

    def test_file_the_client_refuses_to_send(self):
        self.assertEqual(self.load({"another.txt": b"1\tone\n"}), (0, 0))

    def test_file_for_a_table_that_is_not_there(self):
        with self.weir().connect(extra_caps=caps.LOCAL_FILES, files={"f": b"1\n"}) as app:
            self.assertEqual(self.error_of(app.query, "LOAD DATA LOCAL INFILE 'f' INTO TABLE test.nowhere").errno, 1146)
            self.assertEqual(app.query("SELECT 1").value(), "1")

    @proxy_only
    def test_user_without_local_infile(self):
        table = self.fresh_table("a INT")
        weir = self.weir(file=True)
        load = f"LOAD DATA LOCAL INFILE 'f' INTO TABLE {table}"
        with weir.admin() as admin, weir.connect(extra_caps=caps.LOCAL_FILES, files={"f": b"1\n"}) as app, \
                weir.connect("app2", "app2", extra_caps=caps.LOCAL_FILES, files={"f": b"2\n"}) as app2:
            self.assertEqual(app.query(load).affected, 1)
            admin.query("""UPDATE mysql_users SET attributes = '{"local_infile": false}' WHERE username = 'app'""")
            admin.query("LOAD MYSQL USERS TO RUNTIME")
            for _ in range(2):
                self.assertIn(self.error_of(app.query, load).errno, (1148, 3948, 4166))
                self.assertEqual(app.query("SELECT 6 * 7").value(), "42")
                self.assertEqual(app2.query(load).affected, 1)
            admin.query("UPDATE mysql_users SET attributes = '' WHERE username = 'app'")
            admin.query("LOAD MYSQL USERS TO RUNTIME")
            self.assertEqual(app.query(load).affected, 1)

    def test_client_without_local_files(self):
        table = self.fresh_table("a INT")
        with self.weir().connect() as app:
            with self.assertRaises(ServerError):
                app.query(f"LOAD DATA LOCAL INFILE 'f' INTO TABLE {table}")
            self.assertEqual(app.query("SELECT 1").value(), "1")
