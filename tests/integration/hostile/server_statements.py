"""Hostile servers before prepared statements, transactions, files, and what Weir says to them by itself. See server.py for
the words."""

import struct

from wire import capabilities as caps

from .client import asks_for_a_file, command, err, fails, of_statement, ok, packets, prepared, query
from .peer import closed, closed_in_silence, frame, leave, packet, reset, send
from .server import (KILLED, QUESTION, Row, answer, asked, asks_another, column, err_packet, given_up, let_in, ok_packet,
                     prepare_ok, result, serves)

LOST, TIMED_OUT = 1927, 1907
IN_TRANSACTION = 1
PREPARE, EXECUTE = 0x16, 0x17
TEXT = QUESTION.encode()
RUN = b"\0" + struct.pack("<I", 1)
EXECUTION = b"\x17"
LOCAL = "LOAD DATA LOCAL INFILE 'hostile' INTO TABLE t"


def preparing(name, *script, ends=(err(LOST),), then=(), **options):
    """The answer to COM_STMT_PREPARE is this. `then`: the scripts of later connections."""
    return Row(name, ((let_in(), asked(), *script), *then), (command(PREPARE, TEXT), *ends, asks_another()), **options)


def executing(name, *script, ends=(fails(LOST),), then=(), **options):
    """A statement is prepared well, and its execution meets this."""
    ready = asked(reply=answer(prepare_ok(7, columns=1), column()))
    return Row(name, ((let_in(), ready, asked(EXECUTION), *script), *then),
               (prepared(QUESTION), of_statement(EXECUTE, RUN), *ends, asks_another()), **options)


PREPARED = (
    preparing("closes on a preparation"),
    preparing("does not answer a preparation", given_up(), ends=(err(TIMED_OUT),), then=(KILLED,)),
    preparing("prepares by a plain OK", send(answer(ok_packet())), given_up()),
    preparing("prepares by rows", send(result(b"x")), given_up()),
    preparing("prepares by a file request", send(answer(b"\xfb/etc/passwd")), given_up()),
    preparing("promises a parameter, and closes", send(answer(prepare_ok(1, 0, 1))), ends=(ok(), err(LOST))),
    preparing("has a definition more than it promised", send(answer(prepare_ok(1, 0, 1), column(), column())), given_up(),
              ends=(packets(prepare_ok(1, 0, 1), column()),)),
    preparing("prepares by half an answer", send(answer(prepare_ok()[:9])), given_up()),
    preparing("prepares by more than an answer", send(answer(prepare_ok() + b"xyz")), given_up()),
    preparing("numbers its definitions wrongly", send(frame(prepare_ok(1, 0, 1), 1) + frame(column(), 9)), given_up(),
              ends=(ok(), err(LOST))),
    preparing("promises 65,535 columns, and has none", send(answer(prepare_ok(1, 65535, 65535))), given_up(),
              ends=(packets(prepare_ok(1, 65535, 65535)), err(TIMED_OUT)), then=(KILLED,)),
    preparing("refuses to prepare", send(answer(err_packet(1064))), serves(), ends=(err(1064),)),
)

EXECUTED = (
    executing("closes on an execution", ends=(fails(LOST),)),
    executing("does not answer an execution", given_up(), ends=(fails(TIMED_OUT),), then=(KILLED,)),
    executing("executes by an answer to a preparation, which reads as an OK", send(answer(prepare_ok(8))), serves(), ends=(ok(),)),
    executing("does not know what it has prepared", send(answer(err_packet(1243))), serves(), ends=(fails(1243),)),
    executing("executes by a file request", send(answer(b"\xfb/etc/passwd")), given_up()),
    executing("executes with a column's count cut off", send(answer(b"\xfc\1")), given_up()),
)

# Two statements of one number: the second one's executions must not be taken for the first one's.
SAME_NUMBER = (
    Row("gives two statements one number",
        ((let_in(), asked(reply=answer(prepare_ok(7))), asked(reply=answer(prepare_ok(7))), asked(EXECUTION, answer(ok_packet())),
          asked(EXECUTION, answer(ok_packet())), serves()),),
        (prepared("DO 'hostile 1'"), prepared("DO 'hostile 2'", note="other"), of_statement(EXECUTE, RUN), ok(),
         of_statement(EXECUTE, RUN, note="other"), ok(), asks_another())),
    Row("gives a statement the number 0", ((let_in(), asked(reply=answer(prepare_ok(0))), asked(EXECUTION, answer(ok_packet())), serves()),),
        (prepared("DO 'hostile'"), of_statement(EXECUTE, RUN), ok(), asks_another())),
    Row("gives a statement the greatest number", ((let_in(), asked(reply=answer(prepare_ok(0xFFFFFFFF))),
                                                  asked(EXECUTION, answer(ok_packet())), serves()),),
        (prepared("DO 'hostile'"), of_statement(EXECUTE, RUN), ok(), asks_another())),
)

