"""Hostile servers that have let Weir in: what they answer, or do not. See server.py for the words."""

import struct
import threading

from wire import capabilities as caps
from wire.packets import MAX_PAYLOAD, lenenc, lenenc_text

from .client import fails, ok, packets, query, rows
from .peer import closed, frame, half_close, header, in_bytes, reset, send, tells, waits_for
from .server import (END, KILLED, QUESTION, Row, answer, answered, asked, asks_another, column, err_packet, given_up, let_in, ok_packet, result,
                     serves)

LOST, TIMED_OUT, IN_TRANSACTION = 1927, 1907, 1
MORE, CURSOR, CHANGED = 8, 64, 1 << 14
WRITE = "DELETE FROM hostile"
SPOKEN = threading.Event()


def row(name, *script, ends=(fails(LOST),), sql=QUESTION, **options):
    """The client's question meets this, each time that it is asked; then he asks another server."""
    return Row(name, ((let_in(), asked(), *script),), (query(sql), *ends, asks_another()), **options)


def over(name, *script, sql=QUESTION, **options):
    """The same; nothing can be said within a packet, and the session ends."""
    return Row(name, ((let_in(), asked(), *script),), (query(sql), closed()), **options)


def stalled(name, *script, ends=(fails(TIMED_OUT),), sql=QUESTION, lives_on=True, **options):
    """The same, and then silence, until Weir has the connection killed on its server."""
    more = (asks_another(),) if lives_on else ()
    return Row(name, ((let_in(), asked(), *script, given_up()), KILLED), (query(sql), *ends, *more), **options)


HEAD = answer(lenenc(1), column())
ROW = frame(lenenc_text(b"x"), 3)

SILENCES = (
    row("closes on a question"),
    row("resets on a question", reset()),
    row("half closes on a question", half_close(), given_up()),
    stalled("does not answer a question"),
    stalled("answers by three bytes of a header", send(b"\1\0\0")),
    stalled("falls silent within a row", send(HEAD + header(100, 3) + b"\x62abc"), ends=(closed(),), lives_on=False),
    row("closes between two columns", send(answer(lenenc(2), column()))),
    row("closes between rows", send(HEAD + ROW)),
    row("closes within a header", send(HEAD + ROW + b"\1\0")),
    over("closes within a row", send(HEAD + header(100, 3) + b"\x62abc")),
    over("claims a row of 16 MB, and closes", send(HEAD + header(MAX_PAYLOAD - 1, 3) + b"\xfd\xf9\xff\xff" + bytes(5000))),
    over("claims frames of 16 MB without end, and closes", send(HEAD + header(MAX_PAYLOAD, 3) + b"\xfe" + b"\xff" * 7 + bytes(1 << 20))),
    row("closes on a write", sql=WRITE),
    stalled("does not answer a write", sql=WRITE),
    row("answers a write by half an OK, and closes", send(answer(ok_packet())[:6]), sql=WRITE),
    Row("does not read", ((let_in(), given_up()), KILLED),
        (query("INSERT INTO hostile VALUES ('" + "x" * (6 << 20) + "')"), fails(TIMED_OUT), asks_another())),
)

GARBAGE = (
    row("answers by HTTP", send(b"HTTP/1.1 200 OK\r\n\r\n"), given_up()),
    row("answers by zeros", send(bytes(1000)), given_up()),
    row("answers by bytes of 0xff", send(b"\xff" * 10000), given_up()),
    row("answers by an empty packet", send(answer(b"")), given_up()),
    row("answers by a count of no columns", send(answer(b"\0")), given_up()),
    row("answers by a count that is cut off", send(answer(b"\xfd\1")), given_up()),
    row("answers by a count with bytes behind it", send(answer(b"\1\1\1")), given_up()),
    row("answers by a count of 2^64 - 1, and no columns", send(answer(b"\xfe" + b"\xff" * 8)), given_up()),
    row("answers by a count of 2^32 columns, which reads as an OK does, and one", ends=(ok(),), *[
        send(answer(b"\xfe" + struct.pack("<Q", 1 << 32), column())), given_up()]),
    row("answers by an OK cut off", send(answer(b"\0\0\0\2")), given_up()),
    row("answers by an OK whose counts are no integers", send(answer(b"\0\xff\xff\2\0\0\0")), given_up()),
    row("answers by an OK of 2 MB", send(answer(ok_packet(more=bytes(2 << 20)))), given_up()),
    row("answers by an error of one byte", send(answer(b"\xff")), given_up()),
    row("answers by an error of 2 MB", send(answer(err_packet(1064, b"x" * (2 << 20)))), given_up()),
)

