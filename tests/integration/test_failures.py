"""Servers and clients that vanish, at bad moments."""

import socket
import subprocess
import threading
import time

from wire import ServerError

from .case import WeirTest, proxy_only

LOST_CONNECTION = (9001, 1053, 1077, 1927, 3169)
MOST_ERRORS = 50_000  # of a client: then it gives up


class Load(threading.Thread):
    """A client that repeats `sql` until told to stop, reconnecting when its connection is lost."""

    def __init__(self, weir, sql):
        super().__init__(daemon=True)
        self.weir, self.sql = weir, sql
        self.stopping = threading.Event()
        self.done = self.lost = 0
        self.errors = []
        self.slowest_s = 0.0

    def run(self):
        app = self.weir.connect(timeout_s=30)
        while not self.stopping.is_set() and len(self.errors) < MOST_ERRORS:
            started = time.monotonic()
            try:
                app = app or self.weir.connect(timeout_s=30)
                app.query(self.sql)
                self.done += 1
            except ServerError as error:
                self.errors.append(error)
            except OSError as error:
                self.lost += 1
                self.errors.append(error)
                app = app and app.abort()
            self.slowest_s = max(self.slowest_s, time.monotonic() - started)
        if app:
            app.close()

    def stop(self):
        self.stopping.set()
        self.join(60)


