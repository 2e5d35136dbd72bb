"""Hostile clients that have logged in: prepared statements, and changes of user. See client.py for the words."""

import struct

from wire.auth import scramble
from wire.packets import lenenc, lenenc_text

from .client import (as_a_server, command, ended_or_lives, err, lives, of_statement, of_statement_of, ok, prepared, proof, refused,
                     session, switched, welcome)
from .peer import closed, closed_in_silence, frame, half_close, header, packet, reset, send, step

PREPARE, EXECUTE, LONG_DATA, CLOSE, RESET, OPTION, FETCH = 0x16, 0x17, 0x18, 0x19, 0x1A, 0x1B, 0x1C
UNKNOWN, MALFORMED, UNKNOWN_ID, NO_CURSOR, OUT_OF_ORDER, BAD_HANDSHAKE, DENIED = 1047, 1835, 1243, 1421, 1156, 1043, 1045
OWN = "servers read what lies behind the packet here, or end the session"

ONCE = b"\0" + struct.pack("<I", 1)  # no cursor, one iteration
TWO_NUMBERS = b"\0\1\x08\0\x08\0" + struct.pack("<qq", 3, 4)
NOBODY = struct.pack("<I", 0x7FFFFFF0)


@step
def send_of(client, code):
    """A command about the statement, and its end, in one piece."""
    number = struct.pack("<I", client.noted["id"])
    client.send(frame(bytes([code]) + number) + frame(bytes([CLOSE]) + number))


def execute(name, payload, *steps, sql="SELECT ?, ?", **options):
    """Prepares `sql`, and executes it with what stands behind the id."""
    return session(name, prepared(sql), of_statement(EXECUTE, payload), *steps, **options)


CUT_OFF = tuple(session(f"COM_STMT_EXECUTE of {size} bytes", prepared(), of_statement_of(EXECUTE, ONCE + TWO_NUMBERS, cut=size),
                        err(MALFORMED), lives(), weir_only=OWN) for size in (1, 4, 5, 9, 10, 11, 12, 14)) + tuple(
    session(f"{name} without a whole id", command(code, b"\1\0\0"), err(MALFORMED), lives(), weir_only=OWN)
    for name, code in (("COM_STMT_RESET", RESET), ("COM_STMT_FETCH", FETCH))) + (
    session("COM_STMT_CLOSE without a whole id", command(CLOSE, b"\1"), closed_in_silence(), weir_only=OWN),
    session("COM_STMT_SEND_LONG_DATA without a whole id", command(LONG_DATA, b"\1"), closed_in_silence(), weir_only=OWN),
    *(session(f"COM_STMT_SEND_LONG_DATA with {size} bytes of a parameter's number", prepared(), of_statement(LONG_DATA, bytes(size)),
              lives(), of_statement(EXECUTE, ONCE + TWO_NUMBERS), err(MALFORMED), lives(),
              weir_only="MySQL answers it, which no client expects") for size in (0, 1)),
    session("long data without a parameter, and the statement is closed at once",
            *[prepared(), send_of(LONG_DATA), lives()] * 20, weir_only=OWN),
    session("COM_STMT_PREPARE without a text", command(PREPARE), as_a_server(), lives()),
    session("COM_STMT_PREPARE of 100,000 parameters", command(PREPARE, b"SELECT " + b"?," * 100000 + b"?"), as_a_server(), lives()),
    session("COM_STMT_PREPARE of two statements", command(PREPARE, b"SELECT 1; SELECT 2"), as_a_server(), lives()),
    session("COM_STMT_FETCH without a count", prepared(), of_statement(FETCH), err(NO_CURSOR), lives(), weir_only=OWN),
)

