#!/usr/bin/env python3
"""Captures a server's packets for tests/golden: capture.py SOCKET > FILE

SOCKET is the Unix socket of a throw-away server whose root has no password; schema "golden" is created in it, and
its max_connections is lowered for a moment. One line per packet: name, colon, the packet in hexadecimal.
"""
import socket
import struct
import sys

LONG_PASSWORD, PROTOCOL_41, TRANSACTIONS, SECURE = 1, 0x200, 0x2000, 0x8000
MULTI_STATEMENTS, MULTI_RESULTS, PS_MULTI_RESULTS, PLUGIN_AUTH = 1 << 16, 1 << 17, 1 << 18, 1 << 19
SESSION_TRACK, DEPRECATE_EOF = 1 << 23, 1 << 24
BASE = LONG_PASSWORD | PROTOCOL_41 | TRANSACTIONS | SECURE | MULTI_STATEMENTS | MULTI_RESULTS | PS_MULTI_RESULTS
QUERY, INIT_DB, STATISTICS, FIELD_LIST, PREPARE, EXECUTE, FETCH = 3, 2, 9, 4, 0x16, 0x17, 0x1C


class Client:
    def __init__(self, path, prefix, caps):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(10)
        self.sock.connect(path)
        self.prefix, self.caps, self.lines = prefix, caps | BASE | PLUGIN_AUTH, []
        self.greeting = self.packet("greeting")

    def take(self, count):
        data = b""
        while len(data) < count:
            part = self.sock.recv(count - len(data))
            if not part:
                raise EOFError("server closed the connection")
            data += part
        return data

    def packet(self, name):
        head = self.take(4)
        payload = self.take(int.from_bytes(head[:3], "little"))
        self.lines.append((f"{self.prefix}.{name}", head + payload))
        return payload

    def send(self, sequence, payload):
        self.sock.sendall(struct.pack("<I", len(payload))[:3] + bytes([sequence]) + payload)

    def login(self):
        plugin = self.greeting.rstrip(b"\0").split(b"\0")[-1]
        login = struct.pack("<IIB23x", self.caps, 1 << 24, 45) + b"root\0" + b"\0" + plugin + b"\0"
        self.lines.append((f"{self.prefix}.login", struct.pack("<I", len(login))[:3] + b"\1" + login))
        self.send(1, login)
        self.packet("login_reply")

    def ends(self, payload):
        return payload[0] == 0xFE and len(payload) < 0xFFFFFF

    def command(self, name, code, argument=b""):
        """One command whose reply is one packet."""
        self.send(0, bytes([code]) + argument)
        return self.packet(name)

    def columns(self, name, code, argument, ended):
        head = self.command(f"{name}.head", code, argument)
        for i in range(head[0]):
            self.packet(f"{name}.column{i}")
        if ended:
            self.packet(f"{name}.columns_end")

    def rows(self, name, code, argument):
        """One command whose reply is a result set."""
        self.columns(name, code, argument, not self.caps & DEPRECATE_EOF)
        self.tail(name)

    def cursor(self, name, statement, parameters):
        """An execute that opens a cursor, and fetches until its end."""
        self.columns(name, EXECUTE, struct.pack("<IBI", statement, 1, 1) + parameters, True)
        self.send(0, bytes([FETCH]) + struct.pack("<II", statement, 10))
        self.tail(name)

    def tail(self, name):
        number = 0
        while True:
            payload = self.packet(f"{name}.next{number}")
            if self.ends(payload) or payload[0] == 0xFF:
                return
            number += 1

    def prepare(self, name, text):
        head = self.command(f"{name}.head", PREPARE, text)
        columns, parameters = struct.unpack_from("<HH", head, 5)
        for kind, count in (("parameter", parameters), ("column", columns)):
            for i in range(count):
                self.packet(f"{name}.{kind}{i}")
            if count and not self.caps & DEPRECATE_EOF:
                self.packet(f"{name}.{kind}s_end")
        return struct.unpack_from("<I", head, 1)[0]


def tour(path, prefix, caps):
    client = Client(path, prefix, caps)
    client.login()
    for statement in (b"CREATE DATABASE IF NOT EXISTS golden", b"DROP TABLE IF EXISTS golden.t"):
        client.command("setup", QUERY, statement)
    client.command("init_db", INIT_DB, b"golden")
    client.command("create", QUERY, b"CREATE TABLE t (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20))")
    client.command("insert", QUERY, b"INSERT INTO t (name) VALUES ('one'), ('two'), (NULL)")
    client.command("update", QUERY, b"UPDATE t SET name = 'zwei' WHERE id = 2")
    client.command("set_variables", QUERY, b"SET autocommit = 0, sql_mode = 'ANSI_QUOTES', time_zone = '+01:00'")
    client.command("start", QUERY, b"START TRANSACTION READ ONLY")
    client.rows("rows", QUERY, b"SELECT id, name, 'x' AS literal FROM t ORDER BY id")
    client.rows("no_rows", QUERY, b"SELECT id FROM t WHERE id < 0")
    client.command("commit", QUERY, b"COMMIT")
    client.command("error", QUERY, b"SELECT * FROM missing")
    client.rows("error_in_rows", QUERY, b"SELECT CASE id WHEN 1 THEN 'a' ELSE (SELECT 1 UNION SELECT 2) END FROM t")
    client.rows("multi", QUERY, b"SELECT 1; DO 1")
    client.packet("multi.second")
    client.command("statistics", STATISTICS)
    client.send(0, bytes([FIELD_LIST]) + b"t\0")
    client.tail("field_list")
    statement = client.prepare("prepare", b"SELECT id, name FROM t WHERE id = ? AND name <> ?")
    client.prepare("prepare_bare", b"DO 1")
    client.command("prepare_error", PREPARE, b"SELECT FROM")
    one_and_x = b"\0\1\x08\0\xfd\0" + struct.pack("<q", 1) + b"\1x"
    client.rows("execute", EXECUTE, struct.pack("<IBI", statement, 0, 1) + one_and_x)
    client.cursor("cursor", statement, one_and_x)
    return client.lines


def too_many(path):
    admin = Client(path, "", 0)
    admin.login()
    admin.command("", QUERY, b"SET GLOBAL max_connections = 10")
    clients = []
    while not clients or clients[-1].greeting[0] != 0xFF:
        clients.append(Client(path, "too_many", 0))
    admin.command("", QUERY, b"SET GLOBAL max_connections = 151")
    return clients[-1].lines


def main():
    path = sys.argv[1]
    lines = tour(path, "tracked", SESSION_TRACK | DEPRECATE_EOF) + tour(path, "plain", 0) + too_many(path)
    version = lines[0][1][5:].split(b"\0")[0].decode()
    family = "MariaDB" if "MariaDB" in version else "MySQL"
    print(f"# {family} {version}, captured with tests/golden/capture.py from a fresh server with root without password")
    for name, wire in lines:
        print(f"{name}: {wire.hex(' ')}")


main()
