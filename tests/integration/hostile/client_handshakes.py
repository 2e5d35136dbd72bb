"""Hostile clients before they have logged in. See client.py for the words."""

from wire import capabilities as caps
from wire.packets import MAX_PAYLOAD, lenenc, lenenc_text

from .client import (NATIVE, SHA2, err, greeted, lives, login, login_in_bytes, login_with, ok, proof, query,
                     refused, row, rows, switched, welcome)
from .peer import FULL, closed, closed_in_silence, drip, frame, half_close, header, in_bytes, leave, packet, reset, send

BAD_HANDSHAKE, OUT_OF_ORDER, DENIED, UNKNOWN_SCHEMA = 1043, 1156, 1045, 1049
TIME = "its limit of time is shorter than a server's"
FLAG = "servers take the flag of TLS in any packet for a request"
WHOLE = "servers refuse what a Weir can do without"
OWN = "the plugin that Weir offers, or the greeting's, is its own choice"

CLIENT_HELLO = bytes.fromhex("16030100c8010000c40303") + bytes(range(32)) + bytes(162)
SSL_REQUEST = (caps.ORDINARY | caps.SSL).to_bytes(4, "little") + (1 << 24).to_bytes(4, "little") + b"\x2d" + bytes(23)
PING, SELECT_1 = frame(b"\x0e"), frame(b"\x03SELECT 1")

