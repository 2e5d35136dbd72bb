"""Hostile clients that have logged in: commands, packets and pipelines. See client.py for the words."""

from wire import capabilities as caps
from wire.packets import MAX_PAYLOAD, lenenc

from .client import (an_error, as_a_server, asks_for_a_file, command, ended_or_lives, err, lives, ok, one_line, query, refused, rows,
                     session)
from .peer import FULL, closed, closed_in_silence, flood, frame, half_close, header, in_bytes, leave, packet, reset, send

UNKNOWN, OUT_OF_ORDER, TOO_LARGE, MALFORMED = 1047, 1156, 1153, 1835
OWN = "servers read on here, or answer otherwise"
NONE_SUCH = "servers of some version have this command"

PING, QUIT, SELECT_7 = frame(b"\x0e"), frame(b"\1"), frame(b"\x03SELECT 7")
BIG = "SELECT REPEAT('x', 1000000) FROM information_schema.COLLATIONS LIMIT 60"
LOCAL = "LOAD DATA LOCAL INFILE 'a.csv' INTO TABLE test.hostile_files"
MUCH = b"x" * (1 << 20)


def query_frame(sql):
    return frame(b"\x03" + sql.encode())


# --- commands that are none, or not whole ----------------------------------------------------------------------

REFUSED = tuple(session(f"command 0x{code:02x}, which nobody has", command(code, b"whatever"), err(UNKNOWN), lives())
                for code in (0x22, 0x40, 0x7F, 0x80, 0xAA, 0xC8)) + tuple(
    session(f"{name}, which is not for clients", command(code, b"\1\2\3\4"), err(UNKNOWN), lives(), weir_only=NONE_SUCH)
    for name, code in (("COM_SLEEP", 0x00), ("COM_CREATE_DB", 0x05), ("COM_DROP_DB", 0x06), ("COM_SHUTDOWN", 0x08),
                       ("COM_CONNECT", 0x0B), ("COM_TIME", 0x0F), ("COM_DELAYED_INSERT", 0x10), ("COM_TABLE_DUMP", 0x13),
                       ("COM_CONNECT_OUT", 0x14), ("COM_DAEMON", 0x1D), ("COM_CLONE", 0x20), ("COM_SUBSCRIBE_GROUP_REPLICATION_STREAM", 0x21),
                       ("COM_STMT_BULK_EXECUTE", 0xFA), ("COM_SLAVE_WORKER", 0xFB), ("0xff", 0xFF))) + (
    session("every byte that is no command, one after the other",
            *(each for code in range(0x22, 0xFA) for each in (command(code), err(UNKNOWN))), lives()),
    session("200 commands that are none, in one piece", send(frame(b"\xee") * 200), *[err(UNKNOWN)] * 200, lives()),
)

CUT_OFF = (
    session("an empty packet", send(frame(b"")), err(UNKNOWN), lives()),
    session("100 empty packets", send(frame(b"") * 100), *[err(UNKNOWN)] * 100, lives()),
    session("COM_QUERY without a text", command(0x03), as_a_server(), lives()),
    session("COM_QUERY of one zero byte", command(0x03, b"\0"), as_a_server(), lives()),
    session("COM_QUERY of blanks", command(0x03, b" \n\t "), as_a_server(), lives()),
    session("COM_QUERY of a comment without its end", command(0x03, b"/* SELECT 1"), as_a_server(), lives()),
    session("COM_INIT_DB without a name", command(0x02), as_a_server(), lives()),
    session("COM_INIT_DB of a zero byte", command(0x02, b"\0"), as_a_server(), lives()),
    session("COM_INIT_DB of 60,000 bytes", command(0x02, b"d" * 60000), as_a_server(), lives()),
    session("COM_INIT_DB with a backquote and a statement", command(0x02, b"test`; DROP DATABASE test; -- "), as_a_server(),
            lives()),
    session("COM_FIELD_LIST without a table", command(0x04), as_a_server(), ended_or_lives(), only="mariadb"),
    session("COM_FIELD_LIST of a table without its end", command(0x04, b"no_such_table"), as_a_server(), ended_or_lives(),
            only="mariadb"),
    session("COM_REFRESH without its flags", command(0x07), as_a_server(), ended_or_lives(), only="mariadb"),
    session("COM_PROCESS_KILL without an id", command(0x0C), err(MALFORMED), lives(), only="mariadb", weir_only=OWN),
    session("COM_PROCESS_KILL of nobody", command(0x0C, b"\xfe\xff\xff\x7f"), err(1094), lives(), only="mariadb"),
    session("COM_PING with 1 MB behind it", command(0x0E, MUCH), ok(), lives()),
    session("COM_STATISTICS with 1 MB behind it", command(0x09, MUCH), one_line(b"Uptime"), lives()),
    session("COM_DEBUG", command(0x0D), as_a_server(), lives()),
    session("COM_RESET_CONNECTION with bytes behind it", command(0x1F, b"xyz"), ok(), lives()),
    session("COM_SET_OPTION without a value", command(0x1B), err(MALFORMED), lives(), weir_only=OWN),
    session("COM_SET_OPTION of one byte", command(0x1B, b"\0"), err(MALFORMED), lives(), weir_only=OWN),
    session("COM_SET_OPTION of a value that is none", command(0x1B, b"\7\0"), as_a_server(), lives()),
    session("COM_QUIT with 1 MB behind it", command(0x01, MUCH), closed_in_silence()),
    session("COM_REGISTER_SLAVE without anything", command(0x15), as_a_server(), lives(), only="mariadb"),
)

