"""Out of descriptors, Weir refuses who comes, serves who is in, and takes it for nobody's failure but its own; the
administrator and the monitor have theirs. (F17)"""

from cluster import process
from wire import ServerError

from .case import AdminTest, Environment
from .pair import WATCHING
from .weir_process import Weir

DESCRIPTORS, CALLERS = 120, 200
TOO_MANY_CONNECTIONS = 1040


class Descriptors(AdminTest):
    def test_out_of_descriptors(self):
        weir = Weir(Environment.binary, self.cluster)
        weir.wrapper = ["prlimit", f"--nofile={DESCRIPTORS}:{DESCRIPTORS}", "--"]
        self.addCleanup(self._stop, weir)
        weir.start_with_file(variables=WATCHING)
        weir.wait_for_admin()
        admin, app = weir.admin(), weir.connect()
        self.addCleanup(admin.close)
        self.addCleanup(app.close)
        self.assertEqual(app.query("SELECT 1").value(), "1")
        held, refused = [], []
        for _ in range(CALLERS):
            try:
                held.append(weir.connect())
            except ServerError as error:
                refused.append(error.errno)
        self.assertEqual(set(refused), {TOO_MANY_CONNECTIONS})
        self.assertGreater(len(held), DESCRIPTORS // 4)
        before = int(self.status(admin, "MySQL_Monitor_connect_check_OK"))
        for number in range(20):
            self.assertEqual(app.query(f"SELECT {number}").value(), str(number))
            self.assertEqual(app.query("DO 1").affected, 0)
        held[0].query("BEGIN")  # a connection to a server of its own
        held[0].query("DO 1")
        held[0].query("COMMIT")
        rows = self.texts(admin, "SELECT status, reason FROM stats_mysql_server_status")
        self.assertEqual(rows, [["ONLINE", None]] * len(self.cluster.nodes))
        with weir.admin() as another:
            another.query("SELECT 1")
        self.assertTrue(process.wait_for(lambda: int(self.status(admin, "MySQL_Monitor_connect_check_OK")) > before + 3, 20))
        self.assertEqual(self.status(admin, "MySQL_Monitor_connect_check_ERR"), "0")
        for client in held:
            client.close()
        self.eventually(lambda: self.lets_in(weir), "clients come in again")

    def lets_in(self, weir):
        try:
            with weir.connect() as client:
                return client.query("SELECT 1").value() == "1"
        except (ServerError, OSError):
            return False
