"""Hostile servers until somebody has logged in there. See server.py for the words."""

import base64

from wire import capabilities as caps
from wire.packets import MAX_PAYLOAD, lenenc

from .client import fails, query
from .peer import drip, frame, half_close, header, in_bytes, reset, send
from .server import (OFFERED, QUESTION, SALT, Row, answered, asked, asks_another, err_packet, given_up, greet, greeting, let_in,
                     never_says, ok_packet, result, serves, their_login)

UNREACHED, NO_CONNECTION_IN_TIME = 9001, 9001
PASSWORD = b"secret of a hostile user"  # every user's


def row(name, *script, ends=(fails(UNREACHED),), **options):
    """Nobody gets as far as a question: the client reads that no server was reached, and asks another one."""
    return Row(name, (script,), (query(QUESTION), *ends, asks_another()), **options)


def well(name, *script, **options):
    """Odd, and nothing is wrong with it: the question is answered."""
    return Row(name, (script,), (query(QUESTION), answered(), asks_another()), **options)


def switch(plugin, data=b"tsrqponmlkjihgfedcba\0"):
    return b"\xfe" + plugin + b"\0" + data


KEY = b"-----BEGIN PUBLIC KEY-----\n" + base64.b64encode(bytes(range(200))) + b"\n-----END PUBLIC KEY-----\n"
LOCKED_KEY = KEY.replace(b"KEY-----\n", b"KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC," + b"0" * 32 + b"\n\n", 1)