# --- replication, and the ways around rules --------------------------------------------------------------------

DUMP = b"\x12" + bytes(4) + bytes(2) + b"\x63\0\0\0" + b"there_is_none.000001"
REPLICAS = (
    session("COM_BINLOG_DUMP of a log that is not there", command(DUMP[0], DUMP[1:]), an_error(), closed_in_silence()),
    session("COM_BINLOG_DUMP of a log without a name and a position", command(0x12, bytes(10)), an_error(), closed_in_silence()),
    # MariaDB reads on behind the packet's end, and answers to what was there before.
    session("COM_BINLOG_DUMP without anything", command(0x12), an_error(), closed_in_silence(), only="mysql"),
    session("COM_BINLOG_DUMP, and what a rule refuses, in one piece", send(frame(DUMP) + query_frame("SELECT 'refused by a rule'")),
            an_error(), closed_in_silence()),
    session("COM_BINLOG_DUMP_GTID without anything", command(0x1E), as_a_server(), ended_or_lives(), only="mysql"),
)

# --- frames ----------------------------------------------------------------------------------------------------

FRAMES = (
    session("a command numbered 1", send(frame(b"\x0e", 1)), refused(OUT_OF_ORDER)),
    session("a command numbered 255", send(frame(b"\x03SELECT 1", 255)), refused(OUT_OF_ORDER)),
    session("the second of two commands out of order", send(PING + frame(b"\x0e", 5)), ok(), refused(OUT_OF_ORDER)),
    session("an HTTP request in mid-session", send(b"GET / HTTP/1.1\r\nHost: weir\r\n\r\n"), refused(OUT_OF_ORDER)),
    session("letters", send(b"x" * 100000), refused(OUT_OF_ORDER)),
    session("a question, byte for byte", in_bytes(SELECT_7), rows(("7",)), lives()),
    session("half a header, and an RST", send(SELECT_7[:3]), reset()),
    session("half a question, half closed", send(SELECT_7[:9]), half_close(), closed()),
    session("half a question, and an RST", send(SELECT_7[:9]), reset()),
    session("half a question, and a FIN", send(SELECT_7[:9]), leave()),
    session("16 MB that are claimed, 1 kB that come, and half closed", send(header(MAX_PAYLOAD - 1) + b"\x03" + bytes(1000)),
            half_close(), closed()),
    session("a frame that has no end, and an RST", send(FULL + b"\x03" + MUCH * 3), reset()),
    session("frames of 16 MB - 1 without end: more than a statement may be long",
            send(b"".join(header(MAX_PAYLOAD, n) + (b"\x03" if n == 0 else b"x") + b"x" * (MAX_PAYLOAD - 1) for n in range(3))),
            refused(TOO_LARGE), weir_only=OWN),
    session("a statement to be prepared that has no end", send(FULL + b"\x16" + b"x" * (MAX_PAYLOAD - 1)), refused(TOO_LARGE),
            weir_only=OWN),
    session("the second frame of a long statement is out of order",
            send(FULL + b"\x03" + b"x" * (MAX_PAYLOAD - 1) + header(9, 7) + bytes(9)), closed()),
    session("a question whose end comes blank by blank", send(header(60) + b"\x03SELECT 1"), send(b" ", times=51), rows(("1",)),
            lives()),
)

# --- pipelines and halves --------------------------------------------------------------------------------------

