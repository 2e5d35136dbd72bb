"""The monitor before real servers: read_only by hand, two writers, stopped replicas, servers that hang."""

import threading
import time

from wire import ServerError

from .doors import BlackHole
from .pair import INTERVAL_MS, WATCHING, MonitorTest, PairTest


class WritersMove(PairTest):
    def test_a_switch_by_hand_under_load_costs_nobody_an_error(self):
        weir = self.watching(writer_wait_ms=60000, connect_timeout_server_max=60000)
        self.eventually(lambda: self.online(weir, 0) == {self.a.port}, "a writes")
        writers = self.clients(weir, lambda n: "INSERT INTO test.moves (server) VALUES (@@server_id)")
        readers = self.clients(weir, lambda n: "SELECT COUNT(*) FROM test.moves WHERE id < 10", count=4)
        for old, new in ((self.a, self.b), (self.b, self.a)):
            self.set_read_only(old, True)
            self.pair.wait_for_replication()
            self.set_read_only(new, False)
            switched = time.monotonic()
            self.eventually(lambda: self.online(weir, 0) == {new.port}, "the new one writes")
            self.eventually(lambda: all(c.errors or c.done[-1] > switched for c in writers), "all go on")
            first = min(next(at for at in c.done if at > switched) for c in writers if c.done[-1] > switched)
            print(f"{self.engine}: writes went on {1000 * (first - switched):.0f} ms after read_only=0 "
                  f"(interval {INTERVAL_MS} ms)")
            self.assertLess(first - switched, INTERVAL_MS / 1000 + 5)
        for client in writers + readers:
            client.stop()
            self.assertEqual(client.errors, [])
        self.pair.wait_for_replication()
        a_id, b_id = self.ids()
        written = sum(len(client.done) for client in writers)
        self.assertEqual(self.rows_of(self.a, a_id) + self.rows_of(self.a, b_id), written)
        self.assertGreater(self.rows_of(self.a, b_id), 0)
        self.assertIn("the monitor has decided", weir.log_text())
        with weir.admin() as admin:
            for log in ("read_only", "ping", "connect"):
                self.assertGreater(int(admin.query(f"SELECT COUNT(*) FROM monitor.mysql_server_{log}_log").value()), 2)

    def test_a_writer_that_refuses_is_news_at_once(self):
        weir = self.watching(monitor_read_only_interval=60000)
        self.eventually(lambda: self.status(weir, 0, self.a) == ("ONLINE", None), "a writes")
        with weir.connect() as app, weir.connect() as other:
            app.query("INSERT INTO test.moves (server) VALUES (@@server_id)")
            self.set_read_only(self.a, True)
            waiting = threading.Thread(target=other.query, args=("INSERT INTO test.moves (server) VALUES (@@server_id)",))
            waiting.start()
            self.eventually(lambda: not self.online(weir, 0), "a is found read-only")
            self.set_read_only(self.b, False)
            with weir.admin() as admin:  # b is asked when it is due, or when the servers are loaded
                admin.query("SET mysql-monitor_read_only_interval=200")
                admin.query("LOAD MYSQL VARIABLES TO RUNTIME")
            waiting.join(30)
            self.assertFalse(waiting.is_alive())
        self.assertEqual(self.rows_of(self.b, self.ids()[1]), 1)

    def test_both_read_only_then_nobody_writes_and_waiting_is_bounded(self):
        weir = self.watching(writer_wait_ms=500, connect_timeout_server_max=60000)
        self.eventually(lambda: self.online(weir, 0) == {self.a.port}, "a writes")
        self.set_read_only(self.a, True)
        self.eventually(lambda: self.online(weir, 0) == set(), "nobody writes")
        self.assertEqual(self.online(weir, 1), {self.a.port, self.b.port})
        with weir.connect() as app:
            error = self.error_of(app.query, "INSERT INTO test.moves (server) VALUES (@@server_id)")
            self.assertEqual(error.errno, 9001)
            self.assertEqual(app.query("SELECT COUNT(*) FROM test.moves").value(), "0")
        self.assertEqual(self.status(weir, 0, self.a), ("MOVED", "read_only=1"))

    def test_who_leaves_while_nobody_writes_leaves_no_write_behind(self):
        weir = self.watching(writer_wait_ms=60000, connect_timeout_server_max=60000)
        self.eventually(lambda: self.online(weir, 0) == {self.a.port}, "a writes")
        self.set_read_only(self.a, True)
        self.eventually(lambda: self.online(weir, 0) == set(), "nobody writes")
        with weir.admin() as admin, weir.connect() as stays:
            leave, are_killed = ([weir.connect() for _ in range(10)] for _ in range(2))
            for app in (stays, *leave, *are_killed):
                app.send_query("INSERT INTO test.moves (server) VALUES (@@server_id)")
            waiting = "SELECT SessionID FROM stats_mysql_processlist WHERE info LIKE 'INSERT%'"
            self.eventually(lambda: len(self.column(admin, waiting)) == 21, "all wait")
            for app in leave:
                app.abort()
            for app in are_killed:
                admin.query(f"KILL CONNECTION {app.thread_id}")
            self.eventually(lambda: self.column(admin, waiting) == [str(stays.thread_id)], "they are gone")
            self.set_read_only(self.b, False)
            self.assertEqual(stays.read_results()[0].affected, 1)
        self.assertEqual(self.rows_of(self.b, self.ids()[1]), 1)
        self.assertEqual(self.b.query("SELECT COUNT(*) FROM test.moves"), [("1",)])
        for app in are_killed:
            app.abort()

    def test_both_writable_then_one_writes(self):
        weir = self.watching(writer_wait_ms=60000, connect_timeout_server_max=60000)
        self.eventually(lambda: self.online(weir, 0) == {self.a.port}, "a writes")
        writers = self.clients(weir, lambda n: "INSERT INTO test.moves (server) VALUES (@@server_id)")
        self.set_read_only(self.b, False)
        self.eventually(lambda: "several servers are writable" in weir.log_text(), "that is told")
        for client in writers:
            client.stop()
            self.assertEqual(client.errors, [])
        self.assertEqual(self.online(weir, 0), {self.a.port})
        self.assertEqual(self.rows_of(self.a, self.ids()[1]), 0)

    def test_co_primaries_that_are_both_configured_as_writers_get_one_writer(self):
        self.set_read_only(self.b, False)
        weir = self.watching(servers=[("127.0.0.1", self.a.port, 0), ("127.0.0.1", self.b.port, 0)])
        self.eventually(lambda: len(self.online(weir, 0)) == 1 and "several servers are writable" in weir.log_text(),
                        "one of them writes")
        (port,) = self.online(weir, 0)
        writer, other = (self.a, self.b) if port == self.a.port else (self.b, self.a)
        self.assertEqual(self.status(weir, 0, other)[0], "FENCED")
        writer.kill()
        self.eventually(lambda: self.online(weir, 0) == {other.port}, "the other one takes over")
        writer.restart()
        with weir.connect() as app:
            for _ in range(10):
                self.assertEqual(self.backend_port(app), other.port)
        self.eventually(lambda: self.status(weir, 0, writer)[0] == "FENCED", "it is there")
        self.assertEqual(self.online(weir, 0), {other.port})

    def backend_port(self, app):
        return int(app.query("SELECT @@port FOR UPDATE").value())

    def test_loading_the_servers_again_undoes_no_decision(self):
        weir = self.watching()
        self.set_read_only(self.a, True)
        self.set_read_only(self.b, False)
        self.eventually(lambda: self.online(weir, 0) == {self.b.port}, "b writes")
        with weir.admin() as admin:
            admin.query("LOAD MYSQL SERVERS TO RUNTIME")
            self.assertEqual(self.online(weir, 0), {self.b.port})
            admin.query(f"UPDATE mysql_servers SET weight=7 WHERE port={self.b.port}")
            admin.query("LOAD MYSQL SERVERS TO RUNTIME")
            self.assertEqual(self.online(weir, 0), {self.b.port})
            # What the operator wrote is as he wrote it.
            rows = admin.query("SELECT hostgroup_id, port FROM mysql_servers ORDER BY hostgroup_id").texts()
            self.assertEqual(rows, [("0", str(self.a.port)), ("1", str(self.b.port))])


