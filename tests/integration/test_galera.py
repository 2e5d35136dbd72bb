"""A Galera cluster of three before Weir: who writes when the writer is gone, cut off, busy with another, or refuses."""

from cluster.galera import GaleraCluster

from .case import Environment, proxy_only
from .shared_cluster import BACKUPS, OFFLINE, READERS, WRITERS, SharedClusterTest
from .weir_process import Weir

CHECKS = {"monitor_enabled": "true", "monitor_ping_interval": 200, "monitor_connect_interval": 1000,
          "monitor_galera_healthcheck_interval": 200, "monitor_galera_healthcheck_timeout": 5000,
          "monitor_ping_timeout": 5000, "monitor_connect_timeout": 5000, "writer_wait_ms": 60000}


class Galera(SharedClusterTest):
    """The nodes have the weights 30, 20 and 10."""

    make_cluster, of_engine, moves = GaleraCluster, "mariadb", "node VARCHAR(20)"

    def watching(self, also_reader=0, max_behind=0, **variables):
        weir = Weir(Environment.binary, self.shared)
        self.addCleanup(self._stop, weir)
        weir.start_with_file(servers=[], variables={**CHECKS, **variables}, pairs=())
        weir.wait_for_admin()
        with weir.admin() as admin:
            admin.query("INSERT INTO mysql_galera_hostgroups VALUES "
                        f"({WRITERS}, {BACKUPS}, {READERS}, {OFFLINE}, 1, 1, {also_reader}, {max_behind}, 'test')")
            for weight, node in zip((30, 20, 10), self.nodes):
                hostgroup = WRITERS if node is self.a else BACKUPS
                admin.query("INSERT INTO mysql_servers (hostgroup_id, hostname, port, weight) "
                            f"VALUES ({hostgroup}, '127.0.0.1', {node.port}, {weight})")
            admin.query("LOAD MYSQL SERVERS TO RUNTIME")
        self.eventually(lambda: all(self.log(weir, node, "error") for node in self.nodes), "all have been asked")
        self.eventually_runs(weir, self.a, "a writes", spare=(self.b, self.c))
        return weir

    def places(self, weir):
        """{hostgroup: {name of node: status}} of what is in force."""
        names = {str(node.port): node.name for node in self.nodes}
        with weir.admin() as admin:
            rows = admin.query("SELECT hostgroup_id, port, status FROM runtime_mysql_servers").texts()
        places = {WRITERS: {}, READERS: {}, BACKUPS: {}, OFFLINE: {}}
        for hostgroup, port, status in rows:
            places[int(hostgroup)][names[port]] = status
        return places

    def writers(self, weir):
        online = [name for name, status in self.places(weir)[WRITERS].items() if status == "ONLINE"]
        self.assertLessEqual(len(online), 1)
        return online

    def eventually_runs(self, weir, writer, what, spare=(), offline=()):
        def holds():
            places = self.places(weir)
            return (self.writers(weir) == ([writer.name] if writer else []) and
                    set(places[BACKUPS]) == {node.name for node in spare} and
                    set(places[OFFLINE]) == {node.name for node in offline})
        try:
            self.eventually(holds, what, timeout_s=60)
        except AssertionError:
            self.fail(f"{what}: {self.places(weir)}\n{weir.log_text()[-2000:]}")

    def queries(self, weir, hostgroup):
        with weir.admin() as admin:
            return int(admin.query(f"SELECT SUM(Queries) FROM stats_mysql_connection_pool WHERE hostgroup = {hostgroup}").value())

    def insert(self, _):
        return "INSERT INTO test.moves (node) VALUES (@@wsrep_node_name)"

    def rows_of(self, node):
        """How many it has written, all that is committed anywhere by now."""
        with self.c.connect_as_root() as root:
            root.query("SET wsrep_sync_wait = 1")
            return int(root.query(f"SELECT COUNT(*) FROM test.moves WHERE node = '{node.name}'").value())

    def log(self, weir, node, columns):
        with weir.admin() as admin:
            rows = admin.query(f"SELECT {columns} FROM monitor.mysql_server_galera_log WHERE port = {node.port} "
                               "ORDER BY time_start_us DESC LIMIT 1").texts()
        return list(rows[0]) if rows else None

    @proxy_only
    def test_places_and_the_log(self):
        weir = self.watching(also_reader=2)
        expected = {WRITERS: {"node1": "ONLINE", "node2": "SHUNNED", "node3": "SHUNNED"},
                    READERS: {"node2": "ONLINE", "node3": "ONLINE"}}
        self.eventually(lambda: {group: self.places(weir)[group] for group in expected} == expected, "all are judged")
        self.assertEqual(self.status(weir, WRITERS, self.b)[0], "SPARE")
        self.assertEqual(self.log(weir, self.a, "primary_partition, read_only, wsrep_local_recv_queue, wsrep_local_state, "
                                  "wsrep_desync, wsrep_reject_queries, wsrep_sst_donor_rejects_queries, pxc_maint_mode, error"),
                         ["YES", "NO", "0", "4", "NO", "NO", "NO", "NO", None])
        with weir.connect() as app:
            app.query("SELECT COUNT(*) FROM test.moves")
            self.eventually(lambda: self.queries(weir, READERS) == 1, "it was read")
            app.query(self.insert(0))

    @proxy_only
    def test_a_writer_that_is_killed_is_followed_by_the_next(self):
        weir = self.watching()
        with weir.connect() as app:
            app.query(self.insert(0))
            before = self.rows_of(self.b)
            self.a.kill()
            self.eventually_runs(weir, self.b, "b writes", spare=(self.c,), offline=(self.a,))
            app.query(self.insert(0))
            self.assertEqual(self.rows_of(self.b), before + 1)
            self.assertEqual(self.status(weir, OFFLINE, self.a)[0], "DEAD")
            self.a.restart()
            self.eventually_runs(weir, self.a, "a is back, and has the greatest weight", spare=(self.b, self.c))
            app.query(self.insert(0))

    @proxy_only
    def test_a_writer_that_is_cut_off_writes_no_more(self):
        weir = self.watching()
        self.a.isolate(True)
        self.eventually_runs(weir, self.b, "b writes", spare=(self.c,), offline=(self.a,))
        self.assertIn("primary component", self.status(weir, WRITERS, self.a)[1])
        self.assertEqual(self.log(weir, self.a, "primary_partition, error"), ["NO", None])
        with weir.connect() as app:
            app.query(self.insert(0))
        self.a.isolate(False)
        self.eventually_runs(weir, self.a, "a is back", spare=(self.b, self.c))

    @proxy_only
    def test_without_a_majority_nobody_writes(self):
        weir = self.watching(writer_wait_ms=200)
        self.b.kill()
        self.c.kill()
        self.eventually_runs(weir, None, "nobody writes", offline=(self.a, self.b, self.c))
        self.eventually(lambda: "a cluster has no writer" in weir.log_text(), "that is told")
        with weir.connect() as app:
            self.assertEqual(self.error_of(app.query, self.insert(0)).errno, 9001)
        # The one that is left may be told to go on alone.
        self.a.go_on_alone()
        self.eventually_runs(weir, self.a, "a writes alone", offline=(self.b, self.c))
        with weir.connect() as app:
            app.query(self.insert(0))

    @proxy_only
    def test_a_desynced_writer_gives_way(self):
        weir = self.watching()
        self.a.execute("SET GLOBAL wsrep_desync = ON")
        self.eventually_runs(weir, self.b, "b writes", spare=(self.c,), offline=(self.a,))
        self.assertIn("wsrep_desync", self.status(weir, OFFLINE, self.a)[1])
        self.assertEqual(self.log(weir, self.a, "wsrep_desync, wsrep_local_state"), ["YES", "2"])
        self.a.execute("SET GLOBAL wsrep_desync = OFF")
        self.eventually_runs(weir, self.a, "a writes again", spare=(self.b, self.c))

    @proxy_only
    def test_maintenance_under_traffic_costs_no_error(self):
        weir = self.watching()
        clients = self.clients(weir, self.insert, count=8)
        with weir.admin() as admin:
            admin.query(f"UPDATE mysql_servers SET status = 'OFFLINE_SOFT' WHERE port = {self.a.port}")
            admin.query("LOAD MYSQL SERVERS TO RUNTIME")
        self.eventually(lambda: self.writers(weir) == ["node2"], "b writes")
        marks = [len(client.done) for client in clients]
        self.eventually(lambda: all(len(c.done) > n + 5 or c.errors for c, n in zip(clients, marks)), "all go on")
        for client in clients:
            client.stop()
            self.assertEqual(client.errors, [])
        # Nobody uses it now: it may refuse everything.
        self.a.execute("SET GLOBAL wsrep_reject_queries = ALL")
        with weir.admin() as admin:
            admin.query(f"UPDATE mysql_servers SET status = 'ONLINE' WHERE port = {self.a.port}")
            admin.query("LOAD MYSQL SERVERS TO RUNTIME")
        self.eventually_runs(weir, self.b, "a is refused", spare=(self.c,), offline=(self.a,))
        self.assertEqual(self.log(weir, self.a, "wsrep_reject_queries"), ["YES"])
        self.a.execute("SET GLOBAL wsrep_reject_queries = NONE")
        self.eventually_runs(weir, self.a, "a writes again", spare=(self.b, self.c))

    @proxy_only
    def test_a_node_that_is_set_read_only_reads(self):
        weir = self.watching()
        self.a.execute("SET GLOBAL read_only = ON")
        with weir.connect() as app:
            app.query(self.insert(0))  # it is refused, and waits for the next writer
        self.eventually(lambda: self.places(weir)[READERS] == {"node1": "ONLINE"}, "a reads")
        self.eventually_runs(weir, self.b, "b writes", spare=(self.c,))

    @proxy_only
    def test_a_donor_does_not_write_while_others_can(self):
        weir = self.watching()
        # Only a can give c what it lacks: b keeps out of it.
        self.c.kill()
        self.eventually_runs(weir, self.a, "c is gone", spare=(self.b,), offline=(self.c,))
        self.shared.wait_counted()
        self.c.forget_data()
        self.c.hold_transfer(True)
        self.addCleanup(self.c.hold_transfer, False)
        self.c.extra_options = ["--wsrep-sst-donor=node1"]
        self.addCleanup(setattr, self.c, "extra_options", [])
        self.c.launch()
        self.eventually_runs(weir, self.b, "b writes while a stands still", spare=(self.a,), offline=(self.c,))
        self.assertEqual(self.log(weir, self.a, "wsrep_local_state, wsrep_desync"), ["2", "NO"])
        with weir.connect() as app:
            app.query(self.insert(0))
        self.c.hold_transfer(False)
        self.c.wait_ready()
        self.c.wait_synced()
        self.eventually_runs(weir, self.a, "all is as before", spare=(self.b, self.c))

    @proxy_only
    def test_who_keeps_his_connection_does_not_stay_with_a_node_that_stands_by(self):
        weir = self.watching(multiplexing="false")
        with weir.connect() as app, weir.connect() as in_transaction:
            app.query(self.insert(0))
            in_transaction.query("BEGIN")
            in_transaction.query(self.insert(0))
            before = {node.name: self.rows_of(node) for node in self.nodes}
            with weir.admin() as admin:
                admin.query(f"UPDATE mysql_servers SET weight = 1000 WHERE port = {self.b.port}")
                admin.query("LOAD MYSQL SERVERS TO RUNTIME")
            self.eventually_runs(weir, self.b, "b writes", spare=(self.a, self.c))
            in_transaction.query(self.insert(0))
            in_transaction.query("COMMIT")
            for session in (app, in_transaction):
                session.query(self.insert(0))
            self.assertEqual(self.rows_of(self.a), before["node1"] + 2)
            self.assertEqual(self.rows_of(self.b), before["node2"] + 2)

    @proxy_only
    def test_rows_that_cannot_be_are_refused(self):
        weir = self.watching()
        before = self.places(weir)
        with weir.admin() as admin:
            for change, column in (("reader_hostgroup = 0", "reader_hostgroup"),
                                   (f"offline_hostgroup = {WRITERS}", "offline_hostgroup"),
                                   (f"backup_writer_hostgroup = {WRITERS}", "backup_writer_hostgroup"),
                                   ("writer_is_also_reader = 3", "writer_is_also_reader"),
                                   ("max_writers = -1", "max_writers")):
                error = self.error_of(admin.query, f"UPDATE mysql_galera_hostgroups SET {change}")
                self.assertIn(column, str(error))
            admin.query(f"INSERT INTO mysql_replication_hostgroups (writer_hostgroup, reader_hostgroup) VALUES (7, {WRITERS})")
            error = str(self.error_of(admin.query, "LOAD MYSQL SERVERS TO RUNTIME"))
            for words in ("mysql_galera_hostgroups", "writer_hostgroup=0", "a hostgroup has one role"):
                self.assertIn(words, error)
        self.assertEqual(self.places(weir), before)
