"""Servers with names: an address that changes under traffic, several addresses, names that nobody knows."""

import threading

from wire import ServerError

from .case import AdminTest, Environment
from .clients import Client
from .doors import Doorway
from .names import HostsOfItsOwn
from .weir_process import Weir

NAME = "db.weir.test"
CLIENTS = 16


class Names(AdminTest):
    """`self.a` and `self.b` are doors to the primary and to a replica, at one port of two addresses."""

    def setUp(self):
        super().setUp()
        missing = HostsOfItsOwn.missing()
        if missing:
            self.skipTest(missing)
        self.nodes = {"a": self.cluster.primary, "b": self.cluster.replicas[0]}
        self.a = Doorway("127.0.0.2", 0, self.nodes["a"])
        self.addCleanup(self.a.close)
        self.b = Doorway("127.0.0.3", self.a.port, self.nodes["b"])
        self.addCleanup(self.b.close)

    def named(self, hosts, **variables):
        """A Weir whose one server is NAME, and which sees an /etc/hosts with it."""
        weir = Weir(Environment.binary, self.cluster)
        self.hosts = HostsOfItsOwn(weir.directory)
        self.hosts.say({NAME: hosts})
        weir.wrapper = self.hosts.wrapper
        self.addCleanup(self._stop, weir)
        weir.start_with_file(servers=[(NAME, self.a.port, 0)], pairs=(), variables={"shun_on_failures": 0, **variables})
        weir.wait_for_admin()
        self.known = weir.admin()
        self.addCleanup(self.known.close)
        self.eventually(lambda: self.addresses() == set(hosts), "the name is known")
        return weir

    def row(self):
        """(addresses, changes, failures, last_error) of NAME."""
        sql = f"SELECT addresses, changes, failures, last_error FROM stats_weir_names WHERE name='{NAME}'"
        return (self.known.query(sql).texts() or [(None,) * 4])[0]

    def addresses(self):
        return set((self.row()[0] or "").split(", ")) - {""}

    def answering(self, connection):
        port = int(connection.query("SELECT @@port").value())
        return next(name for name, node in self.nodes.items() if node.port == port)

    def test_a_name_moves_under_traffic_and_nobody_notices(self):
        weir = self.named([self.a.ip], monitor_local_dns_cache_refresh_interval=200)
        clients = [Client(weir, lambda n: "SELECT @@port") for _ in range(CLIENTS)]
        self.started(clients)
        self.eventually(lambda: all(len(c.done) > 10 or c.errors for c in clients), "all are at work")
        for old, new, changes in ((self.a, self.b, 1), (self.b, self.a, 2)):
            self.hosts.say({NAME: [new.ip]})
            self.eventually(lambda: self.row()[:2] == (new.ip, str(changes)), "the new address is known")
            self.eventually(lambda: old.open_connections() == 0, "nothing is left at the old address")
            marks = [len(client.done) for client in clients]
            self.eventually(lambda: all(len(c.done) > n + 10 or c.errors for c, n in zip(clients, marks)), "all go on")
            self.assertGreater(new.open_connections(), 0)
        for client in clients:
            client.stop()
            self.assertEqual(client.errors, [])
        self.assertIn("a server's name stands for other addresses", weir.log_text())
        with weir.admin() as admin:
            self.assertEqual(self.status(admin, "MySQL_Monitor_dns_cache_record_updated"), "3")
            asked, known = (int(self.status(admin, f"MySQL_Monitor_dns_cache_{n}")) for n in ("queried", "lookup_success"))
            self.assertGreater(known, 0)
            self.assertGreaterEqual(asked, known)

    def test_the_monitor_asks_where_the_name_stands_now(self):
        self.named([self.a.ip], monitor_local_dns_cache_refresh_interval=200, monitor_enabled="true",
                   monitor_ping_interval=200)

        def pinged_at(door):
            return door.open_connections() > 0
        self.eventually(lambda: pinged_at(self.a), "it is asked")
        self.hosts.say({NAME: [self.b.ip]})
        self.eventually(lambda: pinged_at(self.b) and not pinged_at(self.a), "it is asked elsewhere")

    def test_a_transaction_ends_where_it_began_and_kill_finds_its_statement(self):
        weir = self.named([self.a.ip], monitor_local_dns_cache_refresh_interval=200)
        with weir.connect() as app, weir.connect() as other:
            session = app.query("SELECT CONNECTION_ID()").value()
            app.query("BEGIN")
            self.assertEqual(self.answering(app), "a")
            self.hosts.say({NAME: [self.b.ip]})
            self.eventually(lambda: self.answering(other) == "b", "it has moved")
            self.assertEqual(self.answering(app), "a")
            errors = []

            def sleep():
                try:
                    app.query("SELECT SLEEP(60) /* long */")
                except ServerError as error:
                    errors.append(error.errno)
            sleeping = threading.Thread(target=sleep)
            sleeping.start()
            running = "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE '%SLEEP(60) /* long%' AND " \
                      "USER = 'app'"
            self.eventually(lambda: self.nodes["a"].query(running)[0][0] == "1", "it runs")
            other.query(f"KILL QUERY {session}")
            sleeping.join(30)
            self.assertFalse(sleeping.is_alive())
            self.eventually(lambda: self.nodes["a"].query(running)[0][0] == "0", "it is killed on its server")
            app.query("ROLLBACK")
            self.assertEqual(self.answering(app), "b")
            self.eventually(lambda: self.a.open_connections() == 0, "nothing is left at the old address")

    def test_a_server_that_is_gone_is_looked_for_at_once(self):
        weir = self.named([self.a.ip])  # looked up each minute
        with weir.connect() as app:
            self.assertEqual(self.answering(app), "a")
            self.hosts.say({NAME: [self.b.ip]})
            self.a.close()
            self.eventually(lambda: self.answers_from(app) == "b", "it is found at its new address")
        self.assertEqual(self.row()[:2], (self.b.ip, "1"))

    def answers_from(self, app):
        try:
            return self.answering(app)
        except ServerError:
            return None

    def test_of_several_addresses_those_that_answer_are_used(self):
        hosts = [self.a.ip, self.b.ip, "127.0.0.4"]  # in whatever order the system has them
        weir = self.named(hosts, connect_timeout_server_max=2000)
        with weir.connect() as app:
            for door, other in ((self.a, "b"), (self.b, None)):
                door.close()
                self.eventually(lambda: self.answers_from(app) == other, "another one answers, or none")
        self.assertEqual(self.row()[1], "0")

    def test_a_name_that_is_lost_keeps_its_addresses_for_a_time(self):
        weir = self.named([self.a.ip], monitor_local_dns_cache_refresh_interval=100)
        with weir.connect() as app:
            self.hosts.say({})
            self.eventually(lambda: self.row()[3] is not None, "that is told")
            addresses, changes, failures, _ = self.row()
            self.assertEqual((addresses, changes), (self.a.ip, "0"))
            self.assertEqual(self.answering(app), "a")
            self.run_all(self.known, "SET mysql-monitor_local_dns_cache_ttl=1", "LOAD MYSQL VARIABLES TO RUNTIME")
            self.eventually(lambda: self.row()[0] is None, "they are too old")
            self.assertEqual(self.answering(app), "a")  # what is connected stays so
            self.hosts.say({NAME: [self.b.ip]})
            self.eventually(lambda: self.row()[0] == self.b.ip, "it is known again")
            self.eventually(lambda: self.answering(app) == "b", "and used")
        self.assertEqual(weir.log_text().count("a server's name cannot be looked up"), 1)

    def test_names_are_looked_up_at_each_connect_if_the_cache_is_off(self):
        weir = Weir(Environment.binary, self.cluster)
        self.hosts = HostsOfItsOwn(weir.directory)
        self.hosts.say({NAME: [self.a.ip]})
        weir.wrapper = self.hosts.wrapper
        self.addCleanup(self._stop, weir)
        weir.start_with_file(servers=[(NAME, self.a.port, 0)], pairs=(), variables={"monitor_local_dns_cache_ttl": 0})
        weir.wait_for_admin()
        with weir.connect() as app:
            self.assertEqual(self.answering(app), "a")
        with weir.admin() as admin:
            self.assertEqual(self.column(admin, "SELECT name FROM stats_weir_names"), [])
            self.assertEqual(self.status(admin, "MySQL_Monitor_dns_cache_lookup_success"), "0")