class ServersVanish(WeirTest):
    hurts_cluster = True

    @proxy_only
    def test_killed_replica_costs_at_most_the_statements_in_flight(self):
        table = self.fresh_table("a INT PRIMARY KEY")
        weir = self.weir()
        loads = self.started([Load(weir, f"SELECT COUNT(*) FROM {table}") for _ in range(16)])
        self.eventually(lambda: all(load.done > 20 for load in loads), "all clients are reading")
        self.cluster.replicas[0].kill()
        after_kill = [load.done for load in loads]
        self.eventually(lambda: all(load.done > n + 50 for load, n in zip(loads, after_kill)), "all read on")
        for load in loads:
            load.stop()
            self.assertLessEqual(len(load.errors), 1, load.errors)
            self.assertEqual(load.lost, 0)
            for error in load.errors:
                self.assertIn(error.errno, LOST_CONNECTION)

    @proxy_only
    def test_command_line_client_reads_that_its_server_was_lost(self):
        """MariaDB's client library takes a code in 2000..2999 for a malformed packet, and shows no text."""
        weir = self.weir()
        primary = self.cluster.primary
        for sql, more in (("DO SLEEP(601)", ")"), ("BEGIN; DO SLEEP(602)", "): the open transaction and session state")):
            with self.subTest(sql):
                client = subprocess.Popen(
                    ["mariadb", "--no-defaults", "--skip-ssl", "-h127.0.0.1", f"-P{weir.port}", "-uapp",
                     "-papp", "-e", sql],
                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                running = "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'DO SLEEP%'"
                self.eventually(lambda: primary.query(running)[0][0] == "1", "the statement runs")
                primary.kill()
                _, said = client.communicate(timeout=60)
                self.assertIn("ERROR 1927 (08S01) at line 1: Lost connection to server during query (", said)
                self.assertIn(f"server 127.0.0.1:{primary.port}, hostgroup 0{more}", said)
                self.cluster.repair()

    @proxy_only
    def test_replica_that_dies_while_its_connections_are_idle_costs_nobody_an_error(self):
        weir = self.weir().wait_for_admin()
        replica = self.cluster.replicas[0]
        apps = [weir.connect() for _ in range(16)]
        with weir.admin() as admin:
            def idle():
                return admin.query("SELECT ConnFree FROM stats_mysql_connection_pool "
                                   f"WHERE srv_port = {replica.port} AND ConnFree > 0").texts()

            for app in apps:  # all at a time: on many connections
                app.send_query("SELECT SLEEP(0.2)")
            for app in apps:
                app.read_results()
            self.eventually(idle, "connections are idle")
            replica.kill()
            self.eventually(lambda: not idle(), "they are closed")
            for app in apps:
                for number in range(5):
                    self.assertEqual(app.query(f"SELECT {number}").value(), str(number))
                app.close()

    @proxy_only
    def test_replica_that_returns_is_used_again(self):
        weir = self.weir()
        replica = self.cluster.replicas[0]
        with weir.connect() as app:
            replica.kill()
            for _ in range(20):
                try:
                    app.query("SELECT 1")
                except ServerError as error:
                    self.assertIn(error.errno, LOST_CONNECTION)
            replica.restart()
            before = replica.status("Com_select")

            def used_again():
                for _ in range(10):
                    app.query("SELECT 1")
                return replica.status("Com_select") > before

            self.eventually(used_again, "reads reach the replica that came back", timeout_s=40)

    @proxy_only
    def test_without_any_replica_reads_go_to_the_writer_or_fail_clearly(self):
        weir = self.weir(file=True, variables={"connect_timeout_server_max": 2000})
        for replica in self.cluster.replicas:
            replica.kill()
        with weir.connect() as app:
            for _ in range(5):
                try:
                    self.assertEqual(app.query("SELECT 1").value(), "1")
                except ServerError as error:
                    self.assertIn(error.errno, LOST_CONNECTION)
            self.assertEqual(app.query("DO 1").affected, 0)

    @proxy_only
    def test_killed_primary_gives_clear_errors_and_all_recover(self):
        table = self.fresh_table("a INT AUTO_INCREMENT PRIMARY KEY")
        weir = self.weir(file=True, variables={"connect_timeout_server_max": 2000})
        writers = self.started([Load(weir, f"INSERT INTO {table} VALUES ()") for _ in range(8)])
        self.eventually(lambda: all(load.done > 5 for load in writers), "all clients are writing")
        self.cluster.primary.kill()
        self.eventually(lambda: all(load.errors for load in writers), "all clients are told")
        with weir.connect() as reader:
            self.assertEqual(reader.query("SELECT 1").value(), "1")
        self.cluster.primary.restart()
        counts = [load.done for load in writers]
        self.eventually(lambda: all(load.done > n + 5 for load, n in zip(writers, counts)), "all write again",
                        timeout_s=40)
        for load in writers:
            load.stop()
            self.assertFalse(load.is_alive(), "a session is stuck")
            for error in load.errors:
                self.assertIn(getattr(error, "errno", None), LOST_CONNECTION, error)
            self.assertLess(load.slowest_s, 15)

    @proxy_only
    def test_transaction_on_a_killed_primary_is_lost_with_an_error(self):
        table = self.fresh_table("a INT PRIMARY KEY")
        weir = self.weir(file=True, variables={"connect_timeout_server_max": 2000})
        app = weir.connect()
        app.query("BEGIN")
        app.query(f"INSERT INTO {table} VALUES (1)")
        self.cluster.primary.kill()
        with self.assertRaises((ServerError, ConnectionError)):
            app.query(f"INSERT INTO {table} VALUES (2)")
        app.abort()
        self.cluster.primary.restart()

        def writes_again():
            try:
                with weir.connect() as other:
                    other.query(f"INSERT INTO {table} VALUES (3)")
                return True
            except ServerError:
                return False

        self.eventually(writes_again, "writes work again", timeout_s=40)
        self.assertEqual(self.cluster.primary.query(f"SELECT a FROM {table}"), [("3",)])

    @proxy_only
    def test_start_without_servers_then_they_come(self):
        for node in self.cluster.nodes:
            node.kill()
        weir = self.weir(file=True, variables={"connect_timeout_server_max": 1000})
        with weir.connect() as app:
            self.assertIn(self.error_of(app.query, "DO 1").errno, LOST_CONNECTION)
            self.cluster.primary.restart()

            def answered():
                try:
                    return app.query("DO 1").affected == 0
                except ServerError:
                    return False

            self.eventually(answered, "the session works once the primary is there", timeout_s=40)


class ClientsVanish(WeirTest):
    def settled(self, weir, base):
        """Waits until Weir's descriptors are back at `base`, not counting pooled connections to servers."""
        self.eventually(lambda: weir.descriptors() - self.pooled() <= base, "descriptors return to where they were")

    def pooled(self):
        return sum(self.app_threads(node) for node in self.cluster.nodes)

    @proxy_only
    def test_nothing_is_left_of_clients_that_go_away(self):
        table = self.fresh_table("a INT PRIMARY KEY, b TEXT")
        weir = self.weir()
        with weir.connect() as app:
            app.query("SELECT 1")
            app.query("DO 1")
        self.eventually(lambda: self.pooled() > 0, "connections are pooled")
        base = weir.descriptors() - self.pooled()
        for name, leave in self.departures(table).items():
            with self.subTest(name):
                for _ in range(10):
                    leave(weir)
                self.settled(weir, base)
                for node in self.cluster.nodes:
                    busy = "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = 'app' AND COMMAND = 'Query'"
                    self.eventually(lambda: node.query(busy) == [("0",)], f"{node.name} works for nobody")
                with weir.connect() as app:
                    self.assertEqual(app.query("SELECT 1").value(), "1")
        self.assertEqual(self.cluster.primary.query(f"SELECT COUNT(*) FROM {table}"), [("0",)])

    def departures(self, table):
        def before_login(weir):
            socket.create_connection((weir.host, weir.port)).close()

        def after(sql):
            def leave(weir):
                app = weir.connect()
                app.query(sql)
                app.abort()
            return leave

        def during(sql, read_bytes=0):
            def leave(weir):
                app = weir.connect()
                app.send_query(sql)
                if read_bytes:
                    app.stream.socket.recv(read_bytes)
                app.abort()
            return leave

        def in_transaction(weir):
            app = weir.connect()
            app.query("BEGIN")
            app.query(f"INSERT INTO {table} VALUES (1, 'x')")
            app.abort()

        def in_half_a_packet(weir):
            app = weir.connect()
            app.stream.socket.sendall(b"\x10\x00\x00\x00\x03SEL")
            app.abort()

        def in_half_a_large_packet(weir):
            app = weir.connect()
            app.stream.socket.sendall(b"\xff\xff\xff\x00\x03INSERT INTO test.t VALUES ('" + b"x" * 200_000)
            app.abort()

        def with_a_statement(weir):
            app = weir.connect()
            app.prepare("SELECT ?").execute(1)
            app.abort()

        return {
            "before login": before_login, "idle": after("SELECT 1"), "in a transaction": in_transaction,
            "during a query": during("SELECT SLEEP(1)"), "during a write": during("DO SLEEP(1)"),
            "at the start of a large result": during("SELECT REPEAT('x', 50000000)"),
            "in the middle of a large result": during("SELECT REPEAT('x', 50000000)", 100_000),
            "in half a packet": in_half_a_packet, "in half a large packet": in_half_a_large_packet,
            "holding a prepared statement": with_a_statement,
        }

    @proxy_only
    def test_sigterm_lets_a_running_statement_finish(self):
        weir = self.weir()
        app = weir.connect()
        app.send_query("SELECT SLEEP(4)")
        self.eventually(lambda: sum(int(node.query(
            "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT SLEEP(4)%'")[0][0])
            for node in self.cluster.nodes) == 1, "a server runs it")
        weir.terminate()
        self.assertEqual(app.read_results()[0].value(), "0")
        app.abort()