FILE = (packet(b"1\n", 2), packet(b"", 3))


def loading(name, *script, client=(), then=(), **options):
    """The server asks for the file that LOAD DATA LOCAL INFILE has named."""
    return Row(name, ((let_in(), asked(reply=answer(b"\xfbhostile")), *script), *then), (query(LOCAL), asks_for_a_file(), *client),
               extra_caps=caps.LOCAL_FILES, **options)


FILES = (
    loading("does not answer a file", given_up(), client=(*FILE, fails(TIMED_OUT), asks_another()), then=(KILLED,)),
    loading("refuses a file before its end", send(frame(err_packet(1114), 2)), given_up(), client=(err(1114),)),
    loading("answers a file by garbage", asked(b"1\n"), asked(b""), send(b"\1" * 3000), given_up(),
            client=(*FILE, fails(LOST), asks_another())),
    loading("resets in the middle of a file", reset(), client=(packet(b"1\n", 2), closed())),
    loading("closes in the middle of a file", client=(packet(b"1\n", 2), closed())),
)

# Weir's own words: settings before a statement, and what ends a session.
HEAD = answer(b"\1", column())
BEGUN = answer(ok_packet(status=2 | IN_TRANSACTION))


OWN_WORDS = (
    Row("closes in a transaction", ((let_in(), asked(b"BEGIN", BEGUN)),),
        (query("BEGIN"), ok(), query(QUESTION), fails(LOST), closed_in_silence())),
    Row("falls silent in a transaction", ((let_in(), asked(b"BEGIN", BEGUN), asked(), given_up()), KILLED),
        (query("BEGIN"), ok(), query(QUESTION), fails(TIMED_OUT), closed_in_silence())),
    Row("sends garbage in a transaction", ((let_in(), asked(b"BEGIN", BEGUN), asked(), send(bytes(100)), given_up()),),
        (query("BEGIN"), ok(), query(QUESTION), fails(LOST), closed_in_silence())),
    Row("answers the end of a transaction by garbage", ((let_in(), asked(b"BEGIN", BEGUN), asked(b"COMMIT"), send(bytes(100)), given_up()),),
        (query("BEGIN"), ok(), query("COMMIT"), fails(LOST), closed_in_silence())),
    Row("gives a connection back in a transaction that it denies", ((let_in(), asked(b"BEGIN", answer(ok_packet())), serves()),),
        (query("BEGIN"), ok(), asks_another())),
    Row("does not answer the ROLLBACK of one who has left", ((let_in(), asked(b"BEGIN", BEGUN), given_up()),),
        (query("BEGIN"), ok(), leave())),
    Row("does not let him be killed who has left", ((let_in(), asked(reply=HEAD), given_up()), (given_up(),)),
        (query(QUESTION), packets(b"\1"), leave())),
    Row("answers KILL by garbage", ((let_in(), asked(reply=HEAD), given_up()), (let_in(), asked(b"KILL"), send(b"x" * 1000), given_up())),
        (query(QUESTION), packets(b"\1"), leave())),
    Row("answers COM_STATISTICS by 1 MB", ((let_in(), asked(b"\x09"), send(answer(b"s" * (1 << 20))), serves()),),
        (command(9), packets(b"s" * (1 << 20)), asks_another())),
    Row("does not answer COM_INIT_DB", ((let_in(), asked(), given_up()), KILLED), (command(2, b"hostile"), err(TIMED_OUT), asks_another())),
    Row("answers COM_INIT_DB by rows", ((let_in(), asked(), send(result(b"x")), given_up()),), (command(2, b"hostile"), err(LOST), asks_another())),
    Row("answers COM_BINLOG_DUMP by garbage", ((let_in(), asked(b"\x12"), send(b"x" * 100000), given_up()),),
        (command(0x12, bytes(10)), err(LOST), asks_another())),
    Row("says what it likes behind the first event of a stream", ((let_in(), asked(b"\x12"), send(answer(b"\0" * 20) + b"x" * 100000)),),
        (command(0x12, bytes(10)), closed())),
)

ROWS = PREPARED + EXECUTED + SAME_NUMBER + FILES + OWN_WORDS
