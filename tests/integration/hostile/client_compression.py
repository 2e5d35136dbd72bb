"""Hostile clients whose login has agreed on compression. See client.py for the words."""

import random
import zlib

from wire.compression import algorithm, compressed_packet
from wire.packets import MAX_PAYLOAD

from .client import lives, ok, refused, rows, session
from .peer import closed, frame, half_close, header, leave, reset, step

OUT_OF_ORDER, UNCOMPRESSED, TOO_LARGE = 1156, 1157, 1153
OURS = "servers say otherwise, or nothing, of what they cannot read"
QUESTION = frame(b"\3SELECT 7" + b" " * 100)
PING = frame(b"\x0e")
BLOCK = zlib.compress(QUESTION)
SEVEN = ("7",)
FULL_FRAMES = [piece[:MAX_PAYLOAD] for piece in (header(MAX_PAYLOAD) + b"\3" + b" " * (MAX_PAYLOAD - 5),)] + \
    [b" " * 4 + header(MAX_PAYLOAD, n) + b" " * (MAX_PAYLOAD - 8) for n in (1, 2)]


@step
def below(client, data, times=1):
    """These bytes, as they are."""
    for _ in range(times):
        try:
            client.socket.socket.sendall(data)
        except ConnectionError:
            return


@step
def in_single_bytes(client, data):
    for byte in data:
        client.socket.socket.sendall(bytes([byte]))


@step
def due(client, sequence):
    """The id that the next compressed packet from there is to have."""
    client.socket.sequence = sequence


def compressed(name, *steps, compression="zlib"):
    return session(name, *steps, compression=compression, weir_only=OURS)


def wrong(name, data, errno=UNCOMPRESSED, answer=1, **options):
    """Refused; `answer` is the id of the compressed packet that says so."""
    return compressed(name, below(data), due(answer), refused(errno), **options)


def whole(plain, sequence=0):
    return compressed_packet(zlib.compress(plain), sequence, len(plain))


def as_it_is(plain, sequence=0):
    return compressed_packet(plain, sequence, 0)


LIES = (
    wrong("garbage in the place of a block", compressed_packet(b"garbage!" * 5, 0, 200)),
    wrong("a block that becomes more than it says", compressed_packet(BLOCK, 0, len(QUESTION) - 1)),
    wrong("a block that becomes one byte by its own words", compressed_packet(BLOCK, 0, 1)),
    wrong("a block that becomes less than it says", compressed_packet(BLOCK, 0, len(QUESTION) + 1)),
    wrong("a block that says 16 MB, and is none", compressed_packet(BLOCK, 0, MAX_PAYLOAD)),
    wrong("nothing that becomes something", compressed_packet(b"", 0, 50)),
    wrong("a block and a byte", compressed_packet(BLOCK + b"x", 0, len(QUESTION))),
    wrong("two blocks in one packet", compressed_packet(BLOCK * 2, 0, 2 * len(QUESTION))),
    wrong("half a block", compressed_packet(BLOCK[:-8], 0, len(QUESTION))),
    wrong("a block with another checksum", compressed_packet(BLOCK[:-1] + bytes([BLOCK[-1] ^ 1]), 0, len(QUESTION))),
    wrong("a block of deflate without zlib's header", compressed_packet(BLOCK[2:-4], 0, len(QUESTION))),
    wrong("a block of zstd in the place of zlib's", compressed_packet(algorithm("zstd").pack(QUESTION, 3), 0, len(QUESTION))),
    wrong("a block of zlib in the place of zstd's", compressed_packet(BLOCK, 0, len(QUESTION)), compression="zstd"),
    wrong("a frame of zstd that refers back 2 GB", compressed_packet(bytes.fromhex("28b52ffd04a800") + bytes(60), 0, 4000),
          compression="zstd"),
    wrong("a frame of zstd with a dictionary", compressed_packet(bytes.fromhex("28b52ffd2301020304ff") + bytes(60), 0, 400),
          compression="zstd"),
    wrong("a block that asks for a dictionary", compressed_packet(bytes.fromhex("78bb00000001") + BLOCK[2:], 0, len(QUESTION))),
)

ORDER = (
    wrong("a command that begins with id 1", whole(QUESTION, 1), OUT_OF_ORDER, answer=2),
    wrong("a command that begins with id 5", whole(QUESTION, 5), OUT_OF_ORDER, answer=6),
    wrong("a command that goes on with the same id", as_it_is(QUESTION[:50]) + as_it_is(QUESTION[50:]), OUT_OF_ORDER),
    wrong("a command that leaves an id out", as_it_is(QUESTION[:50]) + as_it_is(QUESTION[50:], 2), OUT_OF_ORDER, answer=3),
    compressed("frames whose own ids are nonsense, as servers let them be", below(as_it_is(frame(QUESTION[4:], 77))), due(1),
               rows(SEVEN), lives()),
)

PIECES = (
    compressed("a command in single bytes on the wire", in_single_bytes(whole(QUESTION)), due(1), rows(SEVEN), lives()),
    compressed("a command in 112 packets of one byte", below(b"".join(as_it_is(QUESTION[i:i + 1], i) for i in range(len(QUESTION)))),
               due(len(QUESTION)), rows(SEVEN), lives()),
    compressed("300 empty packets ahead of a command, whose ids wrap", below(b"".join(as_it_is(b"", i & 255) for i in range(300))),
               below(whole(QUESTION, 300 & 255)), due((300 & 255) + 1), rows(SEVEN), lives()),
    compressed("256 empty packets ahead of a command", below(b"".join(as_it_is(b"", i) for i in range(256))), below(whole(QUESTION)),
               due(1), rows(SEVEN), lives()),
    compressed("two commands in one packet", below(whole(QUESTION + QUESTION)), due(1), rows(SEVEN), due(1), rows(SEVEN), lives()),
    compressed("500 commands ahead, one packet each", below(as_it_is(PING) * 500),
               *[each for _ in range(500) for each in (due(1), ok())], lives()),
    compressed("a command in packets of both kinds", below(as_it_is(QUESTION[:3]) + whole(QUESTION[3:90], 1) + as_it_is(QUESTION[90:], 2)),
               due(3), rows(SEVEN), lives()),
)

SIZES = (
    wrong("a bomb: a command of 48 MB out of some kB", b"".join(
        compressed_packet(zlib.compress(frame), number, MAX_PAYLOAD) for number, frame in enumerate(FULL_FRAMES)), TOO_LARGE, answer=3),
    compressed("a command of 10 MB out of some kB", below(whole(frame(b"\3SELECT 7" + b" " * (10 << 20)))), due(1), rows(SEVEN), lives()),
    compressed("a packet that claims 16 MB, and breaks off", below(header(MAX_PAYLOAD) + b"\xff\xff\xff" + zlib.compress(bytes(1 << 20))[:500]),
               leave()),
    compressed("half a header, and a FIN", below(b"\x50\0\0\0"), half_close(), closed()),
    compressed("half a block, and a FIN", below(whole(QUESTION)[:30]), half_close(), closed()),
    compressed("half a block, and an RST", below(whole(QUESTION)[:30]), reset()),
    compressed("a command without compression", below(QUESTION), leave()),
    compressed("HTTP", below(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n" * 200), closed()),
    compressed("1 MB of chance", below(random.Random(7).randbytes(1 << 20)), leave()),
)

ROWS = LIES + ORDER + PIECES + SIZES
