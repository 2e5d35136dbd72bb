"""Passwords that change, passwords of other kinds, and who guesses them on the admin port."""

import shutil

from cluster import Cluster, Unavailable
from cluster.mariadb_plugins import plugin_directory

from .case import AdminTest, Environment, WeirTest, proxy_only
from .certificates import Authority
from .pair import WATCHING
from .test_tls import encrypted
from .weir_process import Weir

USER = "rotating"
OLD, NEW = "rotating", "brand new"


class TwoPasswords(WeirTest):
    """An account has two passwords in Weir while they are changed, on servers and in clients, in any order."""

    def setUp(self):
        super().setUp()
        primary = self.cluster.primary
        primary.execute(f"CREATE USER {USER}@'%' IDENTIFIED BY '{OLD}'", f"GRANT ALL ON test.* TO {USER}@'%'")
        self.addCleanup(primary.execute, f"DROP USER {USER}@'%'")
        self.cluster.wait_for_replication()

    def set_on_servers(self, password, how=""):
        self.cluster.primary.execute(f"ALTER USER {USER}@'%' IDENTIFIED BY '{password}' {how}".strip())
        self.cluster.wait_for_replication()
        for node in self.cluster.nodes:  # a replica of MySQL goes on letting in who had the old one, now and then
            node.execute("FLUSH PRIVILEGES")
        self.end_connections()

    def end_connections(self):
        """Those of the account to the servers, also one that is just being opened: the next ones have to log in."""
        for node in self.cluster.nodes:
            self.eventually(lambda: node.kill_connections_of(USER) == 0, f"they are gone from {node.name}")

    def set_in_weir(self, weir, password, additional=None):
        attributes = f"json_set('{{}}', '$.additional_password', HEX({additional}))" if additional else "''"
        with weir.admin() as admin:
            admin.query(f"UPDATE mysql_users SET password = '{password}', attributes = {attributes} "
                        f"WHERE username = '{USER}'")
            admin.query("LOAD MYSQL USERS TO RUNTIME")

    def session(self, weir, password, **options):
        session = weir.connect(USER, password, **options)
        self.addCleanup(session.close)
        return session

    def all_work(self, sessions, table):
        for session in sessions:
            self.assertEqual(session.query("SELECT CURRENT_USER()").value(), f"{USER}@%")
            session.query(f"INSERT INTO {table} VALUES (1)")

    @proxy_only
    def test_a_rotation_in_either_order_loses_nobody(self):
        table = self.fresh_table("a INT", "two_passwords")
        weir = self.weir(file=True, users=("app", USER)).wait_for_admin()
        sessions = [self.session(weir, OLD) for _ in range(4)]
        self.all_work(sessions, table)
        current, other = OLD, NEW
        for _ in range(2):
            self.set_in_weir(weir, other, f"'{current}'")  # Weir first: the servers have not heard of it
            sessions += [self.session(weir, password) for password in (OLD, NEW)]
            self.all_work(sessions, table)
            self.end_connections()
            self.all_work(sessions, table)
            self.set_on_servers(other)
            self.all_work([*sessions, self.session(weir, OLD), self.session(weir, NEW)], table)
            self.set_in_weir(weir, other)
            self.end_connections()
            self.all_work(sessions, table)
            self.assertEqual(self.error_of(weir.connect, USER, current).errno, 1045)
            current, other = other, current
        self.set_in_weir(weir, current, f"'{other}'")  # the servers first: Weir expects that they may have it
        self.set_on_servers(other)
        self.all_work(sessions, table)

    @proxy_only
    def test_what_a_server_takes_is_remembered(self):
        weir = self.weir(file=True, users=("app", USER)).wait_for_admin()
        self.set_in_weir(weir, NEW, f"'{OLD}'")
        session = self.session(weir, NEW)
        primary = self.cluster.primary
        workers = 2
        refused = primary.status("Aborted_connects")
        for _ in range(10):
            session.query("SELECT 1 FROM (SELECT 1) AS t FOR UPDATE")
            self.end_connections()
        self.assertLessEqual(int(primary.status("Aborted_connects")) - int(refused), workers)

    @proxy_only
    def test_of_a_hash_the_password_that_clients_bring_does(self):
        table = self.fresh_table("a INT", "two_hashes")
        weir = self.weir(file=True, users=("app", USER)).wait_for_admin()
        with weir.admin() as admin:
            hashed = admin.query(f"SELECT CACHING_SHA2_PASSWORD('{NEW}')").value()
        self.set_in_weir(weir, hashed, f"CACHING_SHA2_PASSWORD('{OLD}')")
        first = self.session(weir, OLD, tls=encrypted())  # full authentication
        self.all_work([first], table)
        self.set_on_servers(NEW)
        newcomer = self.session(weir, NEW, tls=encrypted())
        self.all_work([first, newcomer], table)
        self.all_work([self.session(weir, OLD), self.session(weir, NEW)], table)  # known by now, and fast

    @proxy_only
    def test_with_a_server_that_retains_the_old_one(self):
        if self.engine != "mysql":
            self.skipTest("MySQL has it")
        table = self.fresh_table("a INT", "retained")
        weir = self.weir(file=True, users=("app", USER)).wait_for_admin()
        old = self.session(weir, OLD)
        self.set_on_servers(NEW, "RETAIN CURRENT PASSWORD")
        self.all_work([old], table)
        self.set_in_weir(weir, NEW, f"'{OLD}'")
        new = self.session(weir, NEW)
        self.end_connections()
        self.all_work([old, new], table)
        self.cluster.primary.execute(f"ALTER USER {USER}@'%' DISCARD OLD PASSWORD")
        self.cluster.wait_for_replication()
        self.end_connections()
        self.all_work([old, new], table)

    @proxy_only
    def test_neither_is_told_anywhere(self):
        weir = self.weir(file=True, users=("app", USER)).wait_for_admin()
        secret = "only here 4711"
        with weir.admin() as admin:
            told = self.error_of(admin.query, f"UPDATE mysql_users SET attributes = '{{\"additional_password\": \"{secret}' "
                                              f"WHERE username = '{USER}'").message
            admin.query(f"UPDATE mysql_users SET attributes = json_set('{{}}', '$.additional_password', '{secret}') "
                        f"WHERE username = '{USER}'")
            told += self.error_of(admin.query, "LOAD MYSQL USERS TO RUNTIME").message
            self.assertIn("'additional_password' must be hex digits", told)
        self.set_in_weir(weir, secret, f"'{secret} too'")
        self.assertEqual(self.error_of(self.session(weir, secret).query, "SELECT 1").errno, 1045)
        with weir.admin() as admin:
            listed = admin.query("SHOW FULL PROCESSLIST").texts()
        for text in (told, weir.log_text(), str(listed)):
            self.assertNotIn("4711", text)
            self.assertNotIn(secret.encode().hex().upper(), text)


    def test_statements_under_way_and_errors_do_not_tell_them(self):
        weir = self.weir(file=True).wait_for_admin()
        with weir.connect(timeout_s=60) as app, weir.connect() as locking, weir.admin() as admin:
            locking.query("SELECT GET_LOCK('told', 30)")
            app.send_query("SELECT GET_LOCK('told', 30), 'only here 4711' AS password")
            listed = "SELECT COUNT(*) FROM stats_mysql_processlist WHERE info LIKE 'SELECT GET_LOCK%AS password'"
            self.eventually(lambda: admin.query(listed).value() == "1", "it waits")
            told = str(admin.query("SHOW FULL PROCESSLIST").texts()) + str(admin.query("SELECT * FROM stats_mysql_processlist").texts())
            locking.query("SELECT RELEASE_LOCK('told')")
            app.read_result()
            self.error_of(app.query, "CREATE USER somebody IDENTIFIED BYE 'only here 4711'")
            errors = str(admin.query("SELECT * FROM stats_mysql_errors").texts())
        self.assertIn("1064", errors)
        self.assertIn("not shown", errors)
        self.assertNotIn("4711", told + errors)


