"""Hostile servers with which compression has been agreed on. See server.py for the words."""

import zlib

from wire import capabilities as caps
from wire.compression import CompressedSocket, compressed_packet
from wire.packets import MAX_PAYLOAD, lenenc, lenenc_text

from .client import fails, ok, query
from .peer import CLOSED, Unexpected, closed, frame, step
from .server import (MARK, OFFERED, QUESTION, Row, answer, answered, asks_another, column, err_packet, given_up, greeting, ok_packet,
                     result)

LOST = 1927
WRITE = "DELETE FROM hostile"


@step
def let_in_compressed(peer):
    """A greeting that offers compression, and OK to whoever wants it."""
    peer.send(frame(greeting(offered=OFFERED | caps.COMPRESS)))
    login = peer.packet()
    if login is CLOSED or not int.from_bytes(login[:4], "little") & caps.COMPRESS:
        raise Unexpected("no login with compression")
    peer.send(frame(ok_packet(), 2))
    peer.socket = peer.stream.socket = CompressedSocket(peer.stream.socket, "zlib")


@step
def asked_compressed(peer, wire=b""):
    """Waits for the question; what comes before it is answered by OK. Then these bytes, as they are."""
    while True:
        peer.socket.begin_command()
        payload = peer.packet()
        if payload is CLOSED:
            raise Unexpected("closed before it was asked")
        if MARK in payload:
            break
        peer.send(answer(ok_packet()))
    peer.socket.socket.sendall(wire)


@step
def serves_compressed(peer):
    """As serves()."""
    peer.noted["serves"] = True
    while True:
        peer.socket.begin_command()
        payload = peer.packet()
        if payload is CLOSED or payload == b"\1":
            return
        peer.send(result(payload[1:]) if MARK in payload or b"SELECT" in payload else answer(ok_packet()))


def row(name, wire, *script, ends=(fails(LOST),), sql=QUESTION):
    """The client's question meets this, each time that it is asked; then he asks another server."""
    return Row(name, ((let_in_compressed(), asked_compressed(wire), *script),), (query(sql), *ends, asks_another()), compresses=True)


def over(name, wire, *script):
    """The same; nothing can be said within a packet, and the session ends."""
    return Row(name, ((let_in_compressed(), asked_compressed(wire), *script),), (query(QUESTION), closed()), compresses=True)


def as_it_is(plain, sequence=1):
    return compressed_packet(plain, sequence, 0)


REPLY = result(b"x" * 200)
BLOCK = zlib.compress(REPLY)
HEAD = answer(lenenc(1), column())

ROWS = (
    Row("compresses as it should", ((let_in_compressed(), serves_compressed()),), (query(QUESTION), answered(), asks_another()), compresses=True),
    row("garbage in the place of a block", compressed_packet(b"garbage!", 1, 100), given_up()),
    row("a block that becomes more than it says", compressed_packet(BLOCK, 1, len(REPLY) - 1), given_up()),
    row("a block that becomes less than it says", compressed_packet(BLOCK, 1, len(REPLY) + 1), given_up()),
    row("a block that says 16 MB", compressed_packet(BLOCK, 1, MAX_PAYLOAD), given_up()),
    row("nothing that becomes something", compressed_packet(b"", 1, 50), given_up()),
    row("bytes behind a block", compressed_packet(BLOCK + b"x", 1, len(REPLY)), given_up()),
    row("another id", compressed_packet(BLOCK, 2, len(REPLY)), given_up()),
    row("an id that has been", as_it_is(HEAD) + as_it_is(frame(lenenc_text(b"x"), 3), 1), given_up()),
    row("an answer without compression", answer(ok_packet(), first=1) * 3, given_up()),
    row("closes within the header of a compressed packet", b"\x50\0\0\1"),
    row("closes within a block", compressed_packet(BLOCK, 1, len(REPLY))[:-10]),
    row("closes between compressed packets, and between rows", as_it_is(HEAD)),
    over("closes between compressed packets, and within a row", as_it_is(HEAD + frame(lenenc_text(b"x" * 50), 3)[:20])),
    over("a broken block within a row", as_it_is(HEAD + frame(lenenc_text(b"x" * 50), 3)[:20]) + compressed_packet(b"garbage", 2, 90),
         given_up()),
    row("a broken block on a write", compressed_packet(b"garbage", 1, 100), given_up(), sql=WRITE),
    row("an error with any id", as_it_is(frame(err_packet(1317), 9), 77), given_up(), ends=(fails(1317),)),
    row("empty packets, and then an answer", as_it_is(b"", 1) + as_it_is(b"", 2) + as_it_is(answer(ok_packet()), 3), serves_compressed(),
        ends=(ok(),)),
    over("a bomb of a row, and closes", as_it_is(HEAD) + compressed_packet(zlib.compress(frame(b"\xfd\xf9\xff\xfe" + bytes(MAX_PAYLOAD - 9))[:MAX_PAYLOAD - 100], 9),
                                                                 2, MAX_PAYLOAD - 100)),
)
