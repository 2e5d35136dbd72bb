"""SHOW TOPOLOGY and CHECK TOPOLOGY before real servers: who is found, from where, and what is said of them."""

from .case import AdminTest

MAY_LIST = {"mariadb": "SLAVE MONITOR, BINLOG MONITOR, REPLICATION MASTER ADMIN, PROCESS",
            "mysql": "REPLICATION CLIENT, REPLICATION SLAVE, PROCESS"}


class TopologyTest(AdminTest):
    def setUp(self):
        super().setUp()
        self.primary, self.replicas = self.cluster.primary, self.cluster.replicas
        self.primary.execute("CREATE USER surveyor IDENTIFIED BY 'surveyor'",
                             f"GRANT {MAY_LIST[self.engine]} ON *.* TO surveyor")
        self.addCleanup(self.primary.execute, "DROP USER surveyor")
        self.cluster.wait_for_replication()

    def surveying(self, servers, user="surveyor"):
        weir = self.weir(file=True, servers=[("127.0.0.1", node.port, 0 if node is self.primary else 1)
                                             for node in servers],
                         variables={"monitor_username": f'"{user}"', "monitor_password": f'"{user}"',
                                    "monitor_connect_timeout": 10000, "monitor_replication_lag_timeout": 10000})
        return weir.wait_for_admin()

    def dicts(self, weir, sql):
        with weir.admin() as admin:
            result = admin.query(sql)
            names = [column.name for column in result.columns]
            return [dict(zip(names, row)) for row in result.texts()]

    def by_port(self, rows):
        return {int(row["server"].rsplit(":", 1)[1]): row for row in rows}


class ShowTopology(TopologyTest):
    def test_one_configured_server_is_enough_to_find_the_others(self):
        weir = self.surveying([self.primary])
        rows = self.dicts(weir, "SHOW TOPOLOGY")
        self.assertEqual(rows[0]["server"], f"127.0.0.1:{self.primary.port}")
        self.assertEqual([row["role"] for row in rows], ["primary", "replica", "replica"])
        found = self.by_port(rows)
        self.assertEqual(found[self.primary.port]["hostgroups"], "0")
        for node in self.replicas:
            row = found[node.port]
            self.assertEqual(row["source"], f"127.0.0.1:{self.primary.port}")
            self.assertEqual((row["io_thread"], row["sql_thread"], row["hostgroups"]), ("Yes", "Yes", None))
            self.assertEqual(row["server_id"], str(node.server_id))
            self.assertIn(row["read_only"], ("ON", "super"))
            self.assertIn("not configured, and not used", row["note"])
            self.assertEqual(row["transactions_behind"], "0")
        with weir.admin() as admin:  # found, and no more than that
            self.assertEqual(self.texts(admin, "SELECT COUNT(*) FROM runtime_mysql_servers"), [["1"]])

    def test_from_any_server(self):
        weir = self.surveying([self.primary, *self.replicas])
        whole = self.dicts(weir, "SHOW TOPOLOGY")
        self.assertEqual(len(whole), 3)
        for node in self.cluster.nodes:
            rows = self.dicts(weir, f"SHOW TOPOLOGY FROM '127.0.0.1:{node.port}'")
            self.assertEqual(sorted(self.by_port(rows)), sorted(self.by_port(whole)))
            self.assertEqual(rows[0]["role"], "primary")

    def test_who_must_not_list_replicas_is_told(self):
        weir = self.surveying([self.primary], user="monitor")
        (row,) = self.dicts(weir, "SHOW TOPOLOGY")
        self.assertEqual(row["role"], "alone")
        self.assertIn("it does not list its replicas: Access denied", row["note"])

    def test_a_stopped_thread_is_seen(self):
        stopped = self.replicas[0]
        stopped.execute("STOP REPLICA SQL_THREAD")
        self.addCleanup(stopped.execute, "START REPLICA SQL_THREAD")
        weir = self.surveying([self.primary, *self.replicas])
        row = self.by_port(self.dicts(weir, "SHOW TOPOLOGY"))[stopped.port]
        self.assertEqual((row["io_thread"], row["sql_thread"], row["lag_s"]), ("Yes", "No", None))


class CheckTopology(TopologyTest):
    def troubles(self, weir):
        """{(item, port): verdict} of what is not OK. What replicas have alone is left out: other tests write to them."""
        rows = self.dicts(weir, "CHECK TOPOLOGY")
        self.assertEqual(rows[-1]["item"], "overall")
        return {(row["item"], int(row["server"].rsplit(":", 1)[1])): row["verdict"]
                for row in rows[:-1] if row["verdict"] != "OK" and row["item"] != "extra transactions"}

    def test_a_sound_cluster_has_no_findings(self):
        weir = self.surveying(self.cluster.nodes)
        self.assertEqual(self.troubles(weir), {})

    def test_what_is_wrong_is_found(self):
        first, second = self.replicas
        weir = self.surveying([self.primary, first])
        first.execute("SET GLOBAL slave_net_timeout=3600", "SET GLOBAL relay_log_purge=0")
        self.addCleanup(first.execute, "SET GLOBAL slave_net_timeout=60", "SET GLOBAL relay_log_purge=1")
        read_only = self.cluster.engine.set_read_only_sql
        second.execute("STOP REPLICA SQL_THREAD", read_only(False))
        self.addCleanup(second.execute, "START REPLICA SQL_THREAD", read_only(True))
        found = self.troubles(weir)
        self.assertEqual(found[("slave_net_timeout", first.port)], "WARN")
        self.assertEqual(found[("relay_log_purge", first.port)], "WARN")
        self.assertEqual(found[("threads", second.port)], "ERROR")
        self.assertEqual(found[("read_only", second.port)], "ERROR")
        self.assertEqual(found[("configured", second.port)], "WARN")