VALUES = (
    execute("an execution as it should be", ONCE + TWO_NUMBERS, as_a_server(), lives()),
    execute("an execution without types, the first", ONCE + b"\0\0", as_a_server(), ended_or_lives()),
    execute("values that are not there", ONCE + TWO_NUMBERS[:6], as_a_server(), ended_or_lives()),
    execute("the last value cut off", ONCE + TWO_NUMBERS[:-3], as_a_server(), ended_or_lives(), only="mysql"),
    execute("a text longer than the packet", ONCE + b"\0\1\xfd\0\xfd\0" + lenenc(200) + b"abc", as_a_server(), ended_or_lives(),
            only="mysql"),
    execute("a text of 2^63 bytes", ONCE + b"\0\1\xfd\0\xfd\0\xfe" + b"\xff" * 7 + b"\x7f" + b"abc", as_a_server(), ended_or_lives(),
            only="mysql"),
    execute("a type that is none", ONCE + b"\0\1\x63\0\x63\0" + bytes(16), as_a_server(), ended_or_lives()),
    execute("all parameters NULL, and values all the same", ONCE + b"\3" + TWO_NUMBERS[1:], as_a_server(), lives()),
    execute("bits for parameters that there are not", ONCE + b"\xfc" + TWO_NUMBERS[1:], as_a_server(), lives()),
    execute("a date of 200 bytes", ONCE + b"\0\1\x0c\0\x08\0" + b"\xc8" + bytes(220), as_a_server(), ended_or_lives(), only="mysql"),
    execute("types said to be there by 0xff", ONCE + b"\0\xff" + TWO_NUMBERS[2:], as_a_server(), ended_or_lives()),
    execute("no iteration", b"\0" + bytes(4) + TWO_NUMBERS, as_a_server(), lives()),
    execute("4,294,967,295 iterations", b"\0" + b"\xff" * 4 + TWO_NUMBERS, as_a_server(), lives()),
    execute("cursors of all kinds", b"\xf7" + struct.pack("<I", 1) + TWO_NUMBERS, as_a_server(), ended_or_lives(), only="mariadb"),
    execute("1 MB behind the values", ONCE + TWO_NUMBERS + bytes(1 << 20), as_a_server(), lives()),
    execute("parameters where there are none", ONCE + TWO_NUMBERS, as_a_server(), lives(), sql="SELECT 1"),
    session("an execution in single bytes", prepared("SELECT 9"), of_statement(EXECUTE, ONCE), as_a_server(), lives()),
)

IDS = tuple(session(f"{name} of an id that was never given", command(code, NOBODY + more), *steps, lives()) for name, code, more, steps in (
    ("COM_STMT_EXECUTE", EXECUTE, ONCE, (err(UNKNOWN_ID),)),
    ("COM_STMT_RESET", RESET, b"", (err(UNKNOWN_ID),)),
    ("COM_STMT_FETCH", FETCH, struct.pack("<I", 10), (err(UNKNOWN_ID),)),
    ("COM_STMT_CLOSE", CLOSE, b"", ()),
    ("COM_STMT_SEND_LONG_DATA", LONG_DATA, b"\0\0data", ()))) + (
    session("an execution of id 0", command(EXECUTE, bytes(4) + ONCE), err(UNKNOWN_ID), lives()),
    session("an execution of the last id, and none was given", command(EXECUTE, b"\xff" * 4 + ONCE), err(UNKNOWN_ID), lives()),
    session("an execution of a statement that was closed", prepared(), of_statement(CLOSE), of_statement(EXECUTE, ONCE + TWO_NUMBERS),
            err(UNKNOWN_ID), lives()),
    session("a statement that is closed a hundred times", prepared(), of_statement(CLOSE, times=100), lives()),
    session("an execution of a statement of before a reset", prepared(), command(0x1F), ok(),
            of_statement(EXECUTE, ONCE + TWO_NUMBERS), err(UNKNOWN_ID), lives()),
    session("rows of a cursor that was never opened", prepared(), of_statement(FETCH, struct.pack("<I", 0xFFFFFFFF)), err(NO_CURSOR),
            lives()),
    session("long data for a parameter that there is not", prepared(), of_statement(LONG_DATA, b"\xff\xffdata"),
            of_statement(EXECUTE, ONCE + TWO_NUMBERS), as_a_server(), ended_or_lives()),
    session("64 MB of long data for nobody", *[send(frame(bytes([LONG_DATA]) + NOBODY + b"\0\0" + bytes(1 << 20)))] * 64, lives()),
    session("40,000 pieces of long data for nobody", send(frame(bytes([LONG_DATA]) + NOBODY + b"\0\0x") * 40000), lives()),
    session("long data without end for nobody, and an RST",
            send(header(0xFFFFFF) + bytes([LONG_DATA]) + NOBODY + b"\0\0" + bytes(4 << 20)), reset()),
    session("5,000 pieces of long data, and no execution", prepared(), of_statement(LONG_DATA, b"\0\0" + b"y" * 100, times=5000),
            of_statement(CLOSE), lives()),
    session("long data, and an RST", prepared(), of_statement(LONG_DATA, b"\0\0" + bytes(1 << 20)), reset()),
    session("300 statements that are never closed", *[prepared(f"SELECT {n}, ?") for n in range(300)], lives()),
    session("prepared again and again, and an RST", *[prepared("SELECT ?")] * 50, reset()),
)


