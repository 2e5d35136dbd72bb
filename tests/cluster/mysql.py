"""MySQL 9, which Debian 12 does not package: see mysql_package.py for where it comes from."""

import re
import subprocess

from .engine import Engine
from .mysql_package import command, mysql_root


class MySql(Engine):
    name = "mysql"

    def _find_version(self):
        self._root = mysql_root()
        text = subprocess.run([*self._server(), "--version"], capture_output=True, text=True).stdout
        return re.search(r"Ver (\d+\.\d+\.\d+)", text).group(1)

    def _server(self):
        root = self._root
        return [*command(root, "usr/sbin/mysqld"), "--no-defaults",
                f"--basedir={root}/usr", f"--lc-messages-dir={root}/usr/share/mysql",
                f"--character-sets-dir={root}/usr/share/mysql/charsets", f"--plugin-dir={root}/usr/lib/mysql/plugin",
                "--secure-file-priv="]

    def _initialise(self, data):
        script = data.with_name(data.name + ".sql")
        script.write_text("".join(statement + ";\n" for statement in self.accounts_sql()))
        try:
            done = subprocess.run(
                [*self._server(), *self._run_as(), "--initialize-insecure", f"--datadir={data}",
                 f"--init-file={script}", "--innodb-redo-log-capacity=64M", "--innodb-buffer-pool-size=64M"],
                capture_output=True, text=True)
        finally:
            script.unlink()
        if done.returncode or "[ERROR]" in done.stderr:
            raise RuntimeError(f"mysqld --initialize failed: {done.stderr[-2000:]}")
        (data / "auto.cnf").unlink(missing_ok=True)  # every server makes its own identity

    def own_options(self, node):
        on_or_off = "ON" if node.read_only else "OFF"
        return ["--mysqlx=OFF", "--gtid-mode=ON", "--enforce-gtid-consistency=ON", "--log-replica-updates=ON",
                "--innodb-redo-log-capacity=64M", f"--read-only={on_or_off}", f"--super-read-only={on_or_off}",
                f"--report-port={node.port}", "--log-error-verbosity=2"]

    # --- replication -------------------------------------------------------------------------------------------

    @staticmethod
    def follow_sql(host, port):
        return ["STOP REPLICA",
                f"CHANGE REPLICATION SOURCE TO SOURCE_HOST='{host}', SOURCE_PORT={port}, SOURCE_USER='repl', "
                "SOURCE_PASSWORD='repl', SOURCE_AUTO_POSITION=1, GET_SOURCE_PUBLIC_KEY=1, SOURCE_CONNECT_RETRY=1, "
                "SOURCE_RETRY_COUNT=100000",
                "START REPLICA"]

    @staticmethod
    def position_sql():
        return "SELECT @@global.gtid_executed"

    @staticmethod
    def wait_sql(position, timeout_s):
        """A statement answering 0 once `position` is applied."""
        return f"SELECT WAIT_FOR_EXECUTED_GTID_SET('{position}', {timeout_s})"

    @staticmethod
    def replication_error(node):
        """Why replication does not run on `node`, or an empty text."""
        status = node.query_dicts("SHOW REPLICA STATUS")
        if not status:
            return "replication is not configured"
        row = status[0]
        if row["Replica_IO_Running"] == "Yes" and row["Replica_SQL_Running"] == "Yes":
            return ""
        return row["Last_IO_Error"] or row["Last_SQL_Error"] or f"IO thread: {row['Replica_IO_Running']}"

    @staticmethod
    def set_read_only_sql(on):
        return f"SET GLOBAL super_read_only = {'ON' if on else 'OFF'}" if on else "SET GLOBAL read_only = OFF"
