"""Frames and the integer and string encodings inside them.

MySQL: page_protocol_basic_packets, page_protocol_basic_dt_integers, page_protocol_basic_dt_strings.
"""

import socket
import struct

from .compression import CompressedSocket

MAX_PAYLOAD = 0xFFFFFF


def lenenc(value):
    """A length-encoded integer."""
    if value < 251:
        return bytes([value])
    if value < 1 << 16:
        return b"\xfc" + struct.pack("<H", value)
    if value < 1 << 24:
        return b"\xfd" + struct.pack("<I", value)[:3]
    return b"\xfe" + struct.pack("<Q", value)


def lenenc_text(text):
    """Bytes with their length in front."""
    return lenenc(len(text)) + text


class Reader:
    """A cursor over one payload. Reading past the end raises ValueError: a test must notice a short packet."""

    def __init__(self, payload):
        self.payload = payload
        self.at = 0

    def take(self, size):
        if self.at + size > len(self.payload):
            raise ValueError(f"packet ends after {len(self.payload)} bytes, {self.at + size} needed")
        piece = self.payload[self.at:self.at + size]
        self.at += size
        return piece

    def fixed(self, size):
        return int.from_bytes(self.take(size), "little")

    def lenenc(self):
        first = self.fixed(1)
        if first < 251:
            return first
        return self.fixed({0xFC: 2, 0xFD: 3, 0xFE: 8}[first])

    def text(self):
        return self.take(self.lenenc())

    def nullable_text(self):
        """A text-protocol field: None for NULL."""
        if self.payload[self.at] == 0xFB:
            self.at += 1
            return None
        return self.text()

    def nul_text(self):
        end = self.payload.index(b"\0", self.at)
        piece = self.payload[self.at:end]
        self.at = end + 1
        return piece

    def rest(self):
        return self.take(len(self.payload) - self.at)

    def left(self):
        return len(self.payload) - self.at


class Stream:
    """A socket seen as packets: splits what is sent at 16 MiB - 1, joins what is received."""

    def __init__(self, sock):
        self.socket = sock
        self.sequence = 0
        self.buffer = bytearray()

    def send(self, payload):
        """Sends one packet of any size, ending with an empty frame where its length asks for one. The one with the number
        0 is a command."""
        if self.sequence == 0 and isinstance(self.socket, CompressedSocket):
            self.socket.begin_command()
        view = memoryview(payload)
        at = 0
        while True:
            piece = view[at:at + MAX_PAYLOAD]
            header = struct.pack("<I", len(piece))[:3] + bytes([self.sequence])
            self.sequence = (self.sequence + 1) & 0xFF
            if len(piece) < 65536:
                self.socket.sendall(header + bytes(piece))
            else:
                self.socket.sendall(header)
                self.socket.sendall(piece)
            at += len(piece)
            if len(piece) < MAX_PAYLOAD:
                return

    def receive(self):
        """The next packet, joined from its frames. ConnectionError if the peer closed."""
        header = self._exactly(4)
        size = int.from_bytes(header[:3], "little")
        self.sequence = (header[3] + 1) & 0xFF
        payload = self._exactly(size)
        while size == MAX_PAYLOAD:
            header = self._exactly(4)
            size = int.from_bytes(header[:3], "little")
            self.sequence = (header[3] + 1) & 0xFF
            payload += self._exactly(size)
        return bytes(payload)

    def _exactly(self, size):
        while len(self.buffer) < size:
            wanted = max(65536, min(size - len(self.buffer), 1 << 20))
            piece = self.socket.recv(wanted)
            if not piece:
                raise ConnectionError(f"peer closed the connection, {size - len(self.buffer)} bytes missing")
            self.buffer += piece
        piece = self.buffer[:size]
        del self.buffer[:size]
        return piece

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()