ODDITIES = (
    row("answers byte for byte", in_bytes(result(b"hostile")), serves(), ends=(rows(("hostile",)),)),
    row("answers with an error, and no state", send(answer(err_packet(1064, state=b""))), serves(), ends=(fails(1064),)),
    row("answers with an error between rows", send(HEAD + ROW + frame(err_packet(1317), 4)), serves(), ends=(fails(1317),)),
    row("ends rows by EOF, as if that had been asked for", send(HEAD + ROW + frame(b"\xfe\0\0\2\0", 4)), serves(),
        ends=(rows(("x",)),)),
    row("has a row with fewer fields than columns", send(answer(lenenc(2), column(), column(), lenenc_text(b"x"), END)), serves(),
        ends=(packets(lenenc(2), column(), column(), lenenc_text(b"x"), END),)),
    row("has a row with more fields than columns", send(answer(lenenc(1), column(), lenenc_text(b"x") * 3, END)), serves(),
        ends=(packets(lenenc(1), column(), lenenc_text(b"x") * 3, END),)),
    row("has a field that is longer than its row", send(answer(lenenc(1), column(), lenenc(200) + b"x", END)), serves(),
        ends=(packets(lenenc(1), column(), lenenc(200) + b"x", END),)),
    row("describes its columns in words that nobody knows", send(answer(lenenc(1), b"what is this", lenenc_text(b"x"), END)), serves(),
        ends=(packets(lenenc(1), b"what is this", lenenc_text(b"x"), END),)),
    row("ends a result of no rows", send(result()), serves(), ends=(rows(),)),
    row("has 300 rows, whose numbers wrap", send(result(*[b"x"] * 300)), serves(), ends=(rows(*[("x",)] * 300),)),
    row("says more than one answer", send(answer(ok_packet()) + answer(ok_packet())), given_up(), ends=(ok(),), sql=WRITE),
    row("says more behind its rows", send(result(b"x") + result(b"y")), given_up(), ends=(rows(("x",)),)),
    row("begins a second answer behind its rows", send(result(b"x") + b"\1"), given_up(), ends=(rows(("x",)),)),
    row("promises another result, and closes", send(answer(ok_packet(status=2 | MORE))), ends=(ok(), fails(LOST)), sql=WRITE),
    row("says that a cursor is open", send(answer(ok_packet(status=2 | CURSOR))), serves(), ends=(ok(),), sql=WRITE),
    row("says of the session what cannot be read", send(answer(ok_packet(status=2 | CHANGED, more=b"\0\x50\1\2"))), serves(),
        ends=(ok(),), sql=WRITE),
    # What comes behind the next question would be its answer, for all that anybody can see.
    Row("speaks before it is asked",
        ((let_in(), asked(reply=result(b"hostile")), send(answer(ok_packet())), given_up(), tells(SPOKEN)), (let_in(), serves())),
        (query(QUESTION), rows(("hostile",)), waits_for(SPOKEN), query(QUESTION), answered(), asks_another())),
)

# Frames that are not due: what follows them would be somebody else's answer.
NUMBERS = (
    row("answers with sequence id 0", send(frame(ok_packet(), 0)), given_up()),
    row("answers with sequence id 7", send(answer(ok_packet(), first=7)), given_up()),
    row("numbers its rows wrongly", send(HEAD + frame(lenenc_text(b"x"), 9) + frame(END, 10)), given_up()),
    row("gives two rows one number", send(HEAD + ROW + ROW + frame(END, 4)), given_up()),
    row("leaves out a number before the end", send(HEAD + ROW + frame(END, 5)), given_up()),
    row("numbers its columns wrongly", send(frame(lenenc(1), 1) + frame(column(), 3) + frame(END, 4)), given_up()),
    row("has a row that is longer than it says", send(HEAD + header(5, 3) + lenenc_text(b"x" * 100) + frame(END, 4)), given_up(),
        ends=(packets(lenenc(1), column(), b"dxxxx"), fails(LOST))),
)

# Files that a client has not offered, or that nothing he asked for needs.
UNOFFERED = (
    row("asks for a file that nobody has offered", send(answer(b"\xfb/etc/passwd")), given_up()),
    row("asks for a file in the place of an answer to a SELECT", send(answer(b"\xfb/etc/passwd")), given_up(),
        extra_caps=caps.LOCAL_FILES),
    row("asks for a file of 60,000 bytes of name", send(answer(b"\xfb" + b"/" * 60000)), given_up()),
    row("answers by a count of NULL columns, which reads as a request for a file", send(answer(b"\xfb")), given_up()),
)

# Silence behind the beginning of an answer.
STALLED = (
    stalled("answers by a head without columns", send(frame(lenenc(1), 1))),
    stalled("falls silent between rows", send(HEAD + ROW)),
    stalled("answers by columns without end", send(answer(b"\xfd\xff\xff\xff")), *[send(frame(column(), n)) for n in range(2, 250)]),
    stalled("promises another result, and has none", send(answer(ok_packet(status=2 | MORE))), ends=(ok(), fails(TIMED_OUT)),
        sql=WRITE),
)

ROWS = SILENCES + STALLED + GARBAGE + NUMBERS + UNOFFERED + ODDITIES
