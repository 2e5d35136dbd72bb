"""TLS on both ports and towards servers, with real clients and real servers."""

import os
import pathlib
import re
import shutil
import socket
import ssl
import stat
import subprocess
import tempfile
import threading

from cluster.topology import Cluster
from wire import ServerError
from wire import capabilities as caps

from .case import AdminTest
from .certificates import Authority
from .pair import WATCHING


def encrypted(ca=None, **limits):
    """A client's context: with `ca` it believes nobody else."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = ca is not None
    if ca:
        context.load_verify_locations(ca)
    else:
        context.verify_mode = ssl.CERT_NONE
    for name, value in limits.items():
        setattr(context, name, value)
    return context


class TlsTest(AdminTest):
    def data(self, weir, name=""):
        return weir.directory / "data" / name

    def set(self, weir, *statements):
        with weir.admin() as admin:
            for sql in statements:
                admin.query(sql)

    def counter(self, weir, name):
        with weir.admin() as admin:
            text = admin.query("SHOW PROMETHEUS METRICS").value()
        return int(re.search(rf"^weir_{name}_total (\d+)$", text, re.MULTILINE)[1])


class Clients(TlsTest):
    def test_certificates_are_made_at_the_first_start_and_stay(self):
        weir = self.weir(file=True)
        files = [self.data(weir, f"proxysql-{what}.pem") for what in ("ca", "cert", "key")]
        self.assertEqual([stat.S_IMODE(path.stat().st_mode) for path in files], [0o600] * 3)
        before = [path.read_bytes() for path in files]
        with weir.connect(tls=encrypted(str(files[0])), tls_name="localhost") as app:
            self.assertEqual(app.query("SELECT 1").value(), "1")
            self.assertEqual(app.stream.socket.version(), "TLSv1.3")
        weir.restart()
        self.assertEqual([path.read_bytes() for path in files], before)

    def test_every_way_of_working_by_tls(self):
        table = self.fresh_table("id INT PRIMARY KEY, body LONGBLOB")
        weir = self.weir(file=True)
        with weir.connect(tls=encrypted(), timeout_s=60) as app:
            app.query(f"INSERT INTO {table} VALUES (1, REPEAT('x', 3000000))")
            app.query("BEGIN")
            self.assertEqual(len(app.query(f"SELECT body FROM {table}").value()), 3000000)
            app.query("COMMIT")
            self.assertEqual(app.prepare("SELECT ?").execute("a" * 100000).rows, [(b"a" * 100000,)])
            app.change_user("app2", "app2")
            self.assertEqual(app.query("SELECT CURRENT_USER()").value(), "app2@%")
            cipher, version = (app.query(f"SHOW STATUS LIKE 'Ssl_{what}'").texts() for what in ("cipher", "version"))
            self.assertEqual(cipher, [("Ssl_cipher", app.stream.socket.cipher()[0])])
            self.assertEqual(version, [("Ssl_version", "TLSv1.3")])
        with weir.connect() as plain:
            self.assertEqual(plain.query("SHOW SESSION STATUS LIKE 'ssl_cipher'").texts(), [("Ssl_cipher", "")])
        self.assertEqual(self.counter(weir, "client_tls_sessions"), 1)

    def test_large_texts_both_ways(self):
        weir = self.weir(file=True)
        text = "y" * ((16 << 20) + 5)
        with weir.connect(tls=encrypted(), timeout_s=60) as app:
            self.assertEqual(app.query(f"SELECT '{text}'").value(), text)

    def test_admin_port(self):
        weir = self.weir(file=True)
        ca = str(self.data(weir, "proxysql-ca.pem"))
        with weir.admin(tls=encrypted(ca), tls_name="127.0.0.1") as admin:
            self.assertGreater(len(admin.query("SELECT * FROM main.global_variables").rows), 100)

    def test_old_versions_are_refused(self):
        weir = self.weir(file=True)
        old = encrypted(maximum_version=ssl.TLSVersion.TLSv1_1, minimum_version=ssl.TLSVersion.TLSv1)
        old.set_ciphers("ALL:@SECLEVEL=0")
        with self.assertRaises(ssl.SSLError):
            weir.connect(tls=old)
        with weir.connect(tls=encrypted(maximum_version=ssl.TLSVersion.TLSv1_2)) as app:
            self.assertEqual(app.stream.socket.version(), "TLSv1.2")
            self.assertEqual(app.query("SELECT 1").value(), "1")
        self.eventually(lambda: self.counter(weir, "client_tls_failures") == 1, "the failure is counted")
        self.eventually(lambda: "no TLS with a client" in weir.log_text(), "the failure is logged")

    def test_who_must_use_tls_does_not_learn_whether_his_password_is_right(self):
        weir = self.weir(file=True)
        self.set(weir, "UPDATE mysql_users SET use_ssl = 1 WHERE username = 'app'", "LOAD MYSQL USERS TO RUNTIME")
        for password in ("app", "wrong"):
            error = self.error_of(weir.connect, "app", password)
            self.assertEqual((error.errno, error.sqlstate), (1045, "28000"))
            self.assertEqual(error.message, "Access denied for user 'app'@'127.0.0.1' (using password: YES)")
        self.eventually(lambda: weir.log_text().count("not without TLS (use_ssl)") == 2, "the log has the reason")
        with weir.connect(tls=encrypted()) as app:
            self.assertEqual(app.query("SELECT 1").value(), "1")
        with weir.connect("app2", "app2") as app2:
            self.assertEqual(app2.query("SELECT 1").value(), "1")

    def test_switched_off(self):
        weir = self.weir(file=True)
        with weir.connect(tls=encrypted()) as before:
            self.set(weir, "SET mysql-have_ssl = 'false'", "LOAD MYSQL VARIABLES TO RUNTIME")
            with weir.connect() as app:
                self.assertFalse(app.server_caps & caps.SSL)
            self.assertEqual(before.query("SELECT 1").value(), "1")
        self.set(weir, "SET mysql-have_ssl = 'true'", "LOAD MYSQL VARIABLES TO RUNTIME")
        weir.connect(tls=encrypted()).close()

    def test_sessions_are_resumed(self):
        weir = self.weir(file=True)
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = encrypted(maximum_version=version)
            with weir.connect(tls=context) as first:
                first.query("SELECT 1")
                session = first.stream.socket.session
            before = self.counter(weir, "client_tls_resumed")
            with weir.connect(tls=context, tls_session=session) as second:
                self.assertTrue(second.stream.socket.session_reused)
                self.assertEqual(second.query("SELECT 1").value(), "1")
            self.assertEqual(self.counter(weir, "client_tls_resumed"), before + 1)

    def test_command_line_clients(self):
        weir = self.weir(file=True)
        ca = str(self.data(weir, "proxysql-ca.pem"))
        for command in self._command_lines(ca):
            with self.subTest(command=command):
                done = subprocess.run([*command, "-hlocalhost", "--protocol=TCP", f"-P{weir.port}", "-uapp", "-papp", "-N", "-e",
                                       "SELECT 6 * 7"], capture_output=True, text=True, timeout=60)
                self.assertEqual((done.returncode, done.stdout.strip()), (0, "42"), done.stderr)
        self.assertGreaterEqual(self.counter(weir, "client_tls_sessions"), 1)

    @staticmethod
    def _command_lines(ca):
        yield ["mariadb", "--no-defaults", "--ssl", f"--ssl-ca={ca}", "--ssl-verify-server-cert"]

    def test_a_driver(self):
        try:
            import pymysql
        except ImportError:
            self.skipTest("no pymysql")
        weir = self.weir(file=True)
        ca = str(self.data(weir, "proxysql-ca.pem"))
        connection = pymysql.connect(host="localhost", port=weir.port, user="app", password="app",
                                     ssl={"ca": ca, "check_hostname": True})
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT 42")
            self.assertEqual(cursor.fetchone(), (42,))
        self.assertEqual(self.counter(weir, "client_tls_sessions"), 1)


class Downgrades(TlsTest):
    """Bytes that somebody in between puts where TLS begins."""

    def begun(self, weir, behind=b""):
        """A socket on which the greeting has been read and TLS asked for, with `behind` in the same segment."""
        sock = socket.create_connection(("127.0.0.1", weir.port), timeout=30)
        self.addCleanup(sock.close)
        sock.recv(4096)
        head = (caps.ORDINARY | caps.SSL).to_bytes(4, "little") + (1 << 24).to_bytes(4, "little") + b"\x2d" + bytes(23)
        sock.sendall(b"\x20\0\0\x01" + head + behind)
        return sock

    def test_a_login_in_plain_behind_the_request_is_not_read(self):
        weir = self.weir(file=True)
        login = (caps.ORDINARY & ~caps.PLUGIN_AUTH & ~caps.CONNECT_ATTRS).to_bytes(4, "little") + bytes(28) + b"app\0\0"
        sock = self.begun(weir, len(login).to_bytes(3, "little") + b"\x02" + login)
        said = b""
        while piece := sock.recv(4096):
            said += piece
        self.assertNotIn(b"Access denied", said)
        self.assertIn(said[:1], (b"", b"\x15"))  # an alert of TLS, or nothing
        self.assertNotIn("login refused", weir.log_text())

    def test_a_command_ahead_of_the_handshake_never_runs(self):
        weir = self.weir(file=True)
        table = self.fresh_table("id INT PRIMARY KEY")
        statement = b"\x03INSERT INTO " + table.encode() + b" VALUES (1)"
        sock = self.begun(weir, len(statement).to_bytes(3, "little") + b"\0" + statement)
        while sock.recv(4096):
            pass
        self.assertEqual(self.cluster.primary.query(f"SELECT COUNT(*) FROM {table}"), [("0",)])

    def test_a_hello_in_the_segment_of_the_request(self):
        weir = self.weir(file=True)
        context = encrypted()
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(incoming, outgoing)
        with self.assertRaises(ssl.SSLWantReadError):
            tls.do_handshake()
        sock = self.begun(weir, outgoing.read())
        for _ in range(20):
            try:
                incoming.write(sock.recv(65536))
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                pass
        self.assertEqual(tls.version(), "TLSv1.3")

    def test_who_asks_for_tls_and_is_silent_is_ended(self):
        weir = self.weir(file=True, variables={"connect_timeout_client": 3000})
        self.assertEqual(self.begun(weir).recv(100), b"")
        self.assertEqual(weir.connect().query("SELECT 1").value(), "1")


class Reload(TlsTest):
    def test_certificates_are_changed_without_dropping_anybody(self):
        weir = self.weir(file=True)
        authority = Authority(weir.directory / "new")
        stopping, failures, done = threading.Event(), [], []

        def work():
            try:
                with weir.connect(tls=encrypted(), timeout_s=60) as app:
                    while not stopping.is_set():
                        app.query("SELECT 1")
                        done.append(1)
                    app.query("SELECT 2")
            except (OSError, ServerError) as error:
                failures.append(error)

        workers = [threading.Thread(target=work) for _ in range(8)]
        for worker in workers:
            worker.start()
        self.eventually(lambda: len(done) > 100 or failures, "they work")
        cert, key = authority.issue("weir")
        for path, name in ((authority.ca, "ca"), (cert, "cert"), (key, "key")):
            shutil.copyfile(path, self.data(weir, f"proxysql-{name}.pem"))
        for _ in range(20):
            self.set(weir, "PROXYSQL RELOAD TLS")
        with weir.connect(tls=encrypted(str(authority.ca)), tls_name="localhost") as app:
            self.assertEqual(app.query("SELECT 1").value(), "1")
        so_far = len(done)
        self.eventually(lambda: len(done) > so_far + 100 or failures, "they still work")
        stopping.set()
        for worker in workers:
            worker.join()
        self.assertEqual(failures, [])

    def test_a_bad_file_leaves_all_as_it_was_and_is_named(self):
        weir = self.weir(file=True)
        ca = str(self.data(weir, "proxysql-ca.pem"))
        path = self.data(weir, "proxysql-cert.pem")
        good = path.read_bytes()
        path.write_text("nonsense")
        with weir.admin() as admin:
            error = self.error_of(admin.query, "PROXYSQL RELOAD TLS")
        self.assertIn("proxysql-cert.pem", error.message)
        self.assertIn("no start line", error.message)
        weir.connect(tls=encrypted(ca), tls_name="localhost").close()
        other = Authority(weir.directory / "other").issue("x")[1]
        path.write_bytes(good)
        shutil.copyfile(other, self.data(weir, "proxysql-key.pem"))
        with weir.admin() as admin:
            self.assertIn("proxysql-key.pem", self.error_of(admin.query, "PROXYSQL RELOAD TLS").message)
        weir.connect(tls=encrypted(ca), tls_name="localhost").close()

    def test_a_client_with_a_strange_certificate_is_refused(self):
        weir = self.weir(file=True)
        theirs, ours = Authority(weir.directory / "a"), Authority(weir.directory / "b")
        shutil.copyfile(ours.ca, self.data(weir, "proxysql-ca.pem"))
        self.set(weir, "PROXYSQL RELOAD TLS")
        for authority, good in ((ours, True), (theirs, False)):
            context = encrypted()
            context.load_cert_chain(*authority.issue("client"))
            if good:
                self.assertEqual(weir.connect(tls=context).query("SELECT 1").value(), "1")
                continue
            with self.assertRaises((OSError, ssl.SSLError)):
                weir.connect(tls=context)
            self.eventually(lambda: "certificate is not accepted" in weir.log_text(), "the log says why")


class Servers(TlsTest):
    """A server of its own, with certificates of the test's."""

    def server(self, **issued):
        directory = pathlib.Path(tempfile.mkdtemp(prefix="weir-tls-"))
        os.chmod(directory, 0o755)
        self.addCleanup(shutil.rmtree, directory, True)
        self.authority = Authority(directory)
        cert, key = self.authority.issue("server", **issued)
        for path in directory.iterdir():
            path.chmod(0o644)
        cluster = Cluster(self.engine, replicas=0, extra_options=[f"--ssl-ca={self.authority.ca}", f"--ssl-cert={cert}",
                                                                   f"--ssl-key={key}", "--require-secure-transport=OFF"])
        cluster.start()
        self.addCleanup(cluster.stop)
        return cluster.primary

    def proxied(self, node, host="localhost", **variables):
        return self.weir(file=True, servers=[(host, node.port, 0)], pairs=(), server_options="use_ssl=1",
                         variables={"auto_rw_split": "false", "connect_retries_on_failure": 0, "connect_timeout_server": 10000,
                                    "shun_on_failures": 0, **variables})

    def cipher_of(self, app):
        return app.query("SELECT variable_value FROM " + ("information_schema" if self.engine == "mariadb" else
                                                          "performance_schema") +
                         ".session_status WHERE variable_name = 'Ssl_cipher'").value()

    def why_not(self, weir):
        with weir.connect() as app:
            return self.error_of(app.query, "SELECT 1").message

    def test_encrypted_where_use_ssl_says_so(self):
        node = self.server()
        node.execute("ALTER USER app@'%' REQUIRE SSL")
        weir = self.proxied(node)
        with weir.connect() as app:
            self.assertIn("TLS_", self.cipher_of(app))
            app.query("BEGIN")
            app.query("COMMIT")
        self.assertGreaterEqual(self.counter(weir, "backend_tls_connections"), 1)
        self.set(weir, "UPDATE mysql_servers SET use_ssl = 0", "LOAD MYSQL SERVERS TO RUNTIME")
        self.assertIn("Access denied", self.why_not(weir))
        self.set(weir, "UPDATE mysql_servers SET use_ssl = 1", "LOAD MYSQL SERVERS TO RUNTIME")
        with weir.connect() as app:
            self.assertIn("TLS_", self.cipher_of(app))

    def test_nothing_goes_in_plain_to_a_server_without_tls(self):
        if self.engine == "mysql":
            self.skipTest("a MySQL server cannot be without TLS")
        weir = self.proxied(self.cluster.primary)
        self.assertIn("the server offers no TLS", self.why_not(weir))
        self.assertGreaterEqual(self.counter(weir, "backend_tls_failures"), 1)

    def test_an_authority_is_asked_for(self):
        node = self.server()
        weir = self.proxied(node, ssl_p2s_ca=f'"{self.authority.ca}"')
        with weir.connect() as app:
            self.assertIn("TLS_", self.cipher_of(app))
        stranger = Authority(self.authority.directory / "stranger")
        self.set(weir, f"SET mysql-ssl_p2s_ca = '{stranger.ca}'", "LOAD MYSQL VARIABLES TO RUNTIME",
                 "UPDATE mysql_servers SET use_ssl = 0", "LOAD MYSQL SERVERS TO RUNTIME",
                 "UPDATE mysql_servers SET use_ssl = 1", "LOAD MYSQL SERVERS TO RUNTIME")
        self.assertIn("certificate is not accepted: ", self.why_not(weir))
        self.assertIn("certificate is not accepted: ", weir.log_text())
        self.set(weir, f"INSERT INTO mysql_servers_ssl_params (hostname, port, ssl_ca) VALUES ('localhost', {node.port}, "
                       f"'{self.authority.ca}')", "LOAD MYSQL SERVERS TO RUNTIME")
        with weir.connect() as app:
            self.assertIn("TLS_", self.cipher_of(app))

    def test_an_expired_certificate(self):
        node = self.server(expired=True)
        weir = self.proxied(node, ssl_p2s_ca=f'"{self.authority.ca}"')
        self.assertIn("certificate has expired", self.why_not(weir))

    def test_a_revoked_certificate(self):
        node = self.server()
        none, cert = self.authority.revocations(), self.authority.directory / "server-cert.pem"
        weir = self.proxied(node, ssl_p2s_ca=f'"{self.authority.ca}"', ssl_p2s_crl=f'"{none}"')
        inside = weir.connect()
        inside.query("BEGIN")
        self.assertIn("TLS_", self.cipher_of(inside))
        with weir.admin() as admin:
            admin.query(f"SET mysql-ssl_p2s_crl = '{self.authority.revocations(cert)}'")
            admin.query("LOAD MYSQL VARIABLES TO RUNTIME")
        inside.query("COMMIT")  # a connection goes on as it was made
        inside.close()
        self.set(weir, "UPDATE mysql_servers SET use_ssl = 0", "LOAD MYSQL SERVERS TO RUNTIME",
                 "UPDATE mysql_servers SET use_ssl = 1", "LOAD MYSQL SERVERS TO RUNTIME")
        self.assertIn("certificate revoked", self.why_not(weir))
        self.assertIn("certificate is not accepted: certificate revoked", weir.log_text())
        with weir.admin() as admin:
            admin.query("SET mysql-ssl_p2s_crl = '/nowhere/crl.pem'")
            told = self.error_of(admin.query, "LOAD MYSQL VARIABLES TO RUNTIME").message
            self.assertIn("mysql-ssl_p2s_*", told)
            self.assertIn("/nowhere/crl.pem", told)
            self.assertIn("certificate revoked", self.why_not(weir))  # what was in force is
            admin.query(f"SET mysql-ssl_p2s_crl = '{none}'")
            admin.query("LOAD MYSQL VARIABLES TO RUNTIME")
        self.eventually(lambda: self.works(weir), "a list without it lets it in again")

    def works(self, weir):
        try:
            with weir.connect() as app:
                return "TLS_" in self.cipher_of(app)
        except (ServerError, OSError):
            return False

    def test_a_certificate_for_another_name(self):
        node = self.server(names="DNS:elsewhere.test")
        weir = self.proxied(node, ssl_p2s_ca=f'"{self.authority.ca}"')
        self.assertIn("hostname mismatch (not for 'localhost')", self.why_not(weir))
        self.set(weir, "SET mysql-ssl_p2s_verify_host = 'false'", "LOAD MYSQL VARIABLES TO RUNTIME")
        with weir.connect() as app:
            self.assertIn("TLS_", self.cipher_of(app))

    def test_an_account_that_wants_our_certificate(self):
        node = self.server()
        node.execute("ALTER USER app@'%' REQUIRE X509")
        weir = self.proxied(node, ssl_p2s_ca=f'"{self.authority.ca}"')
        self.assertIn("Access denied", self.why_not(weir))
        cert, key = self.authority.issue("weir")
        self.set(weir, f"INSERT INTO mysql_servers_ssl_params (hostname, port, username, ssl_ca, ssl_cert, ssl_key) VALUES "
                       f"('localhost', {node.port}, 'app', '{self.authority.ca}', '{cert}', '{key}')",
                 "LOAD MYSQL SERVERS TO RUNTIME")
        with weir.connect() as app:
            self.assertIn("TLS_", self.cipher_of(app))

    def test_a_file_that_is_not_there_is_named_and_nothing_goes_in_plain(self):
        node = self.server()
        weir = self.proxied(node, ssl_p2s_ca='"/nowhere/ca.pem"')
        self.assertIn("authorities '/nowhere/ca.pem': No such file or directory", self.why_not(weir))
        with weir.admin() as admin:
            self.assertIn("/nowhere/ca.pem", self.error_of(admin.query, "PROXYSQL RELOAD TLS").message)
            admin.query("SET mysql-ssl_p2s_ca = ''")
            admin.query("LOAD MYSQL VARIABLES TO RUNTIME")
            for wrong in ("ssl_p2s_ca = '/nowhere/other.pem'", "ssl_p2s_cipher = 'none such'", "ssl_p2s_key = '/nowhere/k.pem'"):
                admin.query(f"SET mysql-{wrong}")
                self.assertIn("mysql-ssl_p2s_*: ", self.error_of(admin.query, "LOAD MYSQL VARIABLES TO RUNTIME").message)
                admin.query("SAVE MYSQL VARIABLES FROM RUNTIME")

    def test_a_row_of_one_server_that_no_connection_could_be_made_with_is_refused(self):
        node = self.server()
        weir = self.proxied(node, ssl_p2s_ca=f'"{self.authority.ca}"')
        with weir.admin() as admin, weir.connect() as app:
            for column, value, why in (("ssl_ca", "/nowhere/ca.pem", "No such file or directory"),
                                       ("ssl_capath", self.authority.ca, "Not a directory"),
                                       ("ssl_crl", "/nowhere/crl.pem", "No such file or directory"),
                                       ("ssl_cipher", "none such", "no cipher match"),
                                       ("tls_version", "TLSv1.1", "TLSv1.2 and TLSv1.3 are known")):
                with self.subTest(column):
                    admin.query(f"INSERT INTO mysql_servers_ssl_params (hostname, port, {column}) VALUES "
                                f"('localhost', {node.port}, '{value}')")
                    told = self.error_of(admin.query, "LOAD MYSQL SERVERS TO RUNTIME").message
                    self.assertIn(f"mysql_servers_ssl_params (hostname=localhost, port={node.port}, username=), {column}: ", told)
                    self.assertIn(why, told)
                    self.assertEqual(admin.query("SELECT COUNT(*) FROM runtime_mysql_servers_ssl_params").value(), "0")
                    self.assertIn("TLS_", self.cipher_of(app))
                    admin.query("DELETE FROM mysql_servers_ssl_params")
            admin.query("INSERT INTO mysql_servers_ssl_params (hostname, port, ssl_key) VALUES ('elsewhere', 3306, '/k.pem')")
            self.assertIn("a key without a certificate", self.error_of(admin.query, "LOAD MYSQL SERVERS TO RUNTIME").message)
            cert, _ = self.authority.issue("both")  # one file for both, and no key in it
            admin.query(f"UPDATE mysql_servers_ssl_params SET ssl_cert = '{cert}', ssl_key = '{cert}'")
            self.assertIn(", ssl_key: key '", self.error_of(admin.query, "LOAD MYSQL SERVERS TO RUNTIME").message)

    def test_kill_goes_by_tls(self):
        node = self.server()
        node.execute("ALTER USER app@'%' REQUIRE SSL")
        weir = self.proxied(node)
        sleeping = "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT SLEEP(600)%'"
        app = weir.connect()
        app.send_query("SELECT SLEEP(600)")
        self.eventually(lambda: node.query(sleeping) == [("1",)], "it sleeps")
        app.stream.socket.close()
        self.eventually(lambda: node.query(sleeping) == [("0",)], "it is killed")

    def test_connections_are_resumed(self):
        node = self.server()
        weir = self.proxied(node, free_connections_pct=0)
        for _ in range(5):
            with weir.connect() as app:
                app.query("SELECT 1")
        self.eventually(lambda: self.counter(weir, "backend_tls_resumed") >= 1, "a session of before goes on")

    def test_the_monitor_follows(self):
        node = self.server()
        node.execute("CREATE USER watcher@'%' IDENTIFIED BY 'watcher' REQUIRE SSL",
                     "GRANT REPLICATION CLIENT ON *.* TO watcher@'%'")
        weir = self.proxied(node, monitor_username='"watcher"', monitor_password='"watcher"', **WATCHING)

        def pinged():
            with weir.admin() as admin:
                rows = admin.query("SELECT ping_error FROM monitor.mysql_server_ping_log").texts()
            return bool(rows) and all(error is None for (error,) in rows)
        self.eventually(pinged, "it is let in")
