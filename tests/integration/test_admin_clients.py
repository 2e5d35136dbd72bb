"""The admin port as other people's clients see it: command line clients, drivers, accounts, addresses."""

import os
import shutil
import subprocess
import unittest

from cluster import Unavailable
from cluster.mysql_package import mysql_client
from drivers.programs import ADMIN, DRIVERS, run_one

from .case import Environment, WeirTest, proxy_only
from .network_of_its_own import FOREIGN_ADDRESS, NetworkOfItsOwn
from .terminal import Terminal

PLUGINS = ("mysql_native_password", "caching_sha2_password")
HASHED = "*14E65567ABDB5135D0CFD9A70B3032C179A49EE7"  # of "secret"
CLIENT_TIMEOUT_S = 60


def mariadb_client():
    if not shutil.which("mariadb"):
        raise unittest.SkipTest("no mariadb client (Debian package mariadb-client)")
    return ["mariadb", "--no-defaults"]


def mysql_9_client():
    try:
        return [*mysql_client(), "--commands"]  # which it does not take from files without being told
    except Unavailable as reason:
        raise unittest.SkipTest(str(reason)) from None


class AdminClientTest(WeirTest):
    def admin(self, weir, user="admin", password="admin", **options):
        connection = weir.connect(user, password, port=weir.admin_port, **options)
        self.addCleanup(connection.close)
        return connection

    def set_variables(self, weir, **variables):
        """Sets admin- and mysql- variables, named with an underscore, and puts them in force."""
        admin = self.admin(weir)
        for name, value in variables.items():
            admin.query(f"SET {name.replace('_', '-', 1)} = '{value}'")
        for module in ("ADMIN", "MYSQL"):
            admin.query(f"LOAD {module} VARIABLES TO RUNTIME")

    @staticmethod
    def environment(password):
        return {**os.environ, "MYSQL_PWD": password, "TERM": "xterm", "MYSQL_HISTFILE": "/dev/null",
                "MARIADB_HISTFILE": "/dev/null"}

    def shown(self, command, weir, text, *options, user="admin", password="admin", where=None):
        """What a command line client prints for the statements in `text`, errors included."""
        where = where or ["-h127.0.0.1", f"-P{weir.admin_port}"]
        done = subprocess.run([*command, *where, f"-u{user}", *options], input=text, capture_output=True, text=True,
                              timeout=CLIENT_TIMEOUT_S, env=self.environment(password))
        return done.stdout + done.stderr


class CommandLineClient:
    """What a person does with a command line client; `find_client` says with which."""

    @proxy_only
    def test_a_script_of_statements_and_commands_of_the_client(self):
        weir = self.weir()
        sourced = weir.directory / "sourced.sql"
        sourced.write_text("SELECT 'from a file' AS sourced;\n")
        script = (f"SHOW DATABASES;\nUSE main;\nSELECT username FROM mysql_users WHERE username = 'app'\\G\nstatus\n"
                  f"source {sourced}\nSELECT * FROM no_such_table;\n")
        shown = self.shown(self.find_client(), weir, script, "-t", "--force", "--auto-rehash")
        for expected in ("monitor", "username: app", "Weir Admin Module", "Uptime:", "Threads: ", "from a file",
                         "ERROR 1146 (42S02)"):
            self.assertIn(expected, shown)

    @proxy_only
    def test_tab_completion_and_vertical_results_at_a_terminal(self):
        weir = self.weir()
        terminal = Terminal([*self.find_client(), "-h127.0.0.1", f"-P{weir.admin_port}", "-uadmin", "--auto-rehash",
                             "main"], self.environment("admin"))
        self.addCleanup(terminal.close)
        terminal.read("> ")
        self.assertIn("row", terminal.type("SELECT COUNT(*) AS found FROM mysql_replication_ho\t;\n", "in set"))
        self.assertIn("found: 0", terminal.type("SELECT 0 AS found\\G\n", "in set"))
        self.assertIn("Current user", terminal.type("\\s\n", "Uptime"))
        terminal.type("quit\n", "Bye")

    @proxy_only
    def test_either_authentication_plugin(self):
        weir = self.weir()
        for plugin in PLUGINS:
            self.set_variables(weir, mysql_default_authentication_plugin=plugin)
            self.assertEqual(self.admin(weir).plugin, plugin)  # what the greeting names
            self.assertIn("logged in", self.shown(self.find_client(), weir, "SELECT 'logged in';"))
            refused = self.shown(self.find_client(), weir, "SELECT 1;", password="wrong")
            self.assertIn("ERROR 1045 (28000): Access denied for user 'admin'@'127.0.0.1'", refused)

    @proxy_only
    def test_a_unix_socket(self):
        weir = self.weir()
        path = weir.directory / "admin.sock"
        self.set_variables(weir, admin_mysql_ifaces=f"127.0.0.1:{weir.admin_port};{path}")
        self.assertIn("admin@localhost", self.shown(self.find_client(), weir, "SELECT USER();", where=["-S", path]))


class MariadbClient(CommandLineClient, AdminClientTest):
    find_client = staticmethod(mariadb_client)

    @proxy_only
    def test_rows_of_a_table_are_dumped_and_put_back(self):
        if not shutil.which("mariadb-dump"):
            self.skipTest("no mariadb-dump (Debian package mariadb-client)")
        weir = self.weir()
        admin = self.admin(weir)
        rows = [(f"user{n}", "it's a \\ and a \"quote\"") for n in range(20)]
        for name, comment in rows:
            quoted = comment.replace("'", "''")
            admin.query(f"INSERT INTO mysql_users(username, comment) VALUES ('{name}', '{quoted}')")
        dump = self.shown(["mariadb-dump", "--no-defaults"], weir, "", "--no-create-info", "main", "mysql_users")
        admin.query("DELETE FROM mysql_users")
        self.assertEqual(self.shown(mariadb_client(), weir, dump), "")
        found = admin.query("SELECT username, comment FROM mysql_users WHERE username LIKE 'user%'").rows
        self.assertEqual(sorted((u.decode(), c.decode()) for u, c in found), sorted(rows))


