"""One server process and its directory."""

import contextlib
import pathlib
import shutil
import signal

from wire import Connection, ServerError

from . import process
from .ports import free_port

START_TIMEOUT_S = 60
ASK_AGAIN_S = 2
SOCKET_PATH_LIMIT = 107


class Node:
    """A server of a cluster. `name` is primary, replica1, replica2 ...; `directory` holds its data, log and socket. It runs
    on loopback, or on `machine` of a network (network.py)."""

    def __init__(self, engine, directory, name, server_id, read_only, performance_schema, gtid_domain=0,
                 extra_options=(), tied=True, machine=None):
        self.engine = engine
        self.directory = pathlib.Path(directory)
        self.name = name
        self.server_id = server_id
        self.read_only = read_only
        self.performance_schema = performance_schema
        self.gtid_domain = gtid_domain
        self.extra_options = list(extra_options)
        self.tied = tied
        self.host = machine.address if machine else "127.0.0.1"
        self._wrapper = machine.wrapper if machine else []
        self.port = 0
        self.identity = None

    @property
    def data(self):
        return self.directory / "data"

    @property
    def log(self):
        return self.directory / "error.log"

    @property
    def socket(self):
        return str(self.directory / "s.sock")

    @property
    def pid(self):
        return self.identity.pid if self.identity else 0

    # --- life --------------------------------------------------------------------------------------------------

    def create(self):
        """Makes the data directory."""
        if len(self.socket) > SOCKET_PATH_LIMIT:
            raise ValueError(f"{self.socket} is longer than a socket's path may be ({SOCKET_PATH_LIMIT} bytes)")
        self.directory.mkdir(parents=True)
        self.engine.copy_template(self.data)
        self.port = free_port()

    def launch(self):
        """Starts the process and returns at once; wait_ready() follows."""
        for left_by_a_killed_one in (self.socket, self.socket + ".lock"):
            pathlib.Path(left_by_a_killed_one).unlink(missing_ok=True)
        self.identity = process.launch([*self._wrapper, *self.engine.command(self)], self.log, self.tied)

    def wait_ready(self, timeout_s=START_TIMEOUT_S):
        """Returns once the server answers. Starts it again on another port if its port was taken meanwhile."""
        for _ in range(3):
            if process.wait_for(lambda: self.answers() or not self.running(), timeout_s) and self.running():
                return
            if self.running() or not self._port_was_taken():
                break
            self.port = free_port()
            self.launch()
        raise RuntimeError(f"{self.name} did not start within {timeout_s} s: {self._last_log_lines()}")

    def start(self):
        self.launch()
        self.wait_ready()

    def restart(self):
        """Starts a node that was stopped or killed, on its old port."""
        if not self.running():
            self.start()

    def stop(self, patience_s=30):
        process.end(self.identity, patience_s)

    def kill(self):
        """kill -9."""
        process.end(self.identity, 0)

    def pause(self):
        """SIGSTOP: the process keeps its sockets and says nothing."""
        process.send(self.identity, signal.SIGSTOP)

    def resume(self):
        process.send(self.identity, signal.SIGCONT)

    def running(self):
        return process.alive(self.identity)

    def remove(self):
        shutil.rmtree(self.directory, ignore_errors=True)

    def answers(self):
        try:
            self.connect_as_root(timeout_s=2).close()
            return True
        except OSError:
            return False

    def _port_was_taken(self):
        text = self._last_log_lines(50)
        return "Address already in use" in text or "port is already in use" in text

    def _last_log_lines(self, count=8):
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-count:])
        except FileNotFoundError:
            return "(no log)"

    # --- talking to it -----------------------------------------------------------------------------------------

    def connect_as_root(self, timeout_s=30, **options):
        return Connection(unix=self.socket, user="root", password="", timeout_s=timeout_s, **options)

    def connect(self, user="app", password="app", **options):
        """A connection over TCP as an application makes it."""
        return Connection(self.host, self.port, user=user, password=password, **options)

    def query(self, sql, timeout_s=30):
        """Runs `sql` as root and returns the rows as tuples of text."""
        with self._root(timeout_s) as root:
            return root.query(sql).texts()

    def query_dicts(self, sql):
        with self._root() as root:
            result = root.query(sql)
            names = [column.name for column in result.columns]
            return [dict(zip(names, row)) for row in result.texts()]

    def execute(self, *statements, timeout_s=30):
        """Runs statements as root, in one session."""
        with self._root(timeout_s) as root:
            for sql in statements:
                root.query(sql)

    def kill_connections_of(self, *users):
        """Returns how many there were; more may come."""
        names = ", ".join(f"'{user}'" for user in users)
        with self._root() as root:
            numbers = root.query(f"SELECT ID FROM information_schema.PROCESSLIST WHERE USER IN ({names})").texts()
            for (number,) in numbers:
                with contextlib.suppress(ServerError):  # it has gone meanwhile
                    root.query(f"KILL {number}")
        return len(numbers)

    def _root(self, timeout_s=30):
        """A connection that has answered: MySQL was seen to close one that came while it was killing others."""
        troubles, connections = [], []

        def answered():
            try:
                connection = self.connect_as_root(timeout_s=timeout_s)
                try:
                    connection.ping()  # no statement: Galera refuses those outside of the primary component
                except BaseException:
                    connection.abort()
                    raise
                connections.append(connection)
            except ConnectionRefusedError:
                raise
            except ConnectionError as trouble:
                if not self.running():
                    raise
                troubles.append(trouble)
            return connections

        if not process.wait_for(answered, ASK_AGAIN_S, every_s=0.1):
            raise troubles[-1]
        return connections[0]

    def status(self, name):
        """One global status counter as an integer."""
        return int(self.query(f"SHOW GLOBAL STATUS LIKE '{name}'")[0][1])

    # --- what is remembered between runs of the tool -----------------------------------------------------------

    def to_json(self):
        return {"name": self.name, "host": self.host, "port": self.port, "socket": self.socket, "pid": self.pid,
                "started": self.identity.started if self.identity else 0, "server_id": self.server_id,
                "read_only": self.read_only, "performance_schema": self.performance_schema,
                "gtid_domain": self.gtid_domain, "extra_options": self.extra_options}

    @staticmethod
    def from_json(engine, directory, saved):
        node = Node(engine, pathlib.Path(directory) / saved["name"], saved["name"], saved["server_id"],
                    saved["read_only"], saved["performance_schema"], saved["gtid_domain"], saved["extra_options"],
                    tied=False)
        node.port = saved["port"]
        node.identity = process.Identity(saved["pid"], saved["started"])
        return node
