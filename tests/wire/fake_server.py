"""A server that lets anyone in and answers every statement with OK, or with one row that tells what it received; an
execution of a prepared statement with OK. `received` lists the texts.

For tests of what a proxy does by itself: nothing here reads or keeps data. Takes clients that know CLIENT_DEPRECATE_EOF.
"""

import socket
import socketserver
import struct
import threading

from . import capabilities as caps
from .packets import Stream, lenenc, lenenc_text

SALT = b"abcdefghijklmnopqrst"
READS = ("SELECT", "SHOW", "WITH", "EXPLAIN", "DESC", "TABLE", "VALUES", "CHECKSUM", "ANALYZE")
COM_QUIT, COM_QUERY, COM_STMT_PREPARE, COM_STMT_EXECUTE, COM_STMT_CLOSE = 0x01, 0x03, 0x16, 0x17, 0x19


def _ok(affected=0, info=b"", head=b"\0"):
    return head + lenenc(affected) + lenenc(0) + struct.pack("<HH", caps.STATUS_AUTOCOMMIT, 0) + \
        (lenenc_text(info) if info else b"")


def _column(name):
    return b"".join(lenenc_text(text) for text in (b"def", b"", b"fake", b"fake", name, name)) + \
        b"\x0c" + struct.pack("<HIBHB", 45, 65535, 253, 0, 0) + b"\0\0"


class _Session(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.stream = Stream(self.request)
        self.prepared = []
        try:
            self._greet()
            while self._answer():
                pass
        except (OSError, ValueError):
            pass  # the client went away

    def _greet(self):
        offered = caps.ORDINARY | caps.CONNECT_WITH_DB | caps.FOUND_ROWS
        self.stream.send(b"\x0a8.0.36\0" + struct.pack("<I", threading.get_ident() & 0x7FFFFFFF) + SALT[:8] + b"\0" +
                         struct.pack("<H", offered & 0xFFFF) + b"\x2d" +
                         struct.pack("<HHB", caps.STATUS_AUTOCOMMIT, offered >> 16, len(SALT) + 1) + b"\0" * 10 +
                         SALT[8:] + b"\0mysql_native_password\0")
        self.stream.receive()
        self.stream.send(_ok())

    def _answer(self):
        self.stream.sequence = 0
        packet = self.stream.receive()
        if packet[0] == COM_QUIT:
            return False
        if packet[0] in (COM_STMT_PREPARE, COM_STMT_EXECUTE, COM_STMT_CLOSE):
            return self._answer_prepared(packet)
        text = packet[1:].lstrip(b" \t\r\n(") if packet[0] == COM_QUERY else b""
        if packet[0] == COM_QUERY:
            self.server.received.append(packet[1:].decode("utf-8", "replace"))
        if text.upper().startswith(tuple(word.encode() for word in READS)):
            self.stream.send(lenenc(2))
            for name in (b"backend", b"received"):
                self.stream.send(_column(name))
            self.stream.send(lenenc_text(b"%d" % self.server.number) + lenenc_text(packet[1:]))
            self.stream.send(_ok(head=b"\xfe"))
        else:
            self.stream.send(_ok())
        return True


    def _answer_prepared(self, packet):
        if packet[0] == COM_STMT_PREPARE:
            self.prepared.append(packet[1:].decode("utf-8", "replace"))
            parameters = packet.count(b"?")
            self.stream.send(b"\0" + struct.pack("<IHHBH", len(self.prepared), 0, parameters, 0, 0))
            for _ in range(parameters):
                self.stream.send(_column(b"?"))
        elif packet[0] == COM_STMT_EXECUTE:
            self.server.received.append(self.prepared[int.from_bytes(packet[1:5], "little") - 1])
            self.stream.send(_ok())
        return True


class FakeServer(socketserver.ThreadingTCPServer):
    """Listens on a port of its own from construction to close()."""

    request_queue_size = 128  # the module's own, 5, makes many who come at once wait for a second
    daemon_threads = True

    def __init__(self, number=0):
        super().__init__(("127.0.0.1", 0), _Session)
        self.number = number
        self.received = []
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self):
        self.shutdown()
        self.server_close()