class Ed25519(AdminTest):
    """A MariaDB of the test's own, whose accounts sign what it sends them."""

    def setUp(self):
        super().setUp()
        if self.engine != "mariadb":
            self.skipTest("MariaDB has it")
        try:
            directory = plugin_directory("auth_ed25519.so")
        except Unavailable as reason:
            self.skipTest(str(reason))
        own = Cluster("mariadb", replicas=0, extra_options=[f"--plugin-dir={directory}"])
        own.start()
        self.addCleanup(own.stop)
        self.own, self.server = own, own.primary
        self.server.execute("INSTALL SONAME 'auth_ed25519'")

    def account(self, name, password):
        self.server.execute(f"CREATE USER {name}@'%' IDENTIFIED VIA ed25519 USING PASSWORD('{password}')",
                            f"GRANT ALL ON test.* TO {name}@'%'", f"GRANT BINLOG MONITOR, SLAVE MONITOR ON *.* TO {name}@'%'")

    def start(self, **options):
        weir = Weir(Environment.binary, self.own)
        self.addCleanup(self._stop, weir)
        weir.start_with_file(servers=[("127.0.0.1", self.server.port, 0)], pairs=(), **options)
        return weir.wait_for_admin()

    def set_password(self, weir, name, password):
        with weir.admin() as admin:
            admin.query(f"UPDATE mysql_users SET password = '{password}' WHERE username = '{name}'")
            admin.query("LOAD MYSQL USERS TO RUNTIME")

    def test_passwords_of_any_length(self):
        passwords = ["a", "secret", "0123456789abcdef0123456789abcdef", "x" * 79, "p\u00e4ss w\u00f6rd"]
        users = [f"ed{number}" for number in range(len(passwords))]
        for user, password in zip(users, passwords):
            self.account(user, password)
        weir = self.start(users=("app", *users))
        for user, password in zip(users, passwords):
            self.set_password(weir, user, password)
            with weir.connect(user, password) as session:
                self.assertEqual(session.query("SELECT CURRENT_USER()").value(), f"{user}@%")

    def test_a_wrong_one_is_the_servers_1045(self):
        self.account("ed", "secret")
        weir = self.start(users=("app", "ed"))
        with weir.connect("ed", "ed") as session:
            error = self.error_of(session.query, "SELECT 1")
            self.assertEqual(error.errno, 1045)
            self.assertIn("said by server", error.message)
            self.set_password(weir, "ed", "secret")
            self.assertEqual(session.query("SELECT 1").value(), "1")

    def test_one_connection_for_accounts_of_both_kinds(self):
        self.account("ed", "ed")
        weir = self.start(users=("app", "ed"), server_options="max_connections=1")
        with weir.connect() as app, weir.connect("ed", "ed") as ed:
            for _ in range(3):
                self.assertEqual(app.query("SELECT CURRENT_USER()").value(), "app@%")
                self.assertEqual(ed.query("SELECT CURRENT_USER()").value(), "ed@%")

    def test_of_a_hash_there_is_no_signature(self):
        self.account("ed", "ed")
        weir = self.start(users=("app", "ed"))
        with weir.admin() as admin:
            admin.query("UPDATE mysql_users SET password = MYSQL_NATIVE_PASSWORD('ed') WHERE username = 'ed'")
            admin.query("LOAD MYSQL USERS TO RUNTIME")
        with weir.connect("ed", "ed") as session:
            self.assertIn("client_ed25519 needs the password itself", self.error_of(session.query, "SELECT 1").message)

    def test_the_monitors_account(self):
        self.account("watcher", "a watchers password")
        weir = self.start(variables={**WATCHING, "monitor_username": '"watcher"',
                                     "monitor_password": '"a watchers password"'})
        good = ("SELECT COUNT(*) FROM monitor.mysql_server_connect_log WHERE connect_error IS NULL")
        with weir.admin() as admin:
            self.eventually(lambda: int(admin.query(good).value()) > 2, "it is let in")
            failed = admin.query("SELECT connect_error FROM monitor.mysql_server_connect_log WHERE connect_error IS NOT NULL")
            self.assertEqual(failed.texts(), [])


