"""Transactions, and the other things that tie a session to its connection."""

from wire import ServerError
from wire import capabilities as caps

from .case import WeirTest, proxy_only


class Transactions(WeirTest):
    def test_commit_and_rollback(self):
        table = self.fresh_table("a INT PRIMARY KEY")
        weir = self.weir()
        with weir.connect() as app:
            app.query("BEGIN")
            self.assertTrue(app.status & caps.STATUS_IN_TRANSACTION)
            app.query(f"INSERT INTO {table} VALUES (1)")
            self.assertEqual(app.query(f"SELECT COUNT(*) FROM {table}").value(), "1")
            app.query("ROLLBACK")
            self.assertFalse(app.status & caps.STATUS_IN_TRANSACTION)
            app.query("START TRANSACTION")
            app.query(f"INSERT INTO {table} VALUES (2)")
            app.query("COMMIT")
        self.assertEqual(self.cluster.primary.query(f"SELECT a FROM {table}"), [("2",)])

    def test_autocommit_off_opens_transactions_by_itself(self):
        table = self.fresh_table("a INT PRIMARY KEY")
        with self.weir().connect() as app:
            app.query("SET autocommit = 0")
            self.assertFalse(app.status & caps.STATUS_AUTOCOMMIT)
            app.query(f"INSERT INTO {table} VALUES (1)")
            self.assertTrue(app.status & caps.STATUS_IN_TRANSACTION)
            app.query("ROLLBACK")
            self.assertEqual(app.query(f"SELECT COUNT(*) FROM {table}").value(), "0")
            app.query(f"INSERT INTO {table} VALUES (2)")
            app.query("SET autocommit = 1")
            self.assertTrue(app.status & caps.STATUS_AUTOCOMMIT)
        self.assertEqual(self.cluster.primary.query(f"SELECT a FROM {table}"), [("2",)])

    def test_completion_type_release_ends_its_session_and_no_other(self):
        weir = self.weir()
        with weir.connect() as other, weir.connect() as app:
            for session in (other, app):
                session.query("SET completion_type = 2")
            app.query("BEGIN")
            app.query("SELECT 1")
            app.query("COMMIT")  # the server closes its connection now
            self.assertEqual(other.query("SELECT 7").value(), "7")
            with self.assertRaises((ServerError, OSError, EOFError)):
                app.query("SELECT 1")

    def test_a_client_that_leaves_rolls_back(self):
        table = self.fresh_table("a INT PRIMARY KEY")
        weir = self.weir()
        for leave in ("close", "abort"):
            with self.subTest(leave):
                app = weir.connect()
                app.query("BEGIN")
                app.query(f"INSERT INTO {table} VALUES (1)")
                getattr(app, leave)()
                with weir.connect() as other:  # would wait for the row's lock, or fail, if the transaction went on
                    other.query("SET innodb_lock_wait_timeout = 5")
                    other.query(f"INSERT INTO {table} VALUES (1)")
                    other.query(f"DELETE FROM {table}")

    def test_transaction_characteristics_of_one_transaction(self):
        table = self.fresh_table("a INT PRIMARY KEY")
        with self.weir().connect() as app:
            app.query("SET TRANSACTION READ ONLY")
            app.query("BEGIN")
            self.assertEqual(self.error_of(app.query, f"INSERT INTO {table} VALUES (1)").errno, 1792)
            app.query("ROLLBACK")
            self.assertEqual(app.query(f"INSERT INTO {table} VALUES (1)").affected, 1)

    @proxy_only
    def test_characteristics_of_the_next_transaction_wait_for_it_on_a_shared_connection(self):
        table = self.fresh_table("a INT PRIMARY KEY")
        weir = self.weir(file=True, servers=[("127.0.0.1", self.cluster.primary.port, 0)], pairs=(),
                         server_options="max_connections=1")
        open_now = "SELECT trx_isolation_level, trx_is_read_only FROM information_schema.innodb_trx WHERE trx_state = 'RUNNING'"
        with weir.connect() as one, weir.connect() as two:
            one.query("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY")
            two.query("BEGIN")
            two.query(f"INSERT INTO {table} VALUES (1)")
            two.query("COMMIT")
            one.query("BEGIN")
            one.query(f"SELECT * FROM {table}")
            self.eventually(lambda: ("SERIALIZABLE", "1") in self.cluster.primary.query(open_now), "the transaction it asked for")
            self.assertEqual(self.error_of(one.query, f"INSERT INTO {table} VALUES (2)").errno, 1792)
            one.query("COMMIT")
            one.query("BEGIN")
            self.assertEqual(one.query(f"INSERT INTO {table} VALUES (2)").affected, 1)
            one.query("ROLLBACK")

    def test_savepoints(self):
        table = self.fresh_table("a INT PRIMARY KEY")
        with self.weir().connect() as app:
            app.query("BEGIN")
            app.query(f"INSERT INTO {table} VALUES (1)")
            app.query("SAVEPOINT here")
            app.query(f"INSERT INTO {table} VALUES (2)")
            app.query("ROLLBACK TO SAVEPOINT here")
            app.query("COMMIT")
        self.assertEqual(self.cluster.primary.query(f"SELECT a FROM {table}"), [("1",)])

    def test_ddl_commits_the_transaction(self):
        table = self.fresh_table("a INT PRIMARY KEY")
        with self.weir().connect() as app:
            app.query("BEGIN")
            app.query(f"INSERT INTO {table} VALUES (1)")
            app.query(f"ALTER TABLE {table} COMMENT = 'changed'")
            self.assertFalse(app.status & caps.STATUS_IN_TRANSACTION)
            app.query("ROLLBACK")
        self.assertEqual(self.cluster.primary.query(f"SELECT a FROM {table}"), [("1",)])

    def test_table_locks_stay_with_their_session(self):
        table = self.fresh_table("a INT PRIMARY KEY")
        with self.weir().connect() as app:
            app.query(f"LOCK TABLES {table} WRITE")
            for i in range(5):
                app.query(f"INSERT INTO {table} VALUES ({i})")
                self.assertEqual(app.query(f"SELECT COUNT(*) FROM {table}").value(), str(i + 1))
            app.query("UNLOCK TABLES")

    def test_named_locks_stay_with_their_session(self):
        weir = self.weir()
        with weir.connect() as one, weir.connect() as two:
            self.assertEqual(one.query("SELECT GET_LOCK('weir-test', 0)").value(), "1")
            for _ in range(5):
                self.assertEqual(two.query("SELECT GET_LOCK('weir-test', 0)").value(), "0")
            self.assertEqual(one.query("SELECT RELEASE_LOCK('weir-test')").value(), "1")
            self.assertEqual(two.query("SELECT GET_LOCK('weir-test', 5)").value(), "1")
