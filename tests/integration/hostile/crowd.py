"""Crowds that mean no good, each a process of its own: guessers of passwords, callers who say nothing, and clients who say
a byte now and then. They come from an address of their own."""

import itertools
import multiprocessing
import os
import random
import resource
import select
import socket
import struct
import time

from wire import Connection, ServerError
from wire import capabilities as caps

ADDRESS = "127.0.0.66"
AT_A_TIME = 128
COM_QUERY = 0x03


PROOF_BYTES = {"mysql_native_password": 20, "caching_sha2_password": 32}


def login_packet(user, plugin="mysql_native_password"):
    """With a proof that is right once in 2^160."""
    wanted = caps.ORDINARY & ~caps.CONNECT_ATTRS | caps.PLUGIN_AUTH
    size = PROOF_BYTES[plugin]
    payload = struct.pack("<IIB23x", wanted, 1 << 24, 45) + user.encode() + b"\0" + bytes([size]) + os.urandom(size)
    payload += plugin.encode() + b"\0"
    return len(payload).to_bytes(3, "little") + b"\1" + payload


def guesser(port, user, plugin):
    """A socket by which a wrong proof has been sent."""
    sock = socket.create_connection(("127.0.0.1", port), timeout=60, source_address=(ADDRESS, 0))
    sock.recv(4096)
    sock.sendall(login_packet(user, plugin))
    return sock


def what_it_hears(sock):
    """The error number of the answer, or "more"; and it leaves."""
    with sock:
        got = sock.recv(4096)
    return struct.unpack_from("<H", got, 5)[0] if got[4] == 0xFF else "more"


def caller(port, epoll):
    """A socket that connects."""
    sock = socket.socket()
    sock.setblocking(False)
    sock.bind((ADDRESS, 0))
    sock.connect_ex(("127.0.0.1", port))
    epoll.register(sock, select.EPOLLIN)
    return sock


def guess(port, logins, pipe):
    """So many logins that are wrong. Sends {(error number, whether it came instead of a greeting): how many}."""
    users = ["app", "app", "root", "admin", *(f"user{i}" for i in range(50))]
    chosen = random.Random(1)
    told, begun, open_now = {}, 0, {}
    with select.epoll() as epoll:
        while begun < logins or open_now:
            while begun < logins and len(open_now) < AT_A_TIME:
                sock = caller(port, epoll)
                open_now[sock.fileno()] = [sock, False]
                begun += 1
            for number, _ in epoll.poll(10):
                guesser = open_now[number]
                try:
                    got = guesser[0].recv(4096)
                except ConnectionError:
                    got = b""
                if got and not guesser[1] and got[4] != 0xFF:
                    guesser[1] = True
                    guesser[0].send(login_packet(chosen.choice(users)))
                    continue
                end = struct.unpack_from("<H", got, 5)[0] if len(got) > 6 and got[4] == 0xFF else 0
                told[end, not guesser[1]] = told.get((end, not guesser[1]), 0) + 1
                guesser[0].close()
                del open_now[number]
    pipe.send(told)


def say_nothing(port, callers, pipe):
    """So many connections whose greeting nobody answers, until Weir has ended them all. Sends first how many there were at
    a time, then how many it ended."""
    held, most = [], resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with select.epoll() as epoll:
        for _ in range(callers):
            held.append(caller(port, epoll))
            epoll.poll(0.001)
    pipe.send(len(held))
    ended = 0
    for sock in held:
        sock.settimeout(120)
        try:
            while sock.recv(4096):
                pass
            ended += 1
        except ConnectionError:
            ended += 1
        except TimeoutError:
            pass
        sock.close()
    pipe.send(ended)


def trickle(port, clients, user, pipe):
    """So many clients who have logged in and send their statement a byte a second, a tenth of them at a time, until they are
    told to end. Sends how many there are, then how many of them Weir has ended."""
    statement = b"SELECT 'a statement that is as long as a trickling client has patience for'"
    packet = (len(statement) + 1).to_bytes(3, "little") + b"\0" + bytes([COM_QUERY]) + statement
    connections = [Connection(port=port, user=user, password=user, timeout_s=120) for _ in range(clients)]
    pipe.send(len(connections))
    for byte, tenth in itertools.product(packet[:-1], range(10)):
        if pipe.poll(0.1):
            break
        for connection in connections[tenth::10]:
            try:
                connection.stream.socket.send(bytes([byte]))
            except ConnectionError:
                pass
    ended = 0
    for connection in connections:
        try:
            connection.stream.socket.send(packet[-1:])
        except ConnectionError:
            ended += 1
        connection.stream.socket.close()
    pipe.send(ended)


def with_what_is_left(what, *arguments):
    """Crowds have machines of their own: here they take no processor from those whose time is measured."""
    os.nice(19)
    what(*arguments)


class Crowd:
    """One of the above in a process of its own; `say(...)`/`hear()` are the other end of its pipe."""

    def __init__(self, what, *arguments):
        self._pipe, far_end = multiprocessing.Pipe()
        self._process = multiprocessing.get_context("fork").Process(target=with_what_is_left, args=(what, *arguments, far_end),
                                                                   daemon=True)
        self._process.start()

    def hear(self, patience_s=600):
        if not self._pipe.poll(patience_s):
            raise AssertionError("the crowd has said nothing")
        return self._pipe.recv()

    def heard_of(self):
        return self._pipe.poll(0)

    def say(self, word):
        self._pipe.send(word)

    def end(self):
        self._process.join(60)
        self._process.kill()


class GoodClient:
    """Logs in and asks, again and again; `times_s` of each round."""

    def __init__(self, weir):
        self.weir = weir
        self.times_s, self.troubles = [], []

    def round(self):
        begun = time.monotonic()
        try:
            with self.weir.connect() as app:
                if app.query("SELECT 6 * 7").texts() != [("42",)]:
                    self.troubles.append("a wrong answer")
        except (ServerError, OSError, ValueError) as error:
            self.troubles.append(repr(error))
        self.times_s.append(time.monotonic() - begun)