class Certified(AdminTest):
    """Accounts that want a client's certificate (spiffe_id)."""

    def test_the_uri_of_the_certificate(self):
        weir = self.weir(file=True).wait_for_admin()
        authority = Authority(weir.directory / "authority")
        shutil.copyfile(authority.ca, weir.directory / "data" / "proxysql-ca.pem")
        with weir.admin() as admin:
            admin.query("PROXYSQL RELOAD TLS")
            admin.query("UPDATE mysql_users SET attributes = '{\"spiffe_id\": \"spiffe://example.org/app\"}' "
                        "WHERE username = 'app'")
            admin.query("UPDATE mysql_users SET attributes = '{\"spiffe_id\": \"!spiffe://example.org/.*\"}' "
                        "WHERE username = 'app2'")
            admin.query("LOAD MYSQL USERS TO RUNTIME")

        def shows(name, uri):
            context = encrypted()
            if uri:
                context.load_cert_chain(*authority.issue(name, names=f"URI:{uri}"))
            return context

        app, other, none = (shows("app", "spiffe://example.org/app"), shows("other", "spiffe://example.org/other"),
                            shows("", None))
        for context, user, good in ((app, "app", True), (app, "app2", True), (other, "app", False), (other, "app2", True),
                                    (none, "app", False), (none, "app2", False)):
            if good:
                with weir.connect(user, user, tls=context) as session:
                    self.assertEqual(session.query("SELECT 1").value(), "1")
            else:
                self.assertEqual(self.error_of(lambda: weir.connect(user, user, tls=context)).errno, 1045)
        self.assertEqual(self.error_of(weir.connect).errno, 1045)
        self.assertIn("spiffe_id", weir.log_text())


class AdminGuesses(AdminTest):
    def test_they_are_counted_and_the_owner_comes_in(self):
        weir = self.weir(file=True, variables={"max_failed_logins": 3}).wait_for_admin()
        for _ in range(6):
            self.assertEqual(self.error_of(weir.admin, "admin", "wrong").errno, 1045)
        with weir.admin() as admin:
            self.assertEqual(admin.query("SELECT 1").value(), "1")
            metrics = admin.query("SHOW PROMETHEUS METRICS").value()
        self.assertRegex(metrics, r"(?m)^weir_admin_logins_denied_total 6$")
        self.assertRegex(metrics, r"(?m)^weir_admin_logins_refused_total 0$")
        weir.connect().close()  # whoever guesses there is nobody here
