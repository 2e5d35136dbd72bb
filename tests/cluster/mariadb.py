"""MariaDB as Debian packages it."""

import pathlib
import re
import shutil
import subprocess

from .engine import Engine
from .unavailable import Unavailable


class MariaDb(Engine):
    name = "mariadb"
    write_on_replica_privileges = "SUPER, READ ONLY ADMIN"
    monitor_privileges = "BINLOG MONITOR, SLAVE MONITOR"
    source_files = ("*master*.info", "relay-log*.info", "*relay-bin*")

    def _find_version(self):
        self._binary = shutil.which("mariadbd", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
        if not self._binary:
            raise Unavailable("MariaDB: no mariadbd on this machine (Debian package mariadb-server)")
        text = subprocess.run([self._binary, "--no-defaults", "--version"], capture_output=True, text=True).stdout
        return re.search(r"Ver (\d+\.\d+\.\d+)", text).group(1)

    def _server(self):
        return [self._binary, "--no-defaults"]

    def _initialise(self, data):
        made = subprocess.run(
            ["mariadb-install-db", "--no-defaults", *self._run_as(), f"--datadir={data}", "--skip-test-db",
             "--auth-root-authentication-method=normal", "--skip-name-resolve", "--innodb-log-file-size=32M"],
            capture_output=True, text=True)
        if made.returncode:
            raise RuntimeError(f"mariadb-install-db failed: {(made.stdout + made.stderr)[-2000:]}")
        script = ["USE mysql", "FLUSH PRIVILEGES", "DROP USER IF EXISTS root@'127.0.0.1', root@'::1'",
                  "DELETE FROM global_priv WHERE User = 'root' AND Host <> 'localhost'", "FLUSH PRIVILEGES",
                  *self.accounts_sql()]
        done = subprocess.run(
            [*self._server(), *self._run_as(), "--bootstrap", f"--datadir={data}", "--innodb-log-file-size=32M"],
            input=";\n".join(script) + ";\n", capture_output=True, text=True)
        if done.returncode or "ERROR" in done.stderr:
            raise RuntimeError(f"mariadbd --bootstrap failed: {done.stderr[-2000:]}")
        for left_over in pathlib.Path(data).glob("*.err"):
            left_over.unlink()

    def own_options(self, node):
        return ["--innodb-log-file-size=32M", "--log-slave-updates=1", "--userstat=1", "--aria-pagecache-buffer-size=8M",
                "--character-set-server=utf8mb4", f"--gtid-domain-id={node.gtid_domain}",
                f"--read-only={'ON' if node.read_only else 'OFF'}", f"--report-port={node.port}"]

    # --- replication -------------------------------------------------------------------------------------------

    @staticmethod
    def follow_sql(host, port):
        return ["STOP SLAVE",
                f"CHANGE MASTER TO MASTER_HOST='{host}', MASTER_PORT={port}, MASTER_USER='repl', "
                "MASTER_PASSWORD='repl', MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=1",
                "START SLAVE"]

    @staticmethod
    def position_sql():
        return "SELECT @@global.gtid_current_pos"

    @staticmethod
    def wait_sql(position, timeout_s):
        """A statement answering 0 once `position` is applied."""
        return f"SELECT MASTER_GTID_WAIT('{position}', {timeout_s})"

    @staticmethod
    def replication_error(node):
        """Why replication does not run on `node`, or an empty text."""
        status = node.query_dicts("SHOW SLAVE STATUS")
        if not status:
            return "replication is not configured"
        row = status[0]
        if row["Slave_IO_Running"] == "Yes" and row["Slave_SQL_Running"] == "Yes":
            return ""
        return row["Last_IO_Error"] or row["Last_SQL_Error"] or f"IO thread: {row['Slave_IO_Running']}"

    @staticmethod
    def set_read_only_sql(on):
        return f"SET GLOBAL read_only = {'ON' if on else 'OFF'}"