class MysqlClient(CommandLineClient, AdminClientTest):
    find_client = staticmethod(mysql_9_client)


class Drivers(AdminClientTest):
    def run_driver(self, name, plugin=PLUGINS[0]):
        weir = self.weir()
        self.set_variables(weir, admin_admin_credentials="admin:admin;radmin:secret",
                           mysql_default_authentication_plugin=plugin)
        word, text = run_one(name, ADMIN, "127.0.0.1", weir.admin_port, "radmin", "secret")
        if word == "skip":
            self.skipTest(text)
        self.assertEqual(word, "ok", text)


def _driver_test(name, plugin):
    @proxy_only
    def test(self):
        self.run_driver(name, plugin)

    return test


for _name in DRIVERS:
    if _name == "client":
        continue  # has tests of its own above
    for _plugin in PLUGINS:
        setattr(Drivers, f"test_{_name}_with_{_plugin}", _driver_test(_name, _plugin))


class Accounts(AdminClientTest):
    @proxy_only
    def test_several_administrators_and_readers_of_statistics(self):
        weir = self.weir()
        self.set_variables(weir, admin_admin_credentials="admin:admin;radmin:secret;hashed:" + HASHED,
                           admin_stats_credentials="stats:stats;reader:looks")
        for user, password in (("admin", "admin"), ("radmin", "secret"), ("hashed", "secret")):
            admin = self.admin(weir, user, password)
            self.assertEqual(admin.query("SELECT CURRENT_USER()").value(), f"{user}@127.0.0.1")
            admin.query("LOAD MYSQL USERS TO RUNTIME")
        for user, password in (("stats", "stats"), ("reader", "looks")):
            reader = self.admin(weir, user, password)
            self.assertTrue(reader.query("SELECT * FROM stats_mysql_global").rows)
            for refused in ("SELECT * FROM main.mysql_users", "SELECT * FROM mysql_users",
                            "SELECT * FROM disk.mysql_users", "DELETE FROM main.mysql_users", "LOAD MYSQL USERS TO RUNTIME", "PROXYSQL SHUTDOWN",
                            "SET mysql-threads = 1", "SELECT @@admin_credentials"):
                self.error_of(reader.query, refused)

    @proxy_only
    def test_a_mysql_user_of_the_same_name_locks_nobody_out(self):
        weir = self.weir()
        admin = self.admin(weir)
        for name in ("admin", "stats"):
            admin.query(f"INSERT INTO mysql_users(username, password) VALUES ('{name}', 'of its own')")
        admin.query("LOAD MYSQL USERS TO RUNTIME")
        self.assertEqual(self.admin(weir).query("SELECT 1").value(), "1")
        self.assertEqual(self.admin(weir, "stats", "stats").query("SELECT 1").value(), "1")
        self.assertEqual(self.error_of(self.admin, weir, "admin", "of its own").errno, 1045)
        self.assertEqual(self.error_of(weir.connect, "admin", "admin").errno, 1045)

    @proxy_only
    def test_accounts_that_are_taken_away_log_in_no_more_and_stay_while_connected(self):
        weir = self.weir()
        self.set_variables(weir, admin_admin_credentials="admin:admin;radmin:secret")
        before = self.admin(weir, "radmin", "secret")
        self.set_variables(weir, admin_admin_credentials="admin:changed")
        self.assertEqual(before.query("SELECT 1").value(), "1")
        self.assertEqual(self.error_of(self.admin, weir, "radmin", "secret").errno, 1045)
        self.assertEqual(self.error_of(self.admin, weir, "admin", "admin").errno, 1045)
        self.assertEqual(self.admin(weir, "admin", "changed").query("SELECT 1").value(), "1")

    @proxy_only
    def test_default_passwords_are_good_on_this_machine_only(self):
        if problem := NetworkOfItsOwn.missing():
            self.skipTest(problem)
        inside = NetworkOfItsOwn(Environment.binary, "--listen", "127.0.0.1:6033", "--admin-listen", "0.0.0.0:6032")
        self.addCleanup(inside.close)

        def answer(address, user, password, sql="SELECT 'let in'"):
            return inside.run([*mariadb_client(), f"-h{address}", "-P6032", f"-u{user}", "-N", "-e", sql],
                              self.environment(password))

        self.eventually(lambda: answer("127.0.0.1", "admin", "admin") == "let in\n", "it answers from its own machine")
        for account in ("admin", "stats"):
            self.assertRegex(answer(FOREIGN_ADDRESS, account, account),
                             rf"ERROR 1040 .*User '{account}' can only connect locally")
            self.assertIn("ERROR 1045", answer(FOREIGN_ADDRESS, account, "wrong"))
        answer("127.0.0.1", "admin", "admin",
               "SET admin-admin_credentials = 'admin:changed'; LOAD ADMIN VARIABLES TO RUNTIME")
        self.assertEqual(answer(FOREIGN_ADDRESS, "admin", "changed"), "let in\n")
        self.assertIn("default password: it is let in from this machine only", inside.log.read_text())
