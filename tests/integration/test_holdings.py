"""What a session holds on its connection by name: kept while it holds it, and not a statement longer."""

import json

from wire import ServerError

from .case import WeirTest, proxy_only

# What is run, and the pins after it.
SCRIPTS = {
    "temporary tables": [
        ("CREATE TEMPORARY TABLE ht (a INT)", ["temporary_tables"]),
        ("CREATE TEMPORARY TABLE IF NOT EXISTS test.hu SELECT 1 AS a", ["temporary_tables"]),
        ("DROP TABLE ht", ["temporary_tables"]),
        ("DROP TEMPORARY TABLE IF EXISTS nothing, hu", ["warnings_pending"]),
        ("SELECT 1", []),
    ],
    "a renamed temporary table is not lost sight of": [
        ("CREATE TEMPORARY TABLE ht (a INT)", ["temporary_tables"]),
        ("ALTER TABLE ht RENAME TO hu", ["temporary_tables"]),
        ("DROP TABLE hu", ["temporary_tables"]),
    ],
    "named locks": [
        ("SELECT GET_LOCK('one', 1), GET_LOCK('two', 1)", ["named_lock"]),
        ("SELECT RELEASE_LOCK('one')", ["named_lock"]),
        ("DO RELEASE_LOCK('two')", []),
        ("SET @name = 'three'", ["user_variables"]),
        ("SELECT GET_LOCK(@name, 1)", ["user_variables", "named_lock"]),
        ("SELECT RELEASE_ALL_LOCKS()", ["user_variables"]),
    ],
    "HANDLER": [
        ("HANDLER {table} OPEN AS h", ["handler"]),
        ("HANDLER h READ FIRST", ["handler"]),
        ("HANDLER h CLOSE", []),
    ],
    "prepared texts": [
        ("PREPARE s FROM 'SELECT COUNT(*) FROM {table}'", ["text_prepared"]),
        ("EXECUTE s", ["text_prepared"]),
        ("PREPARE S FROM 'INSERT INTO {table} VALUES (1)'", ["text_prepared"]),
        ("EXECUTE s", ["text_prepared"]),
        ("DEALLOCATE PREPARE s", []),
        ("PREPARE s FROM 'SELECT GET_LOCK(''x'', 1)'", ["text_prepared"]),
        ("EXECUTE s", ["named_lock", "text_prepared"]),
        ("DROP PREPARE s", ["named_lock"]),
        ("DO RELEASE_LOCK('x')", []),
    ],
    "locked tables": [
        ("LOCK TABLES {table} WRITE", ["locked_tables"]),
        ("COMMIT", ["locked_tables"]),
        ("UNLOCK TABLES", []),
        ("LOCK TABLES {table} WRITE", ["locked_tables"]),
        ("BEGIN", ["in_transaction"]),
        ("COMMIT", []),
    ],
}


SLEEPING = "SELECT COUNT(*) FROM information_schema.processlist WHERE info = 'SELECT SLEEP(60)'"


def pins_of(app):
    return json.loads(app.query("PROXYSQL INTERNAL SESSION").value())["pins"]


class Holdings(WeirTest):
    def weir_with_connections(self, count):
        return self.weir(file=True, servers=[("127.0.0.1", self.cluster.primary.port, 0)], pairs=(),
                         server_options=f"max_connections={count}", variables={"connect_timeout_server_max": 20000})

    @proxy_only
    def test_each_is_held_until_it_is_given_up(self):
        table = self.fresh_table("a INT")
        weir = self.weir_with_connections(1)
        for name, script in SCRIPTS.items():
            with self.subTest(name), weir.connect(database="test") as app:
                for sql, pins in script:
                    app.query(sql.replace("{table}", table))
                    self.assertEqual(sorted(pins_of(app)), sorted(pins), sql)

    @proxy_only
    def test_the_next_session_gets_the_connection_and_finds_nothing(self):
        table = self.fresh_table("a INT")
        weir = self.weir_with_connections(1)
        with weir.connect(database="test") as one, weir.connect(database="test") as two:
            one.query("CREATE TEMPORARY TABLE ht (a INT)")
            one.query("DROP TABLE ht")
            self.assertEqual(self.error_of(two.query, "SELECT * FROM ht").errno, 1146)
            two.query("SELECT 1")
            one.query("SELECT GET_LOCK('mine', 1)")
            one.query("SELECT RELEASE_LOCK('mine')")
            self.assertEqual(two.query("SELECT IS_FREE_LOCK('mine')").value(), "1")
            one.query(f"LOCK TABLES {table} WRITE")
            one.query("START TRANSACTION")
            one.query("COMMIT")
            two.query(f"INSERT INTO {table} VALUES (1)")
            one.query("PREPARE s FROM 'SELECT 1'")
            one.query("DEALLOCATE PREPARE s")
            self.assertEqual(self.error_of(two.query, "EXECUTE s").errno, 1243)

    @proxy_only
    def test_kill_in_all_its_forms(self):
        weir = self.weir_with_connections(3)
        with weir.connect() as app:
            victim = weir.connect()
            number = int(victim.query("SELECT CONNECTION_ID()").value())
            self.assertEqual(self.error_of(app.query, "KILL USER app").errno, 1235)
            self.assertEqual(self.error_of(app.queries, f"SELECT 1; KILL {number}").errno, 1235)
            app.query(f"PREPARE k FROM 'KILL QUERY {number}'")
            victim.send_query("SELECT SLEEP(60)")
            self.eventually(lambda: self.cluster.primary.query(SLEEPING) != [("0",)], "it sleeps")
            app.query("EXECUTE k")
            app.query("DEALLOCATE PREPARE k")
            self.assertIn(self.outcome(victim), (1317, "1"))  # SLEEP() itself gives 1 when it is interrupted
            app.simple(0x0C, number.to_bytes(4, "little"))
            self.eventually(lambda: not self.alive(victim), "the victim is gone")
            self.assertEqual(app.query("SELECT 1").value(), "1")

    def outcome(self, connection):
        try:
            return connection.read_results()[0].value()
        except ServerError as error:
            return error.errno

    @staticmethod
    def alive(connection):
        try:
            connection.query("SELECT 1")
            return True
        except OSError:
            return False