PIPELINES = (
    session("1,000 questions at once", send(SELECT_7 * 1000), *[rows(("7",))] * 1000, lives()),
    session("20,000 pings at once", send(PING * 20000), ok(times=20000), lives()),
    session("1,000 resets at once", send(frame(b"\x1f") * 1000), ok(times=1000), lives()),
    session("questions whose answers nobody reads, and an RST", flood(SELECT_7, 64 << 20), reset(), weir_only="says nothing"),
    session("pings whose answers nobody reads, and a FIN", flood(PING * 100, 64 << 20), leave(), weir_only="says nothing"),
    session("60 MB that nobody reads, and an RST", query(BIG), reset(), weir_only="says nothing"),
    session("60 MB, ten times, that nobody reads, and a FIN", send(query_frame(BIG) * 10), leave(), weir_only="says nothing"),
    session("60 MB of which the beginning is read, and an RST", query(BIG), one_line(), reset(), weir_only="says nothing"),
    session("a question, COM_QUIT, and a question", send(SELECT_7 + QUIT + SELECT_7), rows(("7",)), closed_in_silence()),
    session("COM_QUIT at once", send(QUIT), closed_in_silence()),
    session("a question, half closed", send(SELECT_7), half_close(), closed()),
    session("a statement that takes long, half closed", query("SELECT SLEEP(600)"), half_close(), closed_in_silence(),
            weir_only="whoever has closed is taken for gone"),
    session("a statement that takes long, and an RST", query("SELECT SLEEP(600)"), reset(), weir_only="says nothing"),
    session("a transaction with locks, and an RST", query("BEGIN"), ok(), query("DELETE FROM test.hostile_locks"), ok(), reset()),
    session("a named lock, and a FIN", query("SELECT GET_LOCK('hostile', 0)"), rows(("1",)), leave(), weir_only="by one at a time"),
    session("SET, in 3,000 forms", *(each for n in range(3000 // 10) for each in (query(f"SET @v{n} = REPEAT('v', 1000)"), ok())),
            lives()),
)

# --- texts -----------------------------------------------------------------------------------------------------

TEXTS = tuple(session(name, query(sql), as_a_server(), lives()) for name, sql in (
    ("zero bytes within a text", b"SELECT 1\0; DROP DATABASE test"),
    ("bytes that are no UTF-8", b"SELECT '\xff\xfe\xc0\xaf'"),
    ("a quote without its end", b"SELECT 'abc"),
    ("a backquote without its end", b"SELECT `abc"),
    ("20,000 parentheses", b"SELECT " + b"(" * 20000 + b"1" + b")" * 20000),
    ("200,000 opening parentheses", b"SELECT " + b"(" * 200000),
    ("50,000 minus signs", b"SELECT " + b"- " * 50000 + b"1"),
    ("a name of 1 MB", b"SELECT " + b"a" * (1 << 20)),
    ("1 MB of comments", b"SELECT 1 " + b"/**/" * (1 << 18)),
    ("comments in comments", b"SELECT 1 " + b"/*!" * 5000 + b"*/" * 5000),
    ("a list of 100,000", b"SELECT 1 IN (" + b"1," * 100000 + b"2)"),
    ("5,000 columns", b"SELECT " + b"1," * 5000 + b"1"),
    ("two statements, which nobody has asked for", b"SELECT 1; SELECT 2"),
    ("a delimiter of a command line client", b"DELIMITER //"),
    ("nothing but semicolons", b";" * 1000),
    ("BEGIN without end", b"BEGIN NOT ATOMIC " + b"BEGIN " * 2000),
)) + (
    session("texts with attributes that were not offered", query(b"\0\1SELECT 1"), as_a_server(), lives(),
            extra_caps=0, only="mariadb"),
    session("attributes, more than there are", query(lenenc(60000) + b"\1" + bytes(10)), err(MALFORMED), lives(),
            extra_caps=caps.QUERY_ATTRIBUTES, only="mysql", weir_only=OWN),
    session("attributes of 2^64 - 1", query(b"\xfe" + b"\xff" * 8 + b"\1"), err(MALFORMED), lives(),
            extra_caps=caps.QUERY_ATTRIBUTES, only="mysql", weir_only=OWN),
    session("two sets of attributes", query(b"\1\2\0\1\3\0\0"), err(MALFORMED), lives(),
            extra_caps=caps.QUERY_ATTRIBUTES, only="mysql", weir_only=OWN),
    session("no text behind the attributes", query(b"\0\1"), as_a_server(), lives(), extra_caps=caps.QUERY_ATTRIBUTES,
            only="mysql"),
    session("nothing at all where attributes belong", query(b""), err(MALFORMED), lives(), extra_caps=caps.QUERY_ATTRIBUTES,
            only="mysql", weir_only=OWN),
)

# --- LOAD DATA LOCAL INFILE ------------------------------------------------------------------------------------

FILES = (
    session("a file by who has not said that he gives any", query(LOCAL), as_a_server(), lives()),
    *(session(name, query(LOCAL), asks_for_a_file(), *steps, extra_caps=caps.LOCAL_FILES, **options) for name, steps, options in (
        ("a file that is empty", (packet(b""), ok(), lives()), {}),
        ("an RST in the place of a file", (reset(),), {}),
        ("a FIN in the place of a file", (leave(),), {}),
        ("half closed in the place of a file", (half_close(), closed()), {}),
        ("a file out of order", (packet(b"1\n", 9), closed()), {"weir_only": OWN}),
        ("a command in the place of a file", (send(PING), closed()), {"weir_only": OWN}),
        ("a file, and an RST in it", (send(header(MAX_PAYLOAD - 1, 2) + MUCH), reset()), {}),
        ("a file in single bytes", (in_bytes(frame(b"1\n2\n", 2) + frame(b"", 3)), ok(), lives()), {}),
        ("a file, and questions behind it", (send(frame(b"3\n", 2) + frame(b"", 3) + SELECT_7 * 10), ok(), *[rows(("7",))] * 10,
                                             lives()), {}),
        ("a file of 300 frames, whose numbers wrap", (*[packet(b"5\n")] * 300, packet(b""), ok(), lives()), {}),
    )),
)

ROWS = REFUSED + CUT_OFF + REPLICAS + FRAMES + PIPELINES + TEXTS + FILES
