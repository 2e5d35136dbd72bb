"""Hostile load balancers: peers that Weir believes when they say for whom they connect (PROXY protocol). See client.py for
the words."""

import ipaddress
import struct

from .client import greeted, lives, login, login_in_bytes, login_with, refused, row, welcome
from .client_handshakes import BAD_HANDSHAKE, CLIENT_HELLO, OUT_OF_ORDER, SSL_REQUEST
from .peer import closed, frame, half_close, in_bytes, leave, packet, reset, send

OURS = "no server of these tests believes anybody"
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
TCP4, TCP6, UDP4 = 0x11, 0x21, 0x12
LOCAL, PROXY = 0x20, 0x21


def line(source="10.0.0.9", destination="10.0.0.1", ports="51234 3306", protocol="TCP4"):
    """A header of version 1."""
    return f"PROXY {protocol} {source} {destination} {ports}\r\n".encode()


def block(source="10.0.0.9", destination="10.0.0.1", command=PROXY, family=TCP4, more=b"", length=None):
    """A header of version 2; `length` is what it claims."""
    addresses = b"".join(ipaddress.ip_address(each).packed for each in (source, destination))
    body = addresses + struct.pack(">HH", 51234, 3306) + more
    return SIGNATURE + struct.pack(">BBH", command, family, len(body) if length is None else length) + body


def own(name, *steps):
    return row(name, *steps, weir_only=OURS)


def wrong(name, data):
    return own(name, greeted(), send(data), refused(BAD_HANDSHAKE))


GOOD = tuple(own(f"{name}, {how}", *steps) for name, data in (("version 1", line()), ("version 2", block())) for how, steps in (
    ("at once", (send(data), greeted(), login(), welcome(), lives())),
    ("behind the greeting", (greeted(), send(data), login(), welcome(), lives())),
    ("byte after byte, and the login, too", (greeted(), in_bytes(data), login_in_bytes(), welcome(), lives())),
    ("with a login and a command in one piece", (greeted(), send(data[:7]), send(data[7:]), login_with(frame(b"\x0e")),
                                                 welcome())),
)) + (
    own("no header at all", greeted(), login(), welcome(), lives()),
    own("a load balancer's own question, version 1", send(b"PROXY UNKNOWN\r\n"), greeted(), login(), welcome(), lives()),
    own("a load balancer's own question, version 2", send(block(command=LOCAL)), greeted(), login(), welcome(), lives()),
    own("addresses of UDP, which mean nothing", send(block(family=UDP4)), greeted(), login(), welcome(), lives()),
    own("2000 bytes of what else is known", send(block(more=bytes(2000))), greeted(), login(), welcome(), lives()),
)

LINES = tuple(wrong(f"a line {name}", data) for name, data in (
    ("without addresses", b"PROXY TCP4\r\n"),
    ("of an unknown protocol", line(protocol="UDP4")),
    ("with a name for an address", line(source="localhost")),
    ("with an address of the other family", line(source="fd00::9")),
    ("with an address beyond 255", line(source="10.0.0.256")),
    ("with a port beyond 65535", line(ports="65536 3306")),
    ("with a negative port", line(ports="-1 3306")),
    ("with one port", line(ports="51234")),
    ("with a word too many", line(ports="51234 3306 x")),
    ("with two blanks", line(source=" 10.0.0.9")),
    ("with a zero byte", line(source="10.0.0.9\0")),
    ("that does not end", b"PROXY TCP4 10.0.0.9 " + b"1" * 100),
    ("that does not end, and goes on for 1 MB", b"PROXY TCP4 10.0.0.9 " + b"1" * (1 << 20)),
    ("with a newline only", line().replace(b"\r", b"") + b" " * 100),
))

BLOCKS = tuple(wrong(f"a block {name}", data) for name, data in (
    ("that claims 64 kB", block(length=0xFFFF)),
    ("that claims 64 kB, and has them", block(more=bytes(0xFFFF - 12))),
    ("that claims one byte too many", block(more=bytes(2033 - 12))),
    ("without room for its addresses", block(length=11)),
    ("of IPv6 without room for it", block(family=TCP6)),
    ("of version 1", block(command=0x11)),
    ("of version 3", block(command=0x31)),
    ("with an unknown command", block(command=0x22)),
))

UNTIMELY = (
    own("a header, twice", greeted(), send(line() + line()), refused(OUT_OF_ORDER)),
    own("a header of each version", greeted(), send(block() + line()), refused(OUT_OF_ORDER)),
    own("a header behind the request for TLS", greeted(), packet(SSL_REQUEST, 1), send(line()), closed()),
    own("a header, and a ClientHello without a word", greeted(), send(line() + CLIENT_HELLO), refused(OUT_OF_ORDER)),
    own("a header behind the login", greeted(), login_with(line()), welcome(), refused(OUT_OF_ORDER)),
    own("a header in small letters", greeted(), send(line().lower()), refused(OUT_OF_ORDER)),
    own("almost a signature", greeted(), send(SIGNATURE[:11] + b"\x0b" + bytes(40)), refused(OUT_OF_ORDER)),
)

SILENCE = tuple(own(f"{name}, and {what}", greeted(), send(data), *steps) for name, data in (
    ("half a line", line()[:20]), ("half a signature", SIGNATURE[:6]), ("half a block", block()[:20]), ("a header", line()))
    for what, steps in (("nothing more", (closed(),)), ("a FIN", (leave(),)), ("an RST", (reset(),)),
                        ("half closed", (half_close(), closed()))))

ROWS = GOOD + LINES + BLOCKS + UNTIMELY + SILENCE
