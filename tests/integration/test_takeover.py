"""One Weir in the place of another: nobody is refused, and nothing fails that ends in time."""

import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import threading
import unittest.mock

from cluster import process
from cluster.ports import free_port
from wire import ServerError

from .case import Environment, WeirTest, proxy_only
from .weir_process import NoSuccessor

SHUTTING_DOWN = 1053
WRITERS, TRANSACTORS, ROUNDS = 6, 4, 3


class Reconnecting(threading.Thread):
    """Connects, writes two rows in a transaction, and leaves; over and over."""

    def __init__(self, weir, number):
        super().__init__(daemon=True)
        self.weir, self.number = weir, number
        self.stopping = threading.Event()
        self.rounds = 0
        self.trouble = None

    def run(self):
        while not self.stopping.is_set() and self.trouble is None:
            try:
                with self.weir.connect() as client:
                    client.query("BEGIN")
                    for _ in range(2):
                        client.query(f"INSERT INTO test.handed VALUES ({self.number}, {self.rounds})")
                    client.query("COMMIT")
                self.rounds += 1
            except (ServerError, OSError, EOFError) as error:
                self.trouble = error


@proxy_only
class Takeover(WeirTest):
    def start(self, **variables):
        self.proxy = self.weir(file=True, variables={"monitor_enabled": "false", **variables})

    def visitor(self, said=b"weir takeover 1\n"):
        """Somebody who says so at the door, and what he is given, with its descriptors: `sockets ID`."""
        visitor = socket.socket(socket.AF_UNIX)
        visitor.settimeout(30)
        self.addCleanup(visitor.close)
        visitor.connect(str(pathlib.Path(self.proxy.directory) / "data" / "weir.takeover"))
        visitor.sendall(said)
        return visitor

    def sockets_of(self, visitor):
        line, sockets, _, _ = socket.recv_fds(visitor, 64, 253)
        for number in sockets:
            os.close(number)
        self.assertRegex(line, rb"^sockets \d+\n$")
        return len(sockets)

    def stand_still(self):
        """The one that runs, until CONT."""
        process.send(self.proxy.identity, signal.SIGSTOP)
        self.addCleanup(process.send, self.proxy.identity, signal.SIGCONT)
        stat = pathlib.Path(f"/proc/{self.proxy.identity.pid}/stat")
        self.eventually(lambda: stat.read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "T", "it is stopped")

    def goes_on_times(self):
        return self.proxy.log_text().count("this one goes on")

    def ends(self, identity):
        self.assertEqual(self.proxy.exit_code_of(identity), 0, self.proxy.log_text()[-3000:])

    def test_clients_that_come_and_go_and_transactions_notice_nothing(self):
        self.start()
        with self.proxy.connect() as client:
            client.query("DROP TABLE IF EXISTS test.handed")
            client.query("CREATE TABLE test.handed (writer INT, round INT)")
        writers = [Reconnecting(self.proxy, number) for number in range(WRITERS)]
        for writer in writers:
            writer.start()
        for taken in range(ROUNDS):
            before = [writer.rounds for writer in writers]
            self.eventually(lambda before=before: all(w.rounds > n + 5 or w.trouble for w, n in zip(writers, before)), "traffic")
            transactors = [self.proxy.connect() for _ in range(TRANSACTORS)]
            for number, client in enumerate(transactors):
                client.query("BEGIN")
                client.query(f"INSERT INTO test.handed VALUES ({100 + number}, {taken})")
            old = self.proxy.succeed()
            self.assertTrue(process.alive(old))
            for number, client in enumerate(transactors):
                client.query(f"INSERT INTO test.handed VALUES ({100 + number}, {taken})")
                client.query("COMMIT")
                client.close()
            self.ends(old)
        for writer in writers:
            writer.stopping.set()
            writer.join()
            self.assertIsNone(writer.trouble, f"writer {writer.number} in round {writer.rounds}: {writer.trouble!r}")
        rows = self.cluster.primary.query("SELECT writer, COUNT(*) FROM test.handed GROUP BY writer ORDER BY writer")
        wanted = [(str(w.number), str(2 * w.rounds)) for w in writers]
        wanted += [(str(100 + number), str(2 * ROUNDS)) for number in range(TRANSACTORS)]
        self.assertEqual([tuple(row) for row in rows], wanted)
        ids = [self.proxy.connect().query("SELECT CONNECTION_ID()").value() for _ in range(2)]
        self.assertGreater(int(ids[0]), ROUNDS * 1_000_000)  # nobody's id is given twice

    def test_who_is_idle_is_told_and_the_time_is_limited(self):
        self.start(takeover_drain_time=500)
        idle = self.proxy.connect()
        busy = self.proxy.connect()
        busy.query("BEGIN")
        old = self.proxy.succeed()
        self.eventually(lambda: "draining" in self.proxy.log_text(), "the time that sessions may go on is over")
        busy.query("SELECT 1")
        busy.query("COMMIT")
        self.ends(old)
        for client in (idle, busy):
            with self.assertRaises(ServerError) as told:
                client.query("SELECT 1")
            self.assertEqual(told.exception.errno, SHUTTING_DOWN)
        self.assertEqual(self.proxy.connect().query("SELECT 7").value(), "7")

    def test_a_successor_that_cannot_serve_changes_nothing(self):
        self.start()
        client = self.proxy.connect()
        with socket.create_server(("127.0.0.1", 0)) as taken:
            with self.assertRaises(NoSuccessor) as ended:
                self.proxy.succeed("--admin-listen", f"127.0.0.1:{taken.getsockname()[1]}")
        self.assertEqual(ended.exception.args, (1,))
        self.eventually(lambda: "this one goes on" in self.proxy.log_text(), "the one that runs knows")
        self.assertEqual(client.query("SELECT 7").value(), "7")
        self.assertEqual(self.proxy.connect().query("SELECT 7").value(), "7")
        self.ends(self.proxy.succeed())

    def test_a_successor_that_leaves_at_any_step_changes_nothing(self):
        self.start()
        client = self.proxy.connect()
        client.query("BEGIN")
        for said in (b"", b"weir take", b"GET / HTTP/1.1\r\n\r\n", b"serving\n", bytes(200)):
            self.visitor(said).close()
            self.assertEqual(self.proxy.connect().query("SELECT 7").value(), "7")

        left = self.visitor()
        self.assertGreaterEqual(self.sockets_of(left), 2)
        left.close()
        self.eventually(lambda: self.goes_on_times() == 1, "one that has the sockets leaves")

        left = self.visitor()
        self.sockets_of(left)
        self.stand_still()
        left.sendall(b"serving\n")
        left.close()
        process.send(self.proxy.identity, signal.SIGCONT)
        self.eventually(lambda: self.goes_on_times() == 2, "one that serves is gone before it is heard")

        left = self.visitor()
        self.sockets_of(left)
        left.sendall(b"what?\n")
        self.assertEqual(left.recv(64), b"")
        self.assertEqual(self.proxy.connect().query("SELECT 7").value(), "7")
        client.query("COMMIT")
        self.assertNotIn("another Weir has taken over", self.proxy.log_text())
        self.ends(self.proxy.succeed())

    def test_one_that_stands_still_meanwhile_hands_over_when_it_goes_on(self):
        self.start()
        client = self.proxy.connect()
        client.query("BEGIN")  # so that the old one is there when it is to stand still, however quick the other one is
        old, since = self.proxy.identity, len(self.proxy.log_text())
        successor = process.launch([str(word) for word in (*self.proxy.command, "--takeover")], self.proxy.log, tied=True)
        self.eventually(lambda: "] taking over" in self.proxy.log_text()[since:], "the successor has the sockets")
        self.stand_still()
        self.eventually(lambda: self.proxy.log_text()[since:].count("admin port listening") >= 1, "the successor listens")
        process.send(old, signal.SIGCONT)
        self.eventually(lambda: re.search(r"\] ready", self.proxy.log_text()[since:]), "the successor serves")
        self.proxy.identity = successor
        client.query("COMMIT")
        self.ends(old)
        self.assertEqual(self.proxy.connect().query("SELECT 7").value(), "7")

    def test_a_signal_that_starts_nothing_is_told(self):
        with tempfile.TemporaryDirectory(prefix="weir-gone-") as directory:
            program = pathlib.Path(directory) / "weir"
            program.symlink_to(Environment.binary)
            self.start()
            self.proxy.command[0] = program
            self.ends(self.proxy.succeed())
        process.send(self.proxy.identity, signal.SIGUSR2)  # it was started from a place that is gone
        self.eventually(lambda: "no other Weir is started" in self.proxy.log_text(), "it is told")
        self.assertEqual(self.proxy.connect().query("SELECT 7").value(), "7")

        without_data = self.weir()
        process.send(without_data.identity, signal.SIGUSR2)
        self.eventually(lambda: "without a data directory it could not take over" in without_data.log_text(), "it is told")
        self.assertEqual(without_data.connect().query("SELECT 7").value(), "7")

    def test_admin_port_unix_socket_and_pid_file_go_along(self):
        path = None
        self.start()
        data = pathlib.Path(self.proxy.directory) / "data"
        path = pathlib.Path(self.proxy.directory) / "also.sock"
        with self.proxy.admin() as admin:
            admin.query(f"SET mysql-interfaces='127.0.0.1:{self.proxy.port};{path}'")
            admin.query("LOAD MYSQL VARIABLES TO RUNTIME")
            admin.query("SAVE MYSQL VARIABLES TO DISK")
            admin.query("INSERT INTO mysql_query_rules (rule_id, active, match_digest, OK_msg) VALUES (1, 1, '^SELECT 8', 'x')")
            admin.query("LOAD MYSQL QUERY RULES TO RUNTIME")
        waiting, client = self.proxy.admin(), self.proxy.connect()
        client.query("BEGIN")
        node = path.stat().st_ino
        old = self.proxy.succeed()
        waiting.query("SELECT 1")  # whoever is there stays as long as the old one has clients
        client.query("COMMIT")
        self.ends(old)
        self.assertEqual(path.stat().st_ino, node)
        self.assertEqual(self.proxy.connect(unix=str(path)).query("SELECT 7").value(), "7")
        self.assertEqual((data / "weir.pid").read_text(encoding="ascii").strip(), str(self.proxy.identity.pid))
        with self.proxy.admin() as admin:  # what was kept is in force, and nothing else
            self.assertEqual(admin.query("SELECT COUNT(*) FROM runtime_mysql_query_rules").value(), "0")
        second = subprocess.run([self.proxy.binary, "-D", str(data), "--listen", f"127.0.0.1:{free_port()}", "--admin-listen",
                                 f"127.0.0.1:{free_port()}"], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                timeout=60, check=False)
        self.assertEqual(second.returncode, 1)

    def test_a_signal_starts_what_the_program_is_now_and_the_service_manager_follows(self):
        with tempfile.TemporaryDirectory(prefix="weir-notify-") as directory, \
                socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager, \
                unittest.mock.patch.dict(os.environ, NOTIFY_SOCKET=f"{directory}/notify"):
            manager.bind(f"{directory}/notify")
            manager.settimeout(30)
            self.start()
            program = pathlib.Path(directory) / "weir"
            program.symlink_to(self.proxy.binary)
            self.proxy.command[0] = program
            self.ends(self.proxy.succeed())
            first = self.proxy.identity.pid
            self.assertEqual([manager.recv(100) for _ in range(3)], [b"READY=1", b"MAINPID=%d" % first, b"READY=1"])

            client = self.proxy.connect()
            client.query("BEGIN")
            program.unlink()
            program.symlink_to("/bin/false")
            process.send(self.proxy.identity, signal.SIGUSR2)
            self.eventually(lambda: "the Weir that was started has ended" in self.proxy.log_text(), "it is told")
            self.assertEqual(self.proxy.connect().query("SELECT CONNECTION_ID() > 0").value(), "1")

            program.unlink()
            program.symlink_to(self.proxy.binary)
            old = self.proxy.succeed_by_signal()
            self.assertEqual([manager.recv(100) for _ in range(2)], [b"MAINPID=%d" % self.proxy.identity.pid, b"READY=1"])
            client.query("COMMIT")
            self.ends(old)
            self.assertEqual(self.proxy.connect().query("SELECT 7").value(), "7")
            self.proxy.terminate()
            self.assertEqual(manager.recv(100), b"STOPPING=1")  # and the old ones have said nothing at their ends
            self.assertEqual(self.proxy.take_exit_code(), 0)

    def test_a_successor_that_cannot_write_its_pid_file_serves(self):
        self.start()
        settings = pathlib.Path(self.proxy.directory) / "weir.cnf"
        settings.write_text('pidfile="/nowhere/weir.pid"\n' + settings.read_text())
        self.ends(self.proxy.succeed())
        self.assertIn("the pid file cannot be written", self.proxy.log_text())
        self.assertEqual(self.proxy.connect().query("SELECT 7").value(), "7")

    def test_without_a_weir_there_is_nothing_to_take(self):
        self.start()
        lonely = pathlib.Path(self.proxy.directory) / "lonely"
        lonely.mkdir()
        run = subprocess.run([self.proxy.binary, "-D", str(lonely), "--takeover", "--listen", f"127.0.0.1:{free_port()}",
                              "--admin-listen", f"127.0.0.1:{free_port()}"], stdin=subprocess.DEVNULL, capture_output=True,
                             text=True, timeout=60, check=False)
        self.assertEqual(run.returncode, 1)
        self.assertIn("no Weir to take over from", run.stdout + run.stderr)
