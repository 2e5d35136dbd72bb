"""The PROXY protocol: load balancers before Weir say for whom they connect, and Weir tells servers that it comes for itself."""

import json

from .case import AdminTest
from .hostile.client_introductions import block, line
from .pair import WATCHING

OURS = {"proxy_protocol_networks": '"127.0.0.0/8"'}
ENDS_IN_TIME = {"connect_timeout_server_max": 3000, "connect_retries_on_failure": 3, "shun_on_failures": 100}


class FromLoadBalancers(AdminTest):
    def test_everybody_sees_the_address_of_the_client(self):
        weir = self.weir(file=True, variables=OURS, users=("app",),
                         rules=('rule_id=1, active=1, client_addr="10.0.0.0/8", match_pattern="blocked", error_msg="from there"',))
        weir.wait_for_admin()
        for header in (line(), block()):
            with self.subTest(header), weir.connect(preface=header) as app, weir.admin() as admin:
                self.assertEqual(app.query("SELECT 6 * 7").value(), "42")
                self.assertEqual(self.error_of(app.query, "SELECT 'blocked'").message, "from there")
                session = json.loads(app.query("PROXYSQL INTERNAL SESSION").value())
                told = session["client"]
                self.assertEqual(told["client_addr"], {"address": "10.0.0.9", "port": 51234})
                self.assertEqual(told["proxy_addr"], {"address": "127.0.0.1", "port": weir.port})
                self.assertEqual(told["load_balancer"].split(":")[0], "127.0.0.1")
                listed = admin.query("SELECT cli_host, cli_port FROM stats_mysql_processlist "
                                     f"WHERE SessionID = {session['thread_session_id']}").texts()
                self.assertEqual(listed, [("10.0.0.9", "51234")])
        with weir.connect() as app:  # whoever comes without is not refused
            self.assertEqual(app.query("SELECT 'blocked'").value(), "blocked")

    def test_accounts_are_bound_to_addresses_of_clients(self):
        weir = self.weir(file=True, variables=OURS)
        with weir.admin() as admin:
            admin.query("""UPDATE mysql_users SET attributes = '{"allowed_addresses": ["10.0.0.0/8"]}' WHERE username = 'app'""")
            admin.query("LOAD MYSQL USERS TO RUNTIME")
        with weir.connect(preface=line()) as app:
            self.assertEqual(app.query("SELECT 1").value(), "1")
        for preface, host in ((b"", "127.0.0.1"), (line(source="11.0.0.9"), "11.0.0.9")):
            error = self.error_of(lambda: weir.connect(preface=preface))
            self.assertEqual((error.errno, error.message.split(" (")[0]), (1045, f"Access denied for user 'app'@'{host}'"))

    def test_the_list_is_checked_and_counts_at_once_for_who_comes(self):
        weir = self.weir(file=True)
        with weir.admin() as admin:
            self.assertIn("out of order", self.error_of(lambda: weir.connect(preface=line())).message)
            self.eventually(lambda: "a PROXY header where none is taken" in weir.log_text(), "the log has why")
            admin.query("SET mysql-proxy_protocol_networks = '10.0.0.0/8, lb1'")
            error = self.error_of(admin.query, "LOAD MYSQL VARIABLES TO RUNTIME")
            self.assertIn("mysql-proxy_protocol_networks: 'lb1' is neither an address nor a network", error.message)
            for networks, believed in (("*", True), ("10.0.0.0/8, 127.0.0.1", True), ("10.0.0.0/8", False), ("", False)):
                admin.query(f"SET mysql-proxy_protocol_networks = '{networks}'")
                admin.query("LOAD MYSQL VARIABLES TO RUNTIME")
                with self.subTest(networks):
                    if believed:
                        weir.connect(preface=line()).close()
                    else:
                        self.assertIn("out of order", self.error_of(lambda: weir.connect(preface=line())).message)


class ToServers(AdminTest):
    def settings(self, weir, version):
        with weir.admin() as admin:
            admin.query("DELETE FROM mysql_hostgroup_attributes")
            for hostgroup in (0, 1):
                admin.query("INSERT INTO mysql_hostgroup_attributes (hostgroup_id, hostgroup_settings) "
                            f"""VALUES ({hostgroup}, '{{"send_proxy_protocol": {version}}}')""")
            admin.query("LOAD MYSQL SERVERS TO RUNTIME")

    def test_a_server_that_believes_us_sees_our_own_address(self):
        if self.engine != "mariadb":
            self.skipTest("MySQL has no PROXY protocol")
        weir = self.weir(file=True, variables={**WATCHING, **ENDS_IN_TIME})
        for node in self.cluster.nodes:
            node.execute("SET GLOBAL proxy_protocol_networks = '*'")
            self.addCleanup(node.execute, "SET GLOBAL proxy_protocol_networks = ''")
        for version in (1, 2):
            self.settings(weir, version)
            with self.subTest(version), weir.connect() as app, weir.admin() as admin:
                app.query("SET @mine = 1")  # keeps a connection
                ((host,),) = self.cluster.primary.query(
                    "SELECT HOST FROM information_schema.PROCESSLIST WHERE USER = 'app'")[:1]
                self.assertEqual(str(host).split(":")[0], "127.0.0.1")
                asked = admin.query("SELECT COUNT(*) FROM monitor.mysql_server_connect_log").value()
                self.eventually(lambda: int(admin.query("SELECT COUNT(*) FROM monitor.mysql_server_connect_log").value()) >
                                int(asked) + 3, "the monitor goes on")
                newest = admin.query("SELECT connect_error FROM monitor.mysql_server_connect_log "
                                     "ORDER BY time_start_us DESC LIMIT 3").texts()
                self.assertEqual(set(newest), {(None,)})

    def test_a_server_that_does_not_is_not_reached(self):
        """And so the header does go out."""
        weir = self.weir(file=True, variables=ENDS_IN_TIME)
        self.settings(weir, 1)
        with weir.connect() as app:
            self.assertIn(self.error_of(app.query, "SELECT 1").errno, (1043, 1156, 2013, 9001))
        self.settings(weir, 0)
        with weir.connect() as app:
            self.eventually(lambda: self.answers(app), "without the header it is")

    def answers(self, app):
        try:
            return app.query("SELECT 1").value() == "1"
        except Exception:
            return False

    def test_a_weir_behind_a_weir(self):
        """What one sends the other one takes."""
        behind = self.weir(file=True, variables={**OURS, **ENDS_IN_TIME})
        behind.wait_for_admin()
        for version in (1, 2):
            before = self.weir(file=True, variables=ENDS_IN_TIME, servers=[("127.0.0.1", behind.port, 0)], pairs=())
            self.settings(before, version)
            with self.subTest(version), before.connect() as app, behind.admin() as admin:
                app.query("SET @mine = 1")
                self.assertEqual(int(self.status(admin, "weir_client_proxy_headers")), version)
