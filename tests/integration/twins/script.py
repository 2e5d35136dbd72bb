"""What one session does: an endless script of statements, each legal or not in the state the earlier ones have made."""

import random
import re
from dataclasses import dataclass

from .reads import Reads

# Where a statement may run. A mark is a comment in the text, so that the servers' general logs tell.
READ = "r"  # on a replica, or anywhere
WRITER = "w"  # on the primary and nowhere else
SURPRISE = "s"  # looks like a read and writes: a replica may have refused it
EITHER = "e"  # a read of which the test does not say where it belongs

_PIECES = re.compile(r"'(?:[^'\\]|''|\\.)*'|\"[^\"]*\"|`[^`]*`|/\*.*?\*/| |\b[A-Z]{2,}\b")
_BLANKS = (" ", "  ", "\n", "\t", " /* a comment */ ", " /**/", " -- to the end; SELECT 1\n", " # and 'this\n", "\r\n ")


@dataclass
class Step:
    """One thing to do on both sides. `what`: query, prepared, reset, reconnect, change_user, use."""

    what: str = "query"
    sql: str = ""
    mark: str = WRITER
    rows: str = "any_order"  # ordered, any_order, or shape: their columns only
    arguments: tuple = ()


class Script:
    """`next()` gives the next Step, and remembers what it does to the session."""

    def __init__(self, seed, mariadb):
        self.random = random.Random(seed)
        self.mariadb = mariadb
        self.pick = self.random.choice
        self.small = lambda low=0, high=12: self.random.randint(low, high)
        self.reads = Reads(self.random, mariadb)
        self.left = 0
        self._begin()

    def _begin(self):
        self.left = self.small(10, 60)
        self.pinning = self.random.random() < 0.25
        self._forget()

    def _forget(self):
        self.transaction = None  # "write", "read"
        self.autocommit = True
        self.held = set()  # what keeps the session on its connection
        self.queue = []

    # --- the parts of a text -----------------------------------------------------------------------------------

    def _decorated(self, sql):
        """With other blanks, comments and cases: the same statement."""
        if self.random.random() < 0.6:
            return sql
        case = self.pick((str, str.lower, str.capitalize))
        often = self.random.random() * 0.3

        def other(match):
            piece = match.group()
            if piece == " ":
                return self.pick(_BLANKS) if self.random.random() < often else piece
            return case(piece) if piece.isupper() and piece.isalpha() else piece

        return self.pick(("", "", " ", "\n", "/* first */ ", "-- first\n")) + \
            _PIECES.sub(other, sql) + self.pick(("", "", " ", "\n", " ;", ";"))

    def _query(self, sql, mark=WRITER, rows="any_order"):
        text = self._decorated(sql).rstrip()
        ending = ";" if text.endswith(";") and ";" not in sql else ""
        return Step("query", f"{text.removesuffix(ending)} /*{mark}*/{ending}", mark, rows)

    def _step(self, sql, mark=WRITER, rows="any_order"):
        return lambda: self._query(sql, mark, rows)

    # --- choosing ----------------------------------------------------------------------------------------------

    def next(self):
        if self.queue:
            return self.queue.pop(0)
        self.left -= 1
        if self.left <= 0:
            return self._end_of_episode()
        if self.transaction == "read":
            return self._in_read_only_transaction()
        if self.transaction or not self.autocommit:
            return self._in_transaction()
        roll = self.random.random()
        if self.pinning and roll < 0.25:
            return self._pinning()
        for share, kind in ((0.62, self._read), (0.68, self._look), (0.75, self._write), (0.83, self._doubtful),
                            (0.90, self._begin_transaction), (0.935, self._prepared), (0.955, self._wrong),
                            (0.975, self._setting), (0.985, self._several)):
            if roll < share:
                return kind()
        return self._surprise()

    def pause(self):
        """Steps after which the session is as new, and then changes to the tables that stand still."""
        yield Step("reset")
        self._begin()
        for sql in self.random.sample((
                f"UPDATE s1 SET a = a + 1 WHERE id = {self.small(1, 40)}",
                f"UPDATE s1 SET b = CONCAT(LEFT(b, 4), '{self.small()}') WHERE id % 5 = {self.small(0, 4)}",
                f"INSERT INTO s2 VALUES ({self.small(100, 160)}, {self.small(1, 40)}, {self.small()}, 'added') "
                "ON DUPLICATE KEY UPDATE n = n + 1",
                f"DELETE FROM s2 WHERE id = {self.small(100, 160)}",
                f"REPLACE INTO s3 VALUES ('k{self.small(1, 20)}', '{{\"n\": {self.small()}, \"list\": [1]}}')",
                f"UPDATE s1 JOIN s2 ON s2.s1_id = s1.id SET s1.c = s1.c + 1 WHERE s2.id = {self.small(1, 60)}"), 2):
            yield self._query(sql)

    def _end_of_episode(self):
        step = Step(self.pick(("reset", "reset", "reconnect", "change_user", "reconnect")))
        self._begin()
        return step

    # --- outside of transactions -------------------------------------------------------------------------------

    def _free(self):
        """The mark of a read that no state of the session holds back."""
        return EITHER if self.held else READ

    def _read(self):
        text, ordered = self.reads.query()
        return self._query(text, self._free(), "ordered" if ordered else "any_order")

    def _look(self):
        text, comparable = self.reads.look()
        return self._query(text, self._free(), "any_order" if comparable else "shape")

    def _prepared(self):
        n = self.small(1, 40)
        return self.pick((
            lambda: Step("prepared", f"SELECT id, a, b FROM s1 WHERE id < ? ORDER BY id /*{self._free()}*/", self._free(),
                         "ordered", (n,)),
            lambda: Step("prepared", f"SELECT COUNT(*), SUM(n) FROM s2 WHERE s1_id = ? OR n > ? /*{self._free()}*/",
                         self._free(), "ordered", (n, n)),
            lambda: Step("prepared", "UPDATE d2 SET n = n + ? WHERE k = ? /*w*/", WRITER, "ordered", (n, n % 10 + 1)),
            lambda: Step("prepared", "INSERT INTO d1 (a, b) VALUES (?, ?) /*w*/", WRITER, "ordered", (n, "prepared")),
            lambda: Step("prepared", "SELECT a FROM d1 WHERE id = ? FOR UPDATE /*w*/", WRITER, "ordered", (n % 10,)),
            lambda: Step("prepared", "SELECT f_writes(?) /*w*/", WRITER, "ordered", (n,)),
        ))()

    def _write_text(self):
        n = self.small(1, 10)
        some = [
            f"INSERT INTO d1 (a, b) VALUES ({n}, 'select'), ({n} + 1, 'it''s')", f"INSERT INTO d1 SET a = {n}, b = 'set'",
            f"UPDATE d1 SET a = a + 1 WHERE id % 7 = {n} ORDER BY id LIMIT 3", f"DELETE FROM d1 WHERE id > 30 AND a = {n}",
            f"REPLACE INTO d2 (k, n) VALUES ({n}, {n * 2})", f"INSERT IGNORE INTO d2 VALUES ({n}, 0)",
            f"INSERT INTO d2 VALUES ({n}, 1) ON DUPLICATE KEY UPDATE n = n + 1", f"DELETE FROM d1 WHERE id > {n + 40}",
            f"INSERT INTO d1 (a, b) SELECT a, b FROM s1 WHERE id = {n}", f"INSERT INTO d2 (k) VALUES ({n})",
            f"UPDATE d1 JOIN s1 ON s1.id = d1.a SET d1.b = s1.b WHERE d1.id = {n}", f"SELECT f_writes({n})",
            "DELETE d1 FROM d1 JOIN s2 ON s2.id = d1.id WHERE s2.n > 40 AND d1.id > 20", "SELECT $DB.f_writes(1) + 1",
            f"WITH q AS (SELECT {n} AS i) SELECT i, f_writes(i) FROM q", f"SELECT 1 WHERE f_writes({n}) > 0",
            f"UPDATE d2 SET n = (SELECT COUNT(*) FROM s1) WHERE k = {n}", f"SELECT `f_writes`({n})",
            f"SELECT id FROM s1 WHERE id = 1 ORDER BY f_writes({n})", f"DO f_writes({n})", "DO 1",
        ]
        if self.mariadb:
            some += [f"INSERT INTO d1 (a) VALUES ({n}) RETURNING id, a", "SELECT NEXTVAL(sq)", "SELECT NEXT VALUE FOR sq",
                     f"DELETE FROM d1 WHERE id = {n + 20} RETURNING id", "SELECT SETVAL(sq, 100)"]
        else:
            some += [f"WITH q AS (SELECT {n} AS i) UPDATE d2 JOIN q ON q.i = d2.k SET d2.n = 5",
                     f"WITH q AS (SELECT {n} AS i) DELETE FROM d1 WHERE id > 25 AND a IN (SELECT i FROM q)"]
        return self.pick(some)

    def _write(self):
        if self.random.random() < 0.06:
            return self._query(self.pick((
                "CREATE TABLE IF NOT EXISTS d9 (a INT)", "DROP TABLE IF EXISTS d9", "TRUNCATE TABLE journal",
                "ALTER TABLE d2 COMMENT = 'x'", "CREATE OR REPLACE VIEW d_v AS SELECT 1 AS a", "ANALYZE TABLE d2",
                "OPTIMIZE TABLE d2", "CHECK TABLE d1", "RENAME TABLE d2 TO d8, d8 TO d2")), WRITER, "shape")
        return self._query(self._write_text())

    def _locking(self):
        n = self.small(1, 10)
        some = [f"SELECT * FROM d1 WHERE id = {n} FOR UPDATE", f"SELECT n FROM d2 WHERE k = {n} LOCK IN SHARE MODE",
                f"(SELECT * FROM d2 WHERE k = {n} FOR UPDATE)", f"SELECT id FROM s1 WHERE id = {n} FOR UPDATE",
                "SELECT COUNT(*) FROM (SELECT id FROM d1 FOR UPDATE) AS x", f"SELECT d1.a FROM d1 WHERE id = {n} FOR UPDATE",
                f"WITH q AS (SELECT k FROM d2) SELECT k FROM q ORDER BY k LIMIT {n} FOR UPDATE",
                "SELECT k FROM d2 ORDER BY k LIMIT 2 FOR UPDATE", "SELECT k FROM d2 ORDER BY k FOR UPDATE NOWAIT",
                "SELECT k, n FROM d2 ORDER BY k FOR UPDATE SKIP LOCKED"]
        if not self.mariadb:
            some += ["SELECT k FROM d2 ORDER BY k FOR SHARE", "SELECT d2.k FROM d2 JOIN s1 ON s1.id = k ORDER BY 1 FOR UPDATE OF d2"]
        return self._query(self.pick(some))

    def _doubtful(self):
        n = self.small(1, 10)
        return self.pick((
            self._locking, self._locking, self._step("SELECT @@autocommit, @@sql_mode"), self._step("SELECT LAST_INSERT_ID()"),
            self._step("SELECT @@session.time_zone"), self._step(f"SELECT f_pure({n}), f_reads({n})", EITHER),
            self._step("SHOW VARIABLES LIKE 'sql_mode'"), self._diagnosed,
            self._step("SELECT @nobody_has_set_me"), self._step(f"SELECT IS_FREE_LOCK('$DB{n}')"),
            self._step("SHOW STATUS LIKE 'Com_select'", WRITER, "shape"), self._step("SELECT CONNECTION_ID() > 0"),
            self._step("SELECT /*!99999 nothing, */ 1", EITHER), self._step("SELECT @@server_id"),
            self._step("SELECT SQL_CALC_FOUND_ROWS id FROM s1 ORDER BY id LIMIT 2", EITHER),
            self._step("EXPLAIN UPDATE d2 SET n = 1", WRITER, "shape"), self._step("SELECT 1 /*! FOR UPDATE */", EITHER),
            self._step(f"{'ANALYZE' if self.mariadb else 'EXPLAIN ANALYZE'} SELECT f_writes({n})", WRITER, "shape"),
            self._step("SHOW TABLE STATUS LIKE 's1'", EITHER, "shape"), self._step("HELP 'select'", WRITER, "shape"),
            self._step("TABLE s3", EITHER), self._step("VALUES ROW(1, 2), ROW(3, 4)", EITHER),
            self._step("VALUES (1, 2), (3, 4)", EITHER), self._step("CHECKSUM TABLE s1", WRITER, "shape"),
        ))()

    def _diagnosed(self):
        """What a statement has left to ask."""
        self.queue.append(self._query(self.pick(("SHOW WARNINGS", "SHOW ERRORS", "SHOW COUNT(*) WARNINGS",
                                                 "SELECT @@warning_count")), EITHER))
        return self._query(self.pick(("SELECT no_such_column FROM s1", "SELECT CAST(b AS SIGNED) FROM s1 WHERE id = 3",
                                      "INSERT INTO d2 VALUES (1, NULL)", "SELECT b + 1 FROM s1 WHERE id < 3")), EITHER)

    def _surprise(self):
        return self._query(self.pick(("SELECT * FROM v_writes ORDER BY id", "SELECT w FROM v_writes WHERE id = 1",
                                      "SELECT COUNT(*) FROM s1 JOIN v_writes ON v_writes.w = s1.id")), SURPRISE)

    def _wrong(self):
        return self._query(self.pick((
            "SELECT * FROM no_such_table", "SELECT no_such_column FROM s1", "SELEC 1", "SELECT 1 FROM", "SELECT no_such(1)",
            "INSERT INTO s1 (id, nothing) VALUES (1, 2)", "UPDATE no_such_table SET a = 1", "SELECT (SELECT id FROM s1)",
            "INSERT INTO d2 VALUES (1, NULL)", "SELECT * FROM s1 WHERE id = (1, 2)", "CALL no_such_procedure()",
            "SELECT 'abc' + 1, CAST('12x' AS SIGNED)", "SELECT 1 UNION SELECT 1, 2", "SELECT JSON_EXTRACT('{', '$')",
            "ROLLBACK TO nowhere", "SELECT 1; SELECT 2; SELEC 3", "SET no_such_variable = 1", "EXECUTE nothing",
        )), EITHER)

    def _setting(self):
        """Session variables follow the client: then a read whose answer depends on them."""
        setting, read = self.pick((
            ("SET sql_mode = 'ANSI_QUOTES'", "SELECT \"id\", \"b\" FROM s1 ORDER BY \"id\" LIMIT 3"),
            ("SET sql_mode = 'PIPES_AS_CONCAT'", "SELECT 'a' || 'b' || id FROM s1 ORDER BY id LIMIT 3"),
            ("SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'", "SELECT 'a\\' AS x, 'b\\\\'"),
            ("SET sql_mode = DEFAULT", "SELECT 'a\\'b' AS x"), ("SET sql_select_limit = 3", "SELECT id FROM s1 ORDER BY id"),
            ("SET group_concat_max_len = 8", "SELECT GROUP_CONCAT(id ORDER BY id) FROM s1"),
            ("SET time_zone = '+05:00'", "SELECT FROM_UNIXTIME(1600000000)"),
            ("SET time_zone = '-02:00'", "SELECT UNIX_TIMESTAMP('2021-01-01 00:00:00')"),
            ("SET NAMES latin1", "SELECT b, HEX(b) FROM s1 WHERE b LIKE 'z%' ORDER BY id"),
            ("SET NAMES utf8mb4", "SELECT 'a' = 'A', COLLATION('a')"),
            ("SET div_precision_increment = 8", "SELECT 1 / 3"), ("SET lc_time_names = 'de_DE'", "SELECT DATE_FORMAT('2021-03-04', '%M')"),
            ("SET @@session.max_error_count = 5", "SELECT 1"), ("SET collation_connection = utf8mb4_bin", "SELECT 'a' = 'A'"),
            ("USE $DB", "SELECT DATABASE() = '$DB'"), ("SET timestamp = 1000000000", "SELECT NOW(), UNIX_TIMESTAMP()"),
            ("SET insert_id = 1000", "SELECT 1"), ("SET TRANSACTION ISOLATION LEVEL READ COMMITTED", "SELECT COUNT(*) FROM s1"),
            ("SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE", "SELECT id FROM s1 WHERE id = 1"),
            ("SET sql_safe_updates = 0", "SELECT @@sql_safe_updates"), ("SET foreign_key_checks = 0", "SELECT @@foreign_key_checks"),
        ))
        self.held.add("setting")
        mark = EITHER if read.startswith("SELECT") and "@@" not in read else WRITER
        self.queue.append(Step("query", f"{read} /*{mark}*/", mark))
        return Step("query", f"{setting} /*{EITHER}*/", EITHER)

    def _several(self):
        return self._query(self.pick((
            "SELECT 1; SELECT id FROM s1 WHERE id = 3", "INSERT INTO d1 (a) VALUES (5); SELECT LAST_INSERT_ID(); SELECT 2",
            "SELECT 1; UPDATE d2 SET n = n + 1 WHERE k = 1; SELECT n FROM d2 WHERE k = 1", "BEGIN; UPDATE d2 SET n = 3; COMMIT",
            "SELECT 1; SELECT * FROM no_such_table; SELECT 3", "SELECT ';'; DO 1", "SELECT 1 /* ; */; SELECT f_writes(2)")))

    # --- in transactions ---------------------------------------------------------------------------------------

    def _begin_transaction(self):
        if self.random.random() < 0.25:
            self.transaction = "read"
            return self._query(self.pick(("START TRANSACTION READ ONLY",
                                          "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")), EITHER)
        if self.random.random() < 0.1:
            self.autocommit = False
            return self._query(self.pick(("SET autocommit = 0", "SET autocommit=OFF", "SET @@autocommit := 0")))
        self.transaction = "write"
        return self._query(self.pick(("BEGIN", "BEGIN WORK", "START TRANSACTION", "START TRANSACTION READ WRITE",
                                      "START TRANSACTION WITH CONSISTENT SNAPSHOT")))

    def _in_transaction(self):
        roll = self.random.random()
        if roll < 0.12:
            return self._end_transaction()
        if roll < 0.40:
            text, ordered = self.reads.query()
            return self._query(text, WRITER, "ordered" if ordered else "any_order")
        if roll < 0.60:
            return self._query(self.pick((
                "SELECT * FROM d1 ORDER BY id", "SELECT SUM(n) FROM d2", "SELECT COUNT(*), MAX(what) FROM journal",
                "SELECT d1.b, s1.b FROM d1 JOIN s1 ON s1.id = d1.id ORDER BY d1.id", "SELECT id FROM v_join ORDER BY id, n",
                "SELECT LAST_INSERT_ID()")), WRITER)
        if roll < 0.80:
            return self._query(self._write_text())
        if roll < 0.88:
            return self._locking()
        if roll < 0.96:
            return self._query(self.pick(("SAVEPOINT p1", "ROLLBACK TO SAVEPOINT p1", "RELEASE SAVEPOINT p1", "SAVEPOINT p2",
                                          "ROLLBACK WORK TO p2")))
        return self.pick((self._prepared_in_transaction, self._wrong_in_transaction))()

    def _prepared_in_transaction(self):
        return Step("prepared", "SELECT a, b FROM d1 WHERE id < ? ORDER BY id /*w*/", WRITER, "ordered", (self.small(),))

    def _wrong_in_transaction(self):
        return self._query(self.pick(("SELECT * FROM no_such_table", "INSERT INTO d2 VALUES (1, NULL)", "SELEC 1")))

    def _end_transaction(self):
        if not self.autocommit and self.random.random() < 0.4:
            self.autocommit, self.transaction = True, None
            return self._query(self.pick(("SET autocommit = 1", "SET autocommit = ON")))
        roll = self.random.random()
        if roll < 0.1 and self.transaction:
            return self._query(self.pick(("COMMIT AND CHAIN", "ROLLBACK AND CHAIN")))
        self.transaction = None
        if roll < 0.15:
            return self._query("CREATE TABLE IF NOT EXISTS d9 (a INT)", WRITER)  # commits
        return self._query(self.pick(("COMMIT", "ROLLBACK", "COMMIT WORK", "COMMIT AND NO CHAIN")))

    def _in_read_only_transaction(self):
        roll = self.random.random()
        if roll < 0.2:
            self.transaction = None
            return self._query(self.pick(("COMMIT", "ROLLBACK")), EITHER)
        if roll < 0.22:
            self.transaction = "write"
            # MySQL: without a word about it, the new transaction would be READ ONLY, too.
            return self._query(self.pick(("BEGIN", "START TRANSACTION")) if self.mariadb else "START TRANSACTION READ WRITE")
        if roll < 0.85:
            text, ordered = self.reads.query()
            return self._query(text, EITHER, "ordered" if ordered else "any_order")
        if roll < 0.88:
            return self._query(self.pick(("SELECT * FROM v_writes", "SELECT f_pure(3)")), EITHER)
        self.held.add("transaction")
        return self._query(self.pick((
            "INSERT INTO d1 (a) VALUES (1)", "UPDATE d2 SET n = 1", "SELECT f_writes(1)", "SELECT id FROM s1 ORDER BY id FOR UPDATE",
            "DELETE FROM d1 WHERE id = 1", "SELECT @@tx_read_only" if self.mariadb else
            "SELECT @@transaction_read_only", "SELECT LAST_INSERT_ID()", "SAVEPOINT p1",
            "ROLLBACK TO p1", "SELECT 5 INTO @v1", "SET @w = 'read'", "SELECT @v1, @w", "SELECT GET_LOCK('$DB1', 0)",
            "SELECT IS_FREE_LOCK('$DB1')", "PREPARE p1 FROM 'SELECT id FROM s1 WHERE id = 3'", "EXECUTE p1", "CALL p_read(2)",
            "CALL p_write(2)", "SELECT 1; SELECT id FROM s1 WHERE id = 2")), WRITER)

    # --- what keeps a session on its connection ----------------------------------------------------------------

    def _pinning(self):
        n = self.small(1, 3)
        known = sorted(self.held & {"variables", "temporary", "prepared", "lock", "tables", "handler"})
        if known and self.random.random() < 0.6:
            return self._of_held(self.pick(known), n)
        if "tables" in self.held:
            return self._of_held("tables", n)
        makes = {"variables": f"SET @v{n} = {self.small()}, @w = 'text'", "temporary": f"CREATE TEMPORARY TABLE t{n} (a INT)",
                 "prepared": self.pick((f"PREPARE p{n} FROM 'SELECT id FROM s1 WHERE id < 5 ORDER BY id'",
                                        f"PREPARE p{n} FROM 'INSERT INTO d1 (a) VALUES (8)'")),
                 "lock": f"SELECT GET_LOCK('$DB{n}', 0)", "handler": f"HANDLER s{n} OPEN", "call": self.pick((
                     "CALL p_read(3)", "CALL p_write(4)", f"CALL p_both({n}, @out)")),
                 "into": self.pick((f"SELECT id, b INTO @v1, @w FROM s1 WHERE id = {n}", "SELECT @v1 := 5",
                                    "SELECT COUNT(*) FROM s1 INTO @v2")),
                 "tables": "LOCK TABLES s1 READ, d1 WRITE, d2 WRITE"}
        kind = self.pick(sorted(makes))
        self.held.add({"call": "variables", "into": "variables"}.get(kind, kind))
        if kind == "tables":
            self.queue = [self._of_held("tables", n), self._query("UNLOCK TABLES")]
            self.held.discard("tables")
        return self._query(makes[kind])

    def _of_held(self, kind, n):
        text = self._text_of_held(kind, n)
        # Once the temporary table is dropped, this is a read like any other: one that fails.
        mark = EITHER if kind == "temporary" and text.startswith("SELECT") else WRITER
        return self._query(text, mark)

    def _text_of_held(self, kind, n):
        return self.pick({
            "variables": ("SELECT @v1, @v2, @v3, @w", "SELECT id FROM s1 WHERE id = @v1", "SELECT @v1 := 7", "SET @v2 = @v2 + 1",
                          "SELECT @out", "DO @v3 := 5", "INSERT INTO d1 (a, b) VALUES (@v1, @w)", "SELECT b FROM s1 LIMIT 0"),
            "temporary": (f"INSERT INTO t{n} VALUES (1), (2)", f"SELECT COUNT(*), SUM(a) FROM t{n}", f"DROP TEMPORARY TABLE t{n}",
                          f"SELECT COUNT(*) FROM s1 JOIN t{n} ON s1.id = t{n}.a", f"UPDATE t{n} SET a = a + 1",
                          f"CREATE TEMPORARY TABLE t{n} AS SELECT id AS a FROM s1"),
            "prepared": (f"EXECUTE p{n}", f"DEALLOCATE PREPARE p{n}", f"DROP PREPARE p{n}", f"EXECUTE p{n}"),
            "lock": (f"SELECT RELEASE_LOCK('$DB{n}')", f"SELECT IS_FREE_LOCK('$DB{n}')", "SELECT RELEASE_ALL_LOCKS()",
                     f"SELECT IS_USED_LOCK('$DB{n}') IS NULL", f"SELECT GET_LOCK('$DB{n}', 0)"),
            "tables": ("SELECT COUNT(*) FROM s1", "INSERT INTO d1 (a) VALUES (3)", "SELECT COUNT(*) FROM s2",
                       "UPDATE d2 SET n = 2 WHERE k = 1"),
            "handler": (f"HANDLER s{n} READ FIRST", f"HANDLER s{n} READ NEXT", f"HANDLER s{n} CLOSE"),
        }[kind])
