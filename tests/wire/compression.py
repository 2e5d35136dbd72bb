"""The compressed protocol, as a socket around a socket; and zstd, which Python's library does not have, by libzstd.

MySQL: page_protocol_basic_compression.
"""

import ctypes
import ctypes.util
import zlib

HEADER_BYTES = 7
MOST_BYTES = 0xFFFFFF
WORTH_IT = 50  # bytes; MIN_COMPRESS_LENGTH of servers and clients


class _Zlib:
    @staticmethod
    def pack(plain, level):
        return zlib.compress(plain, min(level, 9))

    @staticmethod
    def unpack(block, size):
        return zlib.decompress(block, bufsize=size)


class _Zstd:
    """One frame at a time."""

    def __init__(self):
        self.library = ctypes.CDLL("libzstd.so.1")
        for name in ("ZSTD_compress", "ZSTD_decompress", "ZSTD_compressBound"):
            getattr(self.library, name).restype = ctypes.c_size_t
        self.library.ZSTD_compressBound.argtypes = [ctypes.c_size_t]
        self.library.ZSTD_compress.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int]
        self.library.ZSTD_decompress.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t]

    def pack(self, plain, level):
        room = ctypes.create_string_buffer(self.library.ZSTD_compressBound(len(plain)))
        size = self._checked(self.library.ZSTD_compress(room, len(room), bytes(plain), len(plain), level))
        return room.raw[:size]

    def unpack(self, block, size):
        room = ctypes.create_string_buffer(size)
        made = self._checked(self.library.ZSTD_decompress(room, size, bytes(block), len(block)))
        return room.raw[:made]

    def _checked(self, result):
        if self.library.ZSTD_isError(ctypes.c_size_t(result)):
            raise ValueError("zstd: what came is no frame, or a longer one")
        return result


def algorithm(name):
    return {"zlib": _Zlib, "zstd": _Zstd}[name]()


def compressed_packet(block, sequence, plain_bytes):
    """A packet whose header says that `block` becomes so many bytes; 0: it is not compressed."""
    return len(block).to_bytes(3, "little") + bytes([sequence]) + plain_bytes.to_bytes(3, "little") + block


class CompressedSocket:
    """What is sent and received through it is what is inside of compressed packets; each of them must carry the id that
    is due. `packets` are all of them, as ("sent" or "received", bytes), if `keeps` them."""

    def __init__(self, sock, name, level=3, keeps=False):
        self.socket, self.codec, self.level = sock, algorithm(name), level
        self.sequence = 0
        self.buffer, self.plain = bytearray(), bytearray()
        self.packets = [] if keeps else None
        self.bytes_sent = self.bytes_received = self.plain_sent = self.plain_received = 0

    def __getattr__(self, name):
        return getattr(self.socket, name)

    def begin_command(self):
        self.sequence = 0

    def sendall(self, data):
        for at in range(0, len(data), MOST_BYTES):
            self._send_packet(bytes(data[at:at + MOST_BYTES]))

    def _send_packet(self, plain):
        block = self.codec.pack(plain, self.level) if len(plain) >= WORTH_IT else plain
        packet = compressed_packet(block, self.sequence, len(plain)) if len(block) < len(plain) else \
            compressed_packet(plain, self.sequence, 0)
        self.sequence = (self.sequence + 1) & 0xFF
        self.plain_sent += len(plain)
        self.bytes_sent += len(packet)
        self._keep("sent", packet)
        self.socket.sendall(packet)

    def recv(self, size):
        while not self.plain:
            header = self._exactly(HEADER_BYTES)
            if not header:
                return b""
            if header[3] != self.sequence:
                raise ConnectionError(f"a compressed packet with sequence id {header[3]}, {self.sequence} was due")
            self.sequence = (self.sequence + 1) & 0xFF
            block, plain_bytes = self._exactly(int.from_bytes(header[:3], "little")), int.from_bytes(header[4:], "little")
            self._keep("received", header + block)
            plain = self.codec.unpack(block, plain_bytes) if plain_bytes else block
            if plain_bytes not in (0, len(plain)):
                raise ConnectionError(f"a compressed packet of {len(plain)} bytes, which says that it has {plain_bytes}")
            self.bytes_received += HEADER_BYTES + len(block)
            self.plain_received += len(plain)
            self.plain += plain
        piece = bytes(self.plain[:size])
        del self.plain[:size]
        return piece

    def _exactly(self, size):
        while len(self.buffer) < size:
            piece = self.socket.recv(65536)
            if not piece:
                if self.buffer:
                    raise ConnectionError("peer closed the connection within a compressed packet")
                return b""
            self.buffer += piece
        piece = bytes(self.buffer[:size])
        del self.buffer[:size]
        return piece

    def _keep(self, direction, packet):
        if self.packets is not None:
            self.packets.append((direction, packet))