# --- COM_CHANGE_USER -------------------------------------------------------------------------------------------

@step
def change_user(client, user=b"app", auth=None, database=b"test", plugin=b"", tail=None, cut=None):
    """COM_CHANGE_USER, with any of its fields another one."""
    if auth is None:
        answer = scramble(client.plugin, b"app", client.salt)
        auth = bytes([len(answer)]) + answer
    payload = b"\x11" + user + b"\0" + auth + database + b"\0\x2d\0" + (plugin or client.plugin.encode()) + b"\0"
    payload += b"\0" if tail is None else tail
    client.stream.sequence = 0
    client.send_packet(payload[:cut])


OTHER = dict(plugin=b"nobody_knows_it")
OWN_SWITCH = "Weir always hands out a new scramble"
MALFORMED_CHANGE = (err(UNKNOWN), ended_or_lives())  # MySQL ends the session, MariaDB's goes on
CHANGES = tuple(session(f"COM_CHANGE_USER of {size} bytes", change_user(cut=size), *MALFORMED_CHANGE)
                for size in (3, 5, 15)) + (
    session("COM_CHANGE_USER without anything", change_user(cut=1), *MALFORMED_CHANGE, weir_only=OWN),
    session("a password of one byte for its length, which says 255", change_user(auth=b"\xff" + bytes(20)), *MALFORMED_CHANGE),
    session("attributes longer than the change of user", change_user(tail=lenenc(5000) + b"abc"), *MALFORMED_CHANGE, weir_only=OWN),
    session("a change to a user of 60,000 bytes", change_user(user=b"u" * 60000), switched(), proof(), err(DENIED),
            weir_only=OWN_SWITCH),
    session("a change of user, half closed", change_user(), half_close(), closed()),
    session("a change of user, and an RST", change_user(), reset()),
    *(session(f"a change of user whose switch is answered {how}", change_user(**OTHER), switched(), *steps, weir_only=OWN_SWITCH)
      for how, steps in (("by half a connection", (half_close(), closed())),
                         ("by 16 MB", (packet(bytes(0xFFFFFE)), refused(BAD_HANDSHAKE))),
                         ("out of order", (packet(bytes(20), 9), refused(OUT_OF_ORDER))),
                         ("by an RST", (reset(),)),
                         ("not at all", (closed(),)),
                         ("rightly", (proof(), welcome(), lives())))),
    session("a change of user whose attributes break off", change_user(tail=lenenc_text(b"\5short\xfa")), switched(), proof(),
            welcome(), lives(), weir_only=OWN_SWITCH),
    session("50 changes of user", *[change_user(), switched(), proof(), welcome()] * 50, lives(), weir_only=OWN_SWITCH),
)

ROWS = CUT_OFF + VALUES + IDS + CHANGES