# What other programs say first: (name, bytes, what Weir answers).
STRANGERS = (
    ("an HTTP request", b"GET / HTTP/1.1\r\nHost: weir\r\n\r\n", OUT_OF_ORDER),
    ("a TLS ClientHello without a word before it", CLIENT_HELLO, OUT_OF_ORDER),
    ("an SSH banner", b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", OUT_OF_ORDER),
    ("a PROXY header, version 1", b"PROXY TCP4 10.0.0.1 10.0.0.2 40000 3306\r\n", OUT_OF_ORDER),
    ("a PROXY header, version 2", b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + bytes(12), OUT_OF_ORDER),
    ("a Redis command", b"*1\r\n$4\r\nPING\r\n", OUT_OF_ORDER),
    ("a startup packet of PostgreSQL", b"\0\0\0\x25\0\x03\0\0user\0app\0database\0test\0application_\0", OUT_OF_ORDER),
    ("a message of MongoDB", b"\x3f\0\0\0\x01\0\0\0\0\0\0\0\xd4\x07\0\0" + bytes(47), OUT_OF_ORDER),
    ("X protocol", b"\x05\0\0\0\x01\x08\x01\x12\0", OUT_OF_ORDER),
    ("zeros", bytes(4096), OUT_OF_ORDER),
    ("bytes of 0xff", b"\xff" * 4096, OUT_OF_ORDER),
    ("letters, numbered rightly", frame(b"q" * 100, 1), BAD_HANDSHAKE),
    ("all bytes there are", bytes(range(256)) * 16, OUT_OF_ORDER),
)


def hello(name, *steps, **options):
    """A row whose client has read the greeting."""
    return row(name, greeted(), *steps, **options)


SILENCE = (
    row("nothing at all", closed(), weir_only=TIME),
    row("a header without its last byte", send(header(100, 1)[:3]), closed(), weir_only=TIME),
    row("half a login", greeted(), send(header(180, 1) + bytes(40)), closed(), weir_only=TIME),
    row("a login, byte after byte, that never ends", send(header(60000, 1)), drip(), weir_only=TIME),
    row("16 MB that are claimed, and hardly any come", send(header(MAX_PAYLOAD - 1, 1) + bytes(10)), greeted(),
        refused(BAD_HANDSHAKE), weir_only="a server waits for the bytes"),
    row("a frame of a packet that has no end", send(header(MAX_PAYLOAD, 1) + bytes(1000)), greeted(),
        refused(BAD_HANDSHAKE), weir_only="a server waits for the bytes"),
    row("60 kB that are claimed, and half closed", send(header(60000, 1) + b"abc"), half_close(), closed()),
    row("half closed at once", half_close(), closed()),
    row("a FIN at once", leave()),
    row("an RST at once", reset()),
    hello("an RST behind the greeting", reset()),
    hello("an RST within the login", send(header(180, 1) + bytes(40)), reset()),
)

GARBAGE = tuple(row(name, send(data), greeted(), refused(errno)) for name, data, errno in STRANGERS) + (
    row("an HTTP request, byte for byte", greeted(), in_bytes(STRANGERS[0][1][:10]), refused(OUT_OF_ORDER)),
    hello("a request for TLS, and nothing more", packet(SSL_REQUEST, 1), closed(), weir_only=TIME),
    hello("a request for TLS, and half a hello", send(frame(SSL_REQUEST, 1) + CLIENT_HELLO[:40]), closed(), weir_only=TIME),
    hello("a request for TLS, and an RST", packet(SSL_REQUEST, 1), reset()),
    hello("a request for TLS, and a hello of zeros", send(frame(SSL_REQUEST, 1) + CLIENT_HELLO[:5] + bytes(200)), closed()),
    hello("a request for TLS, and HTTP", send(frame(SSL_REQUEST, 1) + b"GET / HTTP/1.1\r\n\r\n"), closed()),
    hello("a request for TLS, and a command in plain", send(frame(SSL_REQUEST, 1) + SELECT_1), closed()),
    hello("a request for TLS, and records without end", send(frame(SSL_REQUEST, 1) + b"\x16\x03\x01\x40\0" + bytes(200000)),
          closed()),
    hello("a request for TLS, twice", send(frame(SSL_REQUEST, 1) + frame(SSL_REQUEST, 2)), closed()),
    hello("an empty packet", packet(b"", 1), refused(BAD_HANDSHAKE)),
    hello("a packet of one byte", packet(b"\1", 1), refused(BAD_HANDSHAKE)),
    hello("COM_QUIT with the login's number", packet(b"\1", 1), refused(BAD_HANDSHAKE)),
    hello("a command without a login", send(SELECT_1), refused(OUT_OF_ORDER)),
    hello("commands without a login, many", send(SELECT_1 * 5000), refused(OUT_OF_ORDER)),
    hello("an OK", packet(b"\0\0\0\2\0\0\0", 1), refused(BAD_HANDSHAKE)),
    hello("an ERR", packet(b"\xff\x15\x04#28000Access denied", 1), refused(BAD_HANDSHAKE)),
    hello("the greeting, back to the server", packet(b"\x0a8.0.36\0" + bytes(70), 1), refused(BAD_HANDSHAKE), weir_only=FLAG),
)

SEQUENCES = tuple(hello(f"a login numbered {number}", send(frame(bytes(60), number)), refused(OUT_OF_ORDER))
                  for number in (0, 2, 255))

# A login of 100 and some bytes, cut where a field begins or within one.
CUTS = tuple(hello(f"a login of {size} bytes", login(cut=size), refused(BAD_HANDSHAKE))
             for size in (3, 4, 8, 9, 31, 32, 34, 36, 50))

LENGTHS = tuple(hello(f"a password of which the length says {name}", login(auth=auth), refused(BAD_HANDSHAKE))
                for name, auth in (
    ("250, with 20 bytes", b"\xfa" + bytes(20)),
    ("65,535", b"\xfc\xff\xff" + bytes(20)),
    ("16 MB", b"\xfd\xff\xff\xff" + bytes(20)),
    ("2^63 - 1", b"\xfe" + b"\xff" * 7 + b"\x7f" + bytes(20)),
    ("2^64 - 1", b"\xfe" + b"\xff" * 8 + bytes(20)),
    ("nothing, for the packet ends in it", b"\xfe\1"))) + (
    hello("a password whose length is NULL", login(auth=b"\xfb", cut=37), refused(BAD_HANDSHAKE)),
    hello("a password whose length is an error's header", login(auth=b"\xff", cut=37), refused(BAD_HANDSHAKE)),
    hello("a password of one byte for its length, which says 255", login(minus=caps.PLUGIN_AUTH_LENENC, auth=b"\xff" + bytes(20)),
          refused(BAD_HANDSHAKE)),
    hello("attributes longer than the packet", login(attributes=lenenc(1000) + b"abcde"), refused(BAD_HANDSHAKE)),
    hello("attributes of 2^64 - 1 bytes", login(attributes=b"\xfe" + b"\xff" * 8 + b"abcde"), refused(BAD_HANDSHAKE)),
    hello("attributes of more than 64 kB", login(attributes=lenenc_text(bytes(70000))), refused(BAD_HANDSHAKE)),
    hello("a login of 1 MB", login(user=b"a" * (1 << 20)), refused(BAD_HANDSHAKE)),
)

CAPABILITIES = (
    hello("no capabilities at all", login(capabilities=0, cut=60), refused(BAD_HANDSHAKE)),
    hello("a client of MySQL 4.0", login(minus=caps.PROTOCOL_41), refused(BAD_HANDSHAKE)),
    hello("a client without SECURE_CONNECTION", login(minus=caps.SECURE_CONNECTION | caps.PLUGIN_AUTH_LENENC),
          refused(BAD_HANDSHAKE), weir_only="MySQL 9 waits for more of it"),
    hello("every capability there is, of which TLS was not offered", login(plus=0xFFFFFFFF & ~(caps.CONNECT_WITH_DB | caps.COMPRESS | caps.ZSTD)),
          welcome(), lives(), weir_only=FLAG),
    hello("compression, and commands without it", login(plus=caps.COMPRESS), welcome(), send(header(9) + b"\3SELECT 1" * 9),
          closed(), weir_only=OWN),
    hello("extended capabilities of MariaDB, in the name of MySQL", login(reserved=b"\xff" * 23), welcome(), lives()),
    hello("attributes that are not there", login(attributes=b""), welcome(), lives(), weir_only=WHOLE),
    hello("attributes that break off", login(attributes=lenenc_text(b"\5short\xfa")), welcome(), lives()),
    hello("an attribute that is longer than all of them", login(attributes=lenenc_text(b"\xfc\xff\xffabc")), welcome(), lives()),
    hello("attributes of 60 kB", login(attributes=lenenc_text((lenenc_text(b"n" * 99) + lenenc_text(b"v" * 99)) * 300)),
          welcome(), lives()),
    hello("30,000 attributes of nothing", login(attributes=lenenc_text(b"\0\0" * 30000)), welcome(), lives()),
    hello("a plugin that is not named", login(bare_plugin=True, plugin="", auth=b"\0"), switched(), proof(), welcome(), lives(),
          weir_only=OWN),
    hello("a plugin that nobody knows", login(plugin="nobody_knows_it"), switched(), proof(), welcome(), lives(), weir_only=OWN),
    hello("a plugin's name of 30 kB", login(plugin="p" * 30000), switched(), proof(), welcome(), lives(), weir_only=OWN),
    hello("a plugin's name without its end", login(bare_plugin=True), welcome(), lives(), weir_only=WHOLE),
    hello("a packet size of nothing", login(max_packet=0), welcome(), lives()),
    hello("a packet size of 4 GB", login(max_packet=0xFFFFFFFF), welcome(), lives()),
    hello("a collation that is none", login(collation=0), welcome(), lives()),
    hello("a collation that nobody has", login(collation=0xFE), welcome(), lives()),
    hello("bytes behind the login's last field", login(more=b"behind it"), welcome(), lives()),
)

NAMES = (
    hello("nobody", login(user=b""), refused(DENIED)),
    hello("a user of 60,000 bytes", login(user=b"u" * 60000), refused(DENIED)),
    hello("a user who is no UTF-8", login(user=b"\xff\xfe\xc0\x80"), refused(DENIED)),
    hello("a user who is a statement", login(user=b"' OR 1=1 -- "), refused(DENIED)),
    hello("a user with a line end and an escape sequence", login(user=b"app\r\n\x1b[2J"), refused(DENIED)),
    hello("a user in capitals", login(user=b"APP"), refused(DENIED)),
    hello("a wrong password", login(password=b"wrong"), refused(DENIED)),
    hello("no password", login(auth=b"\0"), refused(DENIED)),
    hello("a password of one zero byte", login(auth=b"\1\0"), refused(DENIED)),
    hello("a password of 19 bytes", login(auth=lenenc_text(bytes(19))), refused(DENIED)),
    hello("a password of 250 bytes", login(auth=lenenc_text(b"p" * 250)), refused(DENIED)),
    hello("a password of 10,000 bytes", login(auth=lenenc_text(b"p" * 10000)), refused(DENIED)),
    hello("a schema that is not there", login(database=b"not_there"), refused(UNKNOWN_SCHEMA)),
    hello("a schema with a backquote", login(database=b"x`; DROP DATABASE test; #"), refused(UNKNOWN_SCHEMA)),
    hello("a schema without its end", login(database=b"test", bare_database=True), switched(), proof(), welcome(), lives(),
          weir_only=OWN),
    hello("a schema of 50,000 bytes", login(database=b"d" * 50000), closed()),
)

SWITCH = dict(plugin="nobody_knows_it")
CONVERSATIONS = (
    hello("a switch that is answered by half a connection", login(**SWITCH), switched(), half_close(), closed_in_silence(),
          weir_only=OWN),
    hello("a switch that is not answered", login(**SWITCH), switched(), closed_in_silence(), weir_only=TIME),
    hello("a switch that is answered by an RST", login(**SWITCH), switched(), reset()),
    hello("a switch that is answered by nothing", login(**SWITCH), switched(), packet(b""), refused(DENIED), weir_only=OWN),
    hello("a switch that is answered by garbage", login(**SWITCH), switched(), packet(b"x" * 20), refused(DENIED),
          weir_only=OWN),
    hello("a switch that is answered by 60 kB", login(**SWITCH), switched(), packet(b"x" * 60000), refused(DENIED),
          weir_only=OWN),
    hello("a switch that is answered by 16 MB", login(**SWITCH), switched(), packet(b"x" * 0xFFFFFE), refused(BAD_HANDSHAKE),
          weir_only=OWN),
    hello("a switch that is answered by frames without end", login(**SWITCH), switched(),
          send(header(MAX_PAYLOAD, 3) + bytes(1 << 20)), refused(BAD_HANDSHAKE), weir_only=OWN),
    hello("a switch that is answered out of order", login(**SWITCH), switched(), packet(b"x" * 20, 7), refused(OUT_OF_ORDER),
          weir_only=OWN),
    hello("a switch that is answered by a second login", login(**SWITCH), switched(), packet(bytes(32) + b"app\0"),
          refused(DENIED), weir_only=OWN),
    hello("a switch that is answered by a command", login(**SWITCH), switched(), query("SELECT 1"), refused(OUT_OF_ORDER),
          weir_only=OWN),
    hello("a request for TLS in the place of an answer", login(**SWITCH), switched(), packet(SSL_REQUEST), refused(DENIED),
          weir_only=OWN),
    hello("another plugin than the greeting's, rightly answered", login(plugin=SHA2), welcome(), lives(), weir_only=OWN),
    hello("another plugin than the greeting's, and garbage", login(plugin=SHA2, auth=lenenc_text(b"x" * 32)), refused(DENIED),
          weir_only=OWN),
    hello("another plugin than the greeting's, and 31 bytes", login(plugin=SHA2, auth=lenenc_text(b"x" * 31)), refused(DENIED),
          weir_only=OWN),
    hello("the answer for another plugin", login(plugin=NATIVE, auth=lenenc_text(b"x" * 32)), refused(DENIED), weir_only=OWN),
)

EARLY = (
    hello("a login, byte for byte", login_in_bytes(), welcome(), lives()),
    hello("a login, and an RST before its answer", login(), reset()),
    hello("a login, half closed", login(), half_close(), closed()),
    hello("a second login", login_with(frame(bytes(60), 2)), welcome(), refused(OUT_OF_ORDER)),
    hello("a question behind the login", login_with(SELECT_1), welcome(), rows(("1",)), lives()),
    hello("1,000 pings behind the login", login_with(PING * 1000), welcome(), ok(times=1000), lives()),
    hello("300 kB of pings behind the login", login_with(PING * 60000), welcome(), ok(times=60000), lives()),
    hello("commands behind a wrong login", login_with(SELECT_1 * 100, password=b"wrong"), refused(DENIED)),
    hello("COM_QUIT behind the login", login_with(frame(b"\1")), welcome(), closed_in_silence()),
    hello("an empty packet behind the login", login_with(frame(b"")), welcome(), err(1047), lives()),
    hello("a frame without end behind the login", login_with(FULL + b"\x03SELECT 1"), welcome(), half_close(), closed()),
)

ROWS = SILENCE + GARBAGE + SEQUENCES + CUTS + LENGTHS + CAPABILITIES + NAMES + CONVERSATIONS + EARLY