class ReadersLeave(MonitorTest):
    hurts_cluster = True

    def watching(self, **variables):
        weir = self.weir(file=True, server_options="max_replication_lag=5", variables={**WATCHING, **variables})
        weir.wait_for_admin()
        self.eventually(lambda: self.online(weir, 1) == {r.port for r in self.cluster.replicas}, "all are read from")
        return weir

    def read_from(self, weir):
        """The ports of the servers that answer reads."""
        def queries():
            with weir.admin() as admin:
                rows = admin.query("SELECT srv_port, SUM(Queries) FROM stats_mysql_connection_pool GROUP BY srv_port")
                return {int(port): int(count) for port, count in rows.texts()}

        before = queries()
        with weir.connect() as app:
            for _ in range(20):
                app.query("SELECT COUNT(*) FROM information_schema.SCHEMATA")
        return {port for port, count in queries().items() if count > before.get(port, 0)}

    def sql_thread(self, verb, node):
        word = "SLAVE" if self.engine == "mariadb" else "REPLICA"
        node.execute(f"{verb} {word} SQL_THREAD")

    def test_a_replica_whose_replication_is_stopped_is_left_out_until_it_runs(self):
        weir = self.watching()
        stopped, other = self.cluster.replicas
        self.sql_thread("STOP", stopped)
        self.addCleanup(self.sql_thread, "START", stopped)
        self.eventually(lambda: self.online(weir, 1) == {other.port}, "it is out")
        status, reason = self.status(weir, 1, stopped)
        self.assertEqual(status, "SHUNNED_REPLICATION_LAG")
        self.assertIn("s behind, more than max_replication_lag 5", reason)
        self.assertEqual(self.read_from(weir), {other.port})
        self.sql_thread("STOP", other)
        self.addCleanup(self.sql_thread, "START", other)
        self.eventually(lambda: self.online(weir, 1) == {self.cluster.primary.port}, "the writer reads")
        self.assertEqual(self.read_from(weir), {self.cluster.primary.port})
        for replica in (stopped, other):
            self.sql_thread("START", replica)
        self.eventually(lambda: self.online(weir, 1) == {stopped.port, other.port}, "they are back")

    def test_a_replica_without_a_limit_that_stands_still_is_read_from_and_told(self):
        weir = self.weir(file=True, variables=WATCHING)
        weir.wait_for_admin()
        stopped = self.cluster.replicas[0]
        self.eventually(lambda: self.status(weir, 1, stopped) == ("ONLINE", None), "it is read from")
        self.sql_thread("STOP", stopped)
        self.addCleanup(self.sql_thread, "START", stopped)
        self.eventually(lambda: "stands still (SQL thread" in (self.status(weir, 1, stopped)[1] or ""), "a reason")
        self.assertEqual(self.status(weir, 1, stopped)[0], "ONLINE")
        self.assertIn(stopped.port, self.read_from(weir))
        self.assertRegex(weir.log_text(), f"a replica stands still server=127.0.0.1:{stopped.port} ")
        self.sql_thread("START", stopped)
        self.eventually(lambda: self.status(weir, 1, stopped) == ("ONLINE", None), "it runs again")
        self.assertIn("a replica does not stand still any more", weir.log_text())

    def delay(self, node, seconds):
        """Its replication stays so far behind."""
        if self.engine == "mariadb":
            node.execute("STOP SLAVE", f"CHANGE MASTER TO MASTER_DELAY={seconds}", "START SLAVE")
        else:
            node.execute("STOP REPLICA SQL_THREAD", f"CHANGE REPLICATION SOURCE TO SOURCE_DELAY={seconds}",
                         "START REPLICA SQL_THREAD")

    def test_a_replica_that_is_milliseconds_too_late_is_left_out_until_it_has_caught_up(self):
        table = self.fresh_table("id INT PRIMARY KEY AUTO_INCREMENT")
        weir = self.watching()
        late, other = self.cluster.replicas
        self.set_hostgroup(weir, '{"max_replication_lag_ms": 500}')
        self.delay(late, 1)
        self.addCleanup(self.delay, late, 0)
        (writer,) = self.clients(weir, lambda n: f"INSERT INTO {table} VALUES ()", count=1)
        self.eventually(lambda: self.online(weir, 1) == {other.port}, "it is out")
        status, reason = self.status(weir, 1, late)
        self.assertEqual(status, "SHUNNED_REPLICATION_LAG")
        self.assertIn("ms behind, more than max_replication_lag_ms 500", reason)
        writer.stop()
        self.assertEqual(writer.errors, [])
        self.eventually(lambda: self.online(weir, 1) == {late.port, other.port}, "it is back")
        with weir.admin() as admin:
            lags = "SELECT lag_ms FROM stats_mysql_server_status WHERE hostgroup = 1"
            self.eventually(lambda: admin.query(lags).texts() == [("0",), ("0",)], "nobody lags when nobody writes")
            log = "SELECT MIN(lag_ms) FROM monitor.mysql_server_gtid_lag_log WHERE port = {}"
            self.assertEqual(admin.query(log.format(late.port)).texts(), [("0",)])
            self.assertEqual(admin.query(log.format(self.cluster.primary.port)).texts(), [(None,)])

    def set_hostgroup(self, weir, settings):
        """Of the readers."""
        with weir.admin() as admin:
            admin.query(f"INSERT INTO mysql_hostgroup_attributes (hostgroup_id, hostgroup_settings) VALUES (1, '{settings}')")
            admin.query("LOAD MYSQL SERVERS TO RUNTIME")

    def test_a_replica_that_is_a_tenth_of_a_second_behind_is_left_out(self):
        table = self.fresh_table("id INT PRIMARY KEY AUTO_INCREMENT")
        weir = self.watching()
        late, other = self.cluster.replicas
        self.set_hostgroup(weir, '{"max_replication_lag_ms": 100}')
        (writer,) = self.clients(weir, lambda n: f"INSERT INTO {table} VALUES ()", count=1)
        self.sql_thread("STOP", late)
        self.addCleanup(self.sql_thread, "START", late)
        self.eventually(lambda: (self.status(weir, 1, late) or ("",))[0] == "SHUNNED_REPLICATION_LAG", "it is out")
        self.assertIn("ms behind, more than max_replication_lag_ms 100", self.status(weir, 1, late)[1])
        writer.stop()
        self.assertEqual(writer.errors, [])
        self.sql_thread("START", late)
        self.eventually(lambda: self.online(weir, 1) == {late.port, other.port}, "it is back")

    def test_a_replica_that_hangs_holds_up_no_read_for_long(self):
        timeout_s, interval_s = 0.8, 0.5
        weir = self.watching(monitor_read_only_timeout=int(1000 * timeout_s), monitor_ping_timeout=int(1000 * timeout_s),
                             monitor_read_only_interval=int(1000 * interval_s))
        self.set_hostgroup(weir, '{"slow_start_ms": 600000}')
        readers = self.clients(weir, lambda n: "SELECT 1", count=8)
        hung, other = self.cluster.replicas
        for client in readers:
            client.slowest_s = 0.0
        hung.pause()
        self.eventually(lambda: (self.status(weir, 1, hung) or ("",))[0] in ("SILENT", "DEAD"), "it is found out")
        marks = [len(client.done) for client in readers]
        self.eventually(lambda: all(len(c.done) > n + 50 or c.errors for c, n in zip(readers, marks)), "all read on")
        slowest_s = max(client.slowest_s for client in readers)
        print(f"{self.engine}: the slowest read took {1000 * slowest_s:.0f} ms "
              f"(check timeout {1000 * timeout_s:.0f} ms, interval {1000 * interval_s:.0f} ms)")
        self.assertLess(slowest_s, timeout_s + interval_s + 3)
        self.eventually(lambda: self.status(weir, 1, hung)[0] == "DEAD", "it is dead")
        hung.resume()
        self.eventually(lambda: self.status(weir, 1, hung)[0] == "ONLINE", "it is back")
        self.eventually(lambda: self.online(weir, 1) == {hung.port, other.port}, "both are read from")
        with weir.admin() as admin:
            share = "SELECT share_pct < 100 FROM stats_mysql_server_choice WHERE hostgroup = 1 AND srv_port = {}"
            self.assertEqual(admin.query(share.format(hung.port)).value(), "1", "it is in slow start")
            self.assertEqual(admin.query(share.format(other.port)).value(), "0")
        for client in readers:
            client.stop()
            self.assertEqual(client.errors, [])

    def test_each_trouble_has_a_reason_of_its_own(self):
        hole = BlackHole("127.0.0.5")
        self.addCleanup(hole.close)
        refused, full = self.cluster.replicas
        servers = [("127.0.0.1", self.cluster.primary.port, 0), ("127.0.0.1", refused.port, 1),
                   ("127.0.0.1", full.port, 1), (hole.ip, hole.port, 1)]
        weir = self.weir(file=True, servers=servers, variables={**WATCHING, "monitor_ping_timeout": 300})
        weir.wait_for_admin()
        self.eventually(lambda: {refused.port, full.port} <= self.online(weir, 1), "two are read from")
        refused.kill()
        self.eventually(lambda: self.status(weir, 1, refused)[0] == "DEAD", "one is gone")
        self.assertIn("refused", self.status(weir, 1, refused)[1])
        self.eventually(lambda: self.status(weir, 1, hole)[0] == "DEAD", "one never answers")
        self.assertIn("timeout after 300 ms while connecting", self.status(weir, 1, hole)[1])
        self.fill(full)
        self.eventually(lambda: "oo many connections" in self.last_error(weir, full), "one is full")
        self.eventually(lambda: self.status(weir, 1, full)[0] == "ONLINE", "it is in use")

    def test_a_wrong_password_of_the_monitor_takes_nobody_out(self):
        weir = self.watching()
        with weir.admin() as admin:
            admin.query("SET mysql-monitor_password='wrong'")
            admin.query("LOAD MYSQL VARIABLES TO RUNTIME")
        denied = self.cluster.replicas[1]
        self.eventually(lambda: "Access denied" in self.last_error(weir, denied), "the monitor's password is wrong")
        self.assertEqual(self.status(weir, 1, denied)[0], "ONLINE")

    def last_error(self, weir, node):
        with weir.admin() as admin:
            rows = admin.query("SHOW MYSQL SERVERS STATUS").texts()
        return next(row[7] or "" for row in rows if row[2] == str(node.port))

    def fill(self, node):
        """Takes all connections that it has.

        The one that gives them back is made before: `app` may do all that root may, and takes the one that a server
        keeps for that, too.
        """
        root = node.connect_as_root()
        self.addCleanup(root.close)
        usual = root.query("SELECT @@GLOBAL.max_connections").texts()[0][0]
        self.addCleanup(root.query, f"SET GLOBAL max_connections = {usual}")
        root.query("SET GLOBAL max_connections = 20")
        for _ in range(40):
            try:
                held = node.connect()
            except ServerError as error:
                return self.assertEqual(error.errno, 1040)
            self.addCleanup(held.close)
        self.fail("it is not full")
