#!/usr/bin/env python3
"""Measures how long Weir takes to refuse a wrong password, for names that have an account and for names that have none, for each
form of stored passwords and each way to log in. Prints medians and quartiles; judges nothing: a difference that is far
below the quartiles' distance tells nobody anything.

Known and unknown names take turns, over a Unix socket, so that as little as can be is between the clocks and Weir.
"""

import argparse
import os
import pathlib
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent

# CLIENT_LONG_PASSWORD, PROTOCOL_41, SECURE_CONNECTION, PLUGIN_AUTH
CAPS = 0x1 | 0x200 | 0x8000 | 0x80000
FULL_AUTHENTICATION, SWITCH, MORE, ERROR = b"\x01\x04", 0xFE, 0x01, 0xFF
NATIVE, SHA2 = "mysql_native_password", "caching_sha2_password"
ANSWER_BYTES = {NATIVE: 20, SHA2: 32}
NAMES = 50  # of each kind, all of the same length

FORMS = {
    "clear text": "'secret' || username",
    "native hash": "MYSQL_NATIVE_PASSWORD('secret' || username)",
    "sha2 hash": "CACHING_SHA2_PASSWORD('secret' || username)",
    "half of them each": "CASE WHEN username % 2 THEN CACHING_SHA2_PASSWORD(username) ELSE MYSQL_NATIVE_PASSWORD(username) END",
}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weir", type=pathlib.Path, default=ROOT / "build/release/weir")
    parser.add_argument("--logins", type=int, default=4000, help="of each kind of name, form and way; %(default)s")
    return parser.parse_args()


class Login:
    """One login that is refused: how long its answers took, in microseconds, from the last byte sent to each."""

    def __init__(self, path, user, plugin):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(path))
        self.receive()
        answer = os.urandom(ANSWER_BYTES[plugin])
        payload = struct.pack("<IIB23x", CAPS, 1 << 24, 45) + user.encode() + b"\0"
        payload += bytes([len(answer)]) + answer + plugin.encode() + b"\0"
        self.times_us = []
        reply = self.ask(payload, 1)
        sequence = 3
        while reply[0] != ERROR:
            if reply[0] == SWITCH:
                reply = self.ask(os.urandom(ANSWER_BYTES[reply[1:reply.index(0)].decode()]), sequence)
            elif reply == FULL_AUTHENTICATION:
                reply = self.ask(b"wrong\0", sequence)
            else:
                raise SystemExit(f"unexpected: {reply!r}")
            sequence += 2
        self.socket.close()

    def ask(self, payload, sequence):
        packet = struct.pack("<I", len(payload))[:3] + bytes([sequence]) + payload
        began = time.perf_counter_ns()
        self.socket.sendall(packet)
        reply = self.receive()
        self.times_us.append((time.perf_counter_ns() - began) / 1000)
        return reply

    def receive(self):
        data = b""
        while len(data) < 4 or len(data) < 4 + int.from_bytes(data[:3], "little"):
            part = self.socket.recv(65536)
            if not part:
                raise SystemExit(f"closed after {data!r}")
            data += part
        return data[4:]


class Weir:
    """Without servers, with accounts 100000000 to 100000049 in one form; nobody is held up for failing."""

    def __init__(self, binary, form):
        self.folder = tempfile.TemporaryDirectory(prefix="weir-login-times-")
        self.path = pathlib.Path(self.folder.name) / "client.sock"
        admin = pathlib.Path(self.folder.name) / "admin.sock"
        config = pathlib.Path(self.folder.name) / "weir.cnf"
        config.write_text(f'datadir="{self.folder.name}"\n'
                          f'admin_variables = {{ mysql_ifaces="{admin}"; }}\n'
                          f'mysql_variables = {{ interfaces="{self.path}"; threads=1; max_failed_logins=0; '
                          'monitor_enabled="false"; }\n')
        self.process = subprocess.Popen([binary, "-c", config, "-D", self.folder.name], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        until = time.monotonic() + 30
        while not (self.path.exists() and admin.exists()):
            if time.monotonic() > until or self.process.poll() is not None:
                raise SystemExit("weir did not start")
            time.sleep(0.02)
        sys.path.insert(0, str(ROOT / "tests"))
        from wire import Connection  # noqa: PLC0415
        with Connection(unix=str(admin), user="admin", password="admin") as control:
            control.query(f"WITH RECURSIVE n(x) AS (SELECT 100000000 UNION ALL SELECT x + 1 FROM n LIMIT {NAMES}) "
                          "INSERT INTO mysql_users(username, password) SELECT x, x FROM n")
            control.query(f"UPDATE mysql_users SET password = {FORMS[form]}")
            control.query("LOAD MYSQL USERS TO RUNTIME")

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.folder.cleanup()


def measure(weir, plugin, logins):
    """{number of messages: ([times of the last answer, known], [unknown])}"""
    times = {}
    for number in range(logins):
        for unknown in (0, 1):
            user = str(100000000 + number % NAMES + unknown * 500)
            login = Login(weir.path, user, plugin)
            times.setdefault(len(login.times_us), ([], []))[unknown].append(login.times_us[-1])
    return times


def shown(values):
    if len(values) < 2:
        return f"{len(values):6} logins{'':30}"
    low, middle, high = statistics.quantiles(values, n=4)
    return f"{len(values):6} logins {middle:8.1f} us ({low:.1f} .. {high:.1f})".ljust(44)


def main():
    options = parse_arguments()
    print(f"{'stored':18} {'asked for':22} answers  {'known':44} unknown")
    for form in FORMS:
        weir = Weir(options.weir, form)
        try:
            for plugin in (NATIVE, SHA2):
                for answers, (known, unknown) in sorted(measure(weir, plugin, options.logins).items()):
                    print(f"{form:18} {plugin:22} {answers:7}  {shown(known)} {shown(unknown)}", flush=True)
        finally:
            weir.stop()


if __name__ == "__main__":
    main()