GREETINGS = (
    row("closes at once"),
    row("resets at once", reset()),
    row("says nothing", given_up()),
    row("half closes", half_close(), given_up()),
    row("speaks HTTP", send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"), given_up()),
    row("speaks SSH", send(b"SSH-2.0-OpenSSH_9.2p1\r\n"), given_up()),
    row("sends zeros", send(bytes(4096)), given_up()),
    row("sends bytes of 0xff", send(b"\xff" * 4096), given_up()),
    row("greets with an empty packet", send(frame(b"")), given_up()),
    row("greets with OK", send(frame(ok_packet())), given_up()),
    row("greets with EOF", send(frame(b"\xfe\0\0\2\0")), given_up()),
    row("greets with a file request", send(frame(b"\xfb/etc/passwd")), given_up()),
    row("greets in version 9 of the protocol", send(frame(greeting(protocol=9))), given_up()),
    row("greets in version 11 of the protocol", send(frame(greeting(protocol=11))), given_up()),
    row("greets with a wrong sequence id", send(frame(greeting(), 1)), given_up()),
    row("greets out of time", drip()),
    row("claims a greeting of 16 MB", send(header(MAX_PAYLOAD - 1) + b"\x0a8.0.36\0"), given_up()),
    row("greets in frames without end", send(header(MAX_PAYLOAD) + b"\x0a" + bytes(1 << 20)), given_up()),
    row("greets with a version that does not end", send(frame(b"\x0a" + b"8" * 60000)), given_up()),
    row("speaks the protocol of MySQL 4.0", greet(offered=OFFERED & ~caps.PROTOCOL_41), given_up()),
    row("knows old passwords only", greet(offered=OFFERED & ~caps.SECURE_CONNECTION), given_up()),
    row("does not know the end of rows that is wanted", greet(offered=OFFERED & ~caps.DEPRECATE_EOF), their_login(),
        send(frame(ok_packet(), 2)), given_up()),
    row("has a scramble of 8 bytes", greet(salt=SALT[:8]), given_up()),
    row("has a scramble of 19 bytes", greet(salt=SALT[:19]), given_up()),
    row("has a scramble of 200 bytes", greet(salt=SALT * 10), given_up()),
    row("says that its scramble has 255 bytes", greet(salt_length=255), given_up()),
    row("greets twice", send(frame(greeting()) * 2), given_up()),
    well("lets in who has not said yet who he is", send(frame(greeting()) + frame(ok_packet(), 2)), their_login(), serves()),
    *(row(f"greets with {size} bytes of it", send(frame(greeting()[:size])), given_up()) for size in (1, 5, 9, 15, 20, 30, 44, 50)),
    well("greets byte for byte", in_bytes(frame(greeting())), their_login(), send(frame(ok_packet(), 2)), serves()),
    well("has a version of 50,000 bytes", greet(version=b"8.0.36" + b"x" * 50000), their_login(), send(frame(ok_packet(), 2)), serves()),
    well("names a plugin that nobody knows, and asks for none", greet(plugin=b"nobody_knows_it"), their_login(),
         send(frame(ok_packet(), 2)), serves()),
)

REFUSALS = (
    row("is full: 1040", send(frame(err_packet(1040, b"Too many connections", b"#08004"))), given_up(),
        ends=(fails(NO_CONNECTION_IN_TIME),)),
    row("has blocked us: 1129", send(frame(err_packet(1129, b"Host is blocked"))), given_up(), ends=(fails(1129),)),
    row("does not let us in: 1130", send(frame(err_packet(1130, b"Host is not allowed", b""))), given_up(), ends=(fails(1130),)),
    row("is starting: 1105", send(frame(err_packet(1105))), given_up(), ends=(fails(1105),)),
    row("refuses with half an error", send(frame(b"\xff\x10")), given_up()),
    row("refuses with an error of one byte", send(frame(b"\xff")), given_up()),
    row("refuses with an error of 60 kB", send(frame(err_packet(1130, b"x" * 60000))), given_up(), ends=(fails(1130),)),
    row("refuses with an error of 100 kB", send(frame(err_packet(1130, b"x" * 100000))), given_up()),
    row("refuses with an error that is no UTF-8", send(frame(err_packet(1130, b"\xff\0\xc0\r\n\x1b[2J"))), given_up(),
        ends=(fails(1130),)),
    row("denies the user: 1045", greet(), their_login(), send(frame(err_packet(1045, b"Access denied", b"#28000"), 2)), given_up(),
        ends=(fails(1045),)),
    row("is full when he has logged in: 1040", greet(), their_login(), send(frame(err_packet(1040), 2)), given_up(),
        ends=(fails(NO_CONNECTION_IN_TIME),)),
)


def login(name, *script, **options):
    """A row whose server has greeted, and been told who comes."""
    return row(name, greet(), their_login(), *script, **options)


LOGINS = (
    login("closes on a login"),
    login("resets on a login", reset()),
    login("does not answer a login", given_up()),
    login("answers a login by an empty packet", send(frame(b"", 2)), given_up()),
    login("answers a login with a wrong sequence id", send(frame(ok_packet(), 5)), given_up()),
    login("answers a login by half an OK", send(frame(b"\0\0\0", 2)), given_up()),
    login("answers a login by OK and bytes behind it", send(frame(ok_packet(more=b"\xfa\xfa\xfa"), 2)), given_up()),
    login("answers a login by two OKs", send(frame(ok_packet(), 2) + frame(ok_packet(), 3)), given_up()),
    login("answers a login by rows", send(result(b"x")), given_up()),
    login("answers a login by a file request", send(frame(b"\xfb/etc/passwd", 2)), given_up()),
    login("answers a login by 0x09", send(frame(b"\x09", 2)), given_up()),
    login("claims an OK of 16 MB", send(header(MAX_PAYLOAD - 1, 2) + b"\0"), given_up()),
    login("asks for a plugin that nobody knows", send(frame(switch(b"nobody_knows_it"), 2)), given_up(), ends=(fails(1045),)),
    login("asks for a plugin of 60 kB", send(frame(switch(b"p" * 60000), 2)), given_up(), ends=(fails(1045),)),
    login("asks for the password scheme of MySQL 4.0", send(frame(b"\xfe", 2)), given_up(), ends=(fails(1045),)),
    login("asks for a plugin without the end of its name", send(frame(b"\xfemysql_native", 2)), given_up()),
    login("asks for a plugin with 3 bytes of scramble", send(frame(switch(b"mysql_native_password", b"abc\0"), 2)), given_up()),
    login("asks for the password in clear text", send(frame(switch(b"mysql_clear_password", b""), 2)), never_says(PASSWORD),
          ends=(fails(1045),)),
    login("asks for another plugin for ever", *[send(frame(switch(b"mysql_native_password"), n)) for n in range(2, 40, 2)],
          given_up()),
    login("asks for more for ever", send(frame(switch(b"caching_sha2_password"), 2)),
          *[send(frame(b"\1\3", n)) for n in range(4, 40)], given_up()),
    login("wants full authentication, and sends no key", send(frame(switch(b"caching_sha2_password"), 2) + frame(b"\1\4", 4)),
          never_says(PASSWORD)),
    login("wants full authentication, and its key is garbage", send(frame(switch(b"caching_sha2_password"), 2)),
          send(frame(b"\1\4", 4)), send(frame(b"\1" + KEY, 6)), never_says(PASSWORD)),
    login("wants full authentication, and its key wants a pass phrase", send(frame(switch(b"caching_sha2_password"), 2)),
          send(frame(b"\1\4", 4)), send(frame(b"\1" + LOCKED_KEY, 6)), never_says(PASSWORD)),
    login("sends a key that nobody has asked for", send(frame(switch(b"caching_sha2_password"), 2)),
          send(frame(b"\1" + KEY, 4)), never_says(PASSWORD)),
    login("says more to a plugin that has no more to say", send(frame(b"\1" + lenenc(5) + b"hello", 2)), given_up()),
    Row("lets in, and closes", ((let_in(),),), (query(QUESTION), fails(1927), asks_another())),
    Row("lets in once, and then nobody", ((let_in(), asked()), (send(frame(err_packet(1130))), given_up())),
        (query(QUESTION), fails(1130), asks_another())),
    Row("lets in byte for byte", ((in_bytes(frame(greeting())), their_login(), in_bytes(frame(ok_packet(), 2)), serves()),),
        (query(QUESTION), answered(), asks_another())),
)

ROWS = GREETINGS + REFUSALS + LOGINS
