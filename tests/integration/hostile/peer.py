"""One end of a connection that is played step by step: what a row of the batteries is written in.

A step is made by a function with this module's `@step` (`send(b"...")`, `err(1047)`, `lives()`), and done with a peer. A
step that does not find what it expects raises Unexpected; one that waits in vain raises TimeoutError after WAIT_S.
"""

import contextlib
import functools
import socket
import struct
import time

from wire.packets import MAX_PAYLOAD, Stream
from wire.results import ServerError

WAIT_S = 20  # how long a step waits for what it expects: a bound, which is no part of any expectation
CLOSED = "closed"


class Unexpected(AssertionError):
    """The other side did something else."""


def shown(data, most=60):
    """Bytes for a message."""
    return f"{bytes(data[:most])!r}{f' ... {len(data)} bytes' if len(data) > most else ''}"


class Step:
    def __init__(self, name, act):
        self.name, self.act = name, act

    def __repr__(self):
        return self.name


def step(function):
    """Makes `function(peer, ...)` a step: called without the peer, it is what is done with one later."""
    @functools.wraps(function)
    def make(*args, **options):
        texts = [shown(a, 24) if isinstance(a, bytes) else repr(a)[:60] for a in args]
        texts += [f"{name}={value!r}"[:60] for name, value in options.items()]
        return Step(f"{function.__name__}({', '.join(texts)})", lambda peer: function(peer, *args, **options))
    return make


def frame(payload, sequence=0):
    """One frame, header and all."""
    return struct.pack("<I", len(payload))[:3] + bytes([sequence & 0xFF]) + payload


def header(length, sequence=0):
    """A header that claims so many bytes."""
    return struct.pack("<I", length)[:3] + bytes([sequence & 0xFF])


FULL = header(MAX_PAYLOAD)  # a frame that is not the last of its packet


class Peer:
    """A socket, what is known of the conversation, and the two ways to read: a packet, or to the end."""

    def __init__(self, sock):
        sock.settimeout(WAIT_S)
        if sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.stream = Stream(sock)
        self.socket = sock
        self.noted = {}

    def play(self, steps):
        """Does all of them; tells which one failed."""
        for number, each in enumerate(steps, 1):
            try:
                each.act(self)
            except (AssertionError, OSError, ValueError, ServerError) as error:
                raise Unexpected(f"step {number}, {each}: {type(error).__name__}: {error}") from error

    def packet(self):
        """The next packet's payload, or CLOSED."""
        try:
            return self.stream.receive()
        except ConnectionError:
            if self.stream.buffer:
                raise Unexpected(f"the connection ended within a packet: {shown(self.stream.buffer)}") from None
            return CLOSED

    def to_the_end(self):
        """All bytes up to the end of the connection, which must come."""
        everything, self.stream.buffer = self.stream.buffer, bytearray()
        until = time.monotonic() + WAIT_S
        while time.monotonic() < until:
            try:
                piece = self.socket.recv(1 << 20)
            except ConnectionError:
                break
            if not piece:
                break
            everything = (everything + piece)[-4096:]
        else:
            raise Unexpected(f"the connection does not end; last came {shown(everything)}")
        return bytes(everything)

    def send(self, data):
        """All of it, unless the other side has closed: a step behind this one says whether it was to."""
        with contextlib.suppress(ConnectionError):
            self.socket.sendall(data)

    def send_packet(self, payload):
        """The same for one packet, with the sequence id that is due."""
        with contextlib.suppress(ConnectionError):
            self.stream.send(payload)

    def close(self):
        self.stream.close()


# --- what either side may do -----------------------------------------------------------------------------------

@step
def send(peer, data, times=1):
    """These bytes, as they are."""
    for _ in range(times):
        peer.send(data)


@step
def tells(_, event):
    """The other side may go on."""
    event.set()


@step
def waits_for(_, event):
    if not event.wait(WAIT_S):
        raise Unexpected("what the other side was to tell has not come")


@step
def in_bytes(peer, data):
    """The same, each byte for itself."""
    for byte in data:
        peer.send(bytes([byte]))


@step
def packet(peer, payload, sequence=None):
    """A frame with the sequence id that is due, or another one."""
    if sequence is None:
        sequence = peer.stream.sequence
    peer.stream.sequence = (sequence + 1) & 0xFF
    peer.send(frame(payload, sequence))


@step
def drip(peer, byte=b"\0", every_s=0.05):
    """Byte after byte, until the other side has had enough."""
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until:
        try:
            peer.socket.sendall(byte)
            peer.socket.settimeout(every_s)
            if not peer.socket.recv(1 << 16):
                break
        except TimeoutError:
            continue
        except ConnectionError:
            break
        finally:
            peer.socket.settimeout(WAIT_S)
    else:
        raise Unexpected("it is listened to for ever")


@step
def flood(peer, data, most_bytes):
    """As often as there is room for it without anybody reading an answer, at most so many bytes. The other side has to
    stop somewhere, or to close."""
    sent = 0
    peer.socket.settimeout(0.3)
    try:
        while sent < most_bytes:
            sent += peer.socket.send(data)
    except (TimeoutError, ConnectionError):
        pass
    finally:
        peer.socket.settimeout(WAIT_S)
    peer.noted["flooded"] = sent


@step
def half_close(peer):
    peer.socket.shutdown(socket.SHUT_WR)


@step
def reset(peer):
    """The connection ends with an RST."""
    peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.socket.close()


@step
def leave(peer):
    """The connection ends with a FIN."""
    peer.stream.close()


@step
def closed(peer):
    """The other side ends the connection; whatever it says before that."""
    peer.to_the_end()


@step
def closed_in_silence(peer):
    """The same, and it says nothing any more."""
    said = peer.to_the_end()
    if said:
        raise Unexpected(f"it says {shown(said)}")


def error_in(payload):
    """The ServerError that a payload is; Unexpected if it is none."""
    if payload is CLOSED:
        raise Unexpected("closed without a word")
    if payload[:1] != b"\xff":
        raise Unexpected(f"no error: {shown(payload)}")
    return ServerError.decode(payload)
