"""Many clients on few backend connections: everyone is served, and nobody sees another's session."""

import random
import threading

from wire import ServerError

from .case import Environment, WeirTest, proxy_only

CLIENTS, CONNECTIONS = 256, 16
MODES = ("", "ANSI_QUOTES", "PIPES_AS_CONCAT", "NO_ZERO_IN_DATE,NO_ZERO_DATE")
ZONES = ("+00:00", "+05:30", "-08:00")
CHARSETS = ("utf8mb4", "latin1")
DATABASES = ("test", "mysql", "information_schema")


class Client(threading.Thread):
    """One session that changes its state at random and checks with every answer that the state is its own."""

    def __init__(self, weir, table, number, rounds, gate):
        super().__init__(daemon=True)
        self.weir, self.table, self.number, self.rounds, self.gate = weir, table, number, rounds, gate
        self.random = random.Random(number)
        self.problems = []
        self.expected = {}

    def run(self):
        try:
            with self.weir.connect(timeout_s=60, database="test") as app:
                self.expected = {"DATABASE()": "test"}
                self.gate.wait()
                for _ in range(self.rounds):
                    self.random.choice((self.change_state, self.change_state, self.transaction, self.batch))(app)
                    self.check(app)
        except (ServerError, OSError, AssertionError, ValueError) as error:
            self.problems.append(f"client {self.number}: {type(error).__name__}: {error}")

    def change_state(self, app):
        choice = self.random.randrange(5)
        if choice == 0:
            self.expected["DATABASE()"] = self.random.choice(DATABASES)
            app.query("USE " + self.expected["DATABASE()"])
        elif choice == 1:
            self.expected["@@sql_mode"] = self.random.choice(MODES)
            app.query(f"SET sql_mode = '{self.expected['@@sql_mode']}'")
        elif choice == 2:
            self.expected["@@time_zone"] = self.random.choice(ZONES)
            app.query(f"SET time_zone = '{self.expected['@@time_zone']}'")
        elif choice == 3:
            charset = self.random.choice(CHARSETS)
            app.query(f"SET NAMES {charset}")
            self.expected["@@character_set_client"] = self.expected["@@character_set_results"] = charset
        else:
            self.expected["@@group_concat_max_len"] = str(self.random.randrange(1024, 9999))
            app.query(f"SET SESSION group_concat_max_len = {self.expected['@@group_concat_max_len']}")

    def transaction(self, app):
        app.query("BEGIN")
        app.query(f"INSERT INTO {self.table} (client) VALUES ({self.number})")
        self.check(app)
        app.query(self.random.choice(("COMMIT", "ROLLBACK")))

    def batch(self, app):
        inserted = app.query(f"INSERT INTO {self.table} (client) VALUES ({self.number})").insert_id
        seen = app.query("SELECT LAST_INSERT_ID()").value()
        if seen != str(inserted):
            self.problems.append(f"client {self.number}: LAST_INSERT_ID() is {seen}, not {inserted}")

    def check(self, app):
        names = list(self.expected)
        (row,) = app.query("SELECT " + ", ".join(names)).texts()
        for name, value in zip(names, row):
            if value != self.expected[name]:
                self.problems.append(f"client {self.number}: {name} is {value!r}, not {self.expected[name]!r}")


class Sharing(WeirTest):
    @proxy_only
    def test_256_clients_over_16_connections_keep_their_state_to_themselves(self):
        table = self.fresh_table("a INT AUTO_INCREMENT PRIMARY KEY, client INT")
        weir = self.weir(file=True, server_options=f"max_connections={CONNECTIONS}",
                         variables={"connect_timeout_server_max": 60000})
        gate = threading.Event()
        clients = [Client(weir, table, i, 40 if Environment.long_runs else 15, gate) for i in range(CLIENTS)]
        for client in clients:
            client.start()
        gate.set()
        while any(client.is_alive() for client in clients):
            for node in self.cluster.nodes:
                # One that Weir has closed and replaced may still be listed for a moment, one too many stays.
                self.eventually(lambda node=node: self.app_threads(node) <= CONNECTIONS, "no connection too many")
            clients[-1].join(0.1)
        problems = [problem for client in clients for problem in client.problems]
        self.assertEqual(problems[:10], [])

    @proxy_only
    def test_idle_clients_hold_no_backend_connection(self):
        weir = self.weir(file=True, server_options="max_connections=2")
        clients = [weir.connect() for _ in range(50)]
        for client in clients:
            self.assertEqual(client.query("SELECT 1").value(), "1")
        for node in self.cluster.nodes:
            self.eventually(lambda node=node: self.app_threads(node) <= 2, "no connection too many")
        for client in clients:
            client.close()

    @proxy_only
    def test_when_all_connections_are_taken_others_wait_then_get_9001(self):
        table = self.fresh_table("a INT PRIMARY KEY")
        weir = self.weir(file=True, server_options="max_connections=4", variables={"connect_timeout_server_max": 5000})
        holders = [weir.connect() for _ in range(4)]
        for i, holder in enumerate(holders):
            holder.query("BEGIN")
            holder.query(f"INSERT INTO {table} VALUES ({i})")
        with weir.connect() as late:
            error = self.error_of(late.query, f"INSERT INTO {table} VALUES (100)")
            self.assertEqual((error.errno, error.sqlstate), (9001, "HY000"))
            self.assertIn("Max connect timeout reached", error.message)
            late.send_query(f"INSERT INTO {table} VALUES (101)")
            holders[0].query("COMMIT")
            self.assertEqual(late.read_results()[0].affected, 1)
        for holder in holders:
            holder.close()
        self.eventually(lambda: self.cluster.primary.query(f"SELECT COUNT(*) FROM {table}") == [("2",)],
                        "the other transactions are rolled back")

    @proxy_only
    def test_a_waiting_client_that_leaves_frees_its_place(self):
        weir = self.weir(file=True, server_options="max_connections=1", variables={"connect_timeout_server_max": 20000})
        holder = weir.connect()
        holder.query("BEGIN")
        holder.query("SELECT 1 FOR UPDATE")
        for _ in range(10):
            gone = weir.connect()
            gone.send_query("DO 1")
            gone.abort()
        with weir.connect() as late:
            late.send_query("DO 2")
            holder.query("COMMIT")
            self.assertEqual(late.read_results()[0].affected, 0)
            self.assertEqual(late.query("SELECT 3").value(), "3")
        holder.close()

    @proxy_only
    def test_connection_killed_while_idle_is_replaced_unnoticed(self):
        weir = self.weir()
        with weir.connect() as app:
            for _ in range(10):
                app.query("SELECT 1")
                app.query("DO 1")
                for node in self.cluster.nodes:
                    self.kill_app_connections(node)
                self.assertEqual(app.query("SELECT 2").value(), "2")
                self.assertEqual(app.query("DO 2").affected, 0)

    def kill_app_connections(self, node):
        """Until there are none: Weir may be opening one that the statement before did not wait for."""
        self.eventually(lambda: node.kill_connections_of("app", "app2") == 0, f"{node.name} has closed the killed connections")
