"""Signals in any number, and clients who have stopped half way: nobody is disturbed, none is lost, and nothing spins."""

import os
import random
import signal
import socket
import struct
import time

from cluster import process
from wire import capabilities as caps

from .case import AdminTest
from .clients import Client
from .pair import WATCHING

SIGNALS = (signal.SIGHUP, signal.SIGUSR1, signal.SIGWINCH, signal.SIGCHLD, signal.SIGURG, signal.SIGSTOP)
STORM = 2000
HALF_MADE = 20
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class Signals(AdminTest):
    def setUp(self):
        super().setUp()
        self.proxy = self.weir(file=True, variables={**WATCHING, "connect_timeout_client": 60000})
        self.log = self.proxy.directory / "own.log"
        self.proxy.restart("--log", str(self.log))
        self.proxy.wait_for_admin()

    def half_made(self, said):
        """A client who has said so much after the greeting, and says no more."""
        sock = socket.create_connection((self.proxy.host, self.proxy.port), timeout=30)
        self.addCleanup(sock.close)
        sock.recv(4096)
        sock.sendall(said)

    def storm(self):
        chosen = random.Random(STORM)
        for _ in range(STORM):
            number = chosen.choice(SIGNALS)
            process.send(self.proxy.identity, number)
            if number == signal.SIGSTOP:
                process.send(self.proxy.identity, signal.SIGCONT)

    def pings(self, admin):
        return int(self.status(admin, "MySQL_Monitor_ping_check_OK"))

    def used_s(self):
        """Processor time until now."""
        with open(f"/proc/{self.proxy.identity.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_S

    def test_a_storm_of_signals(self):
        table = self.fresh_table("a INT PRIMARY KEY AUTO_INCREMENT", "storm")
        clients = [Client(self.proxy, lambda n: f"INSERT INTO {table} VALUES ()") for _ in range(2)]
        clients += [Client(self.proxy, lambda n: f"SELECT {n}") for _ in range(2)]
        self.started(clients)
        self.eventually(lambda: all(len(client.done) > 10 for client in clients), "all work")
        done = [len(client.done) for client in clients]
        self.storm()
        self.eventually(lambda: all(len(client.done) > n + 10 or client.errors for client, n in zip(clients, done)),
                        "all work on")
        for client in clients:
            client.stop()
            self.assertEqual(client.errors, [])
        rows = self.cluster.primary.query(f"SELECT COUNT(*) FROM {table}")
        self.assertEqual(rows, [(str(sum(len(client.done) for client in clients[:2])),)])
        self.log.rename(self.proxy.directory / "old.log")
        process.send(self.proxy.identity, signal.SIGHUP)
        self.eventually(self.log.exists, "the next signal is heard")

    def test_clients_who_have_stopped_half_way_cost_nothing(self):
        wants_tls = struct.pack("<I", caps.ORDINARY | caps.SSL) + bytes(28)
        request = len(wants_tls).to_bytes(3, "little") + b"\x01" + wants_tls
        for said in (b"", request[:2], request[:20], request, request + b"\x16\x03\x01\x02\x00\x01\x00"):
            for _ in range(HALF_MADE):
                self.half_made(said)
        with self.proxy.admin() as admin:
            pings, used_s, began = self.pings(admin), self.used_s(), time.monotonic()
            self.eventually(lambda: self.pings(admin) > pings + 10 * len(self.cluster.nodes), "some time goes by")
            share = (self.used_s() - used_s) / (time.monotonic() - began)
            self.assertGreaterEqual(int(self.status(admin, "Client_Connections_connected")), 5 * HALF_MADE)
        self.assertLess(share, 0.5, "of a processor's time")
