"""Servers that are played step by step, one connection after the other, and what the rows of their tables are made of.

A row has the script of each connection that is opened for its client (the last one is that of all that follow), what he
does meanwhile, and the end that it is to have. Weir's first connection is a look at a new server: it is let in, and ends. Its server is in a hostgroup of its own, whose user asks nobody else, but for
the questions with `/* hostgroup=0 */`: there is a server that answers.
"""

import dataclasses
import socket
import struct
import threading

from wire import capabilities as caps
from wire.packets import lenenc, lenenc_text

from .client import COM_QUERY
from .peer import CLOSED, Peer, Unexpected, frame, shown, step

SALT = b"abcdefghijklmnopqrst"
OFFERED = caps.ORDINARY | caps.CONNECT_WITH_DB | caps.FOUND_ROWS | caps.SESSION_TRACK | caps.LOCAL_FILES
QUESTION = "SELECT 'hostile'"
MARK = b"hostile"


@dataclasses.dataclass(frozen=True)
class Row:
    """`client` are the steps of a client that has logged in (hostile/client.py); `scripts` those of its server's
    connections."""

    name: str
    scripts: tuple
    client: tuple
    extra_caps: int = 0
    without_caps: int = 0
    user: str = ""       # is given by the test
    logged_in: bool = True
    compression: str = ""      # of the client
    compresses: bool = False   # Weir is to speak so to the server


# --- what a server says ----------------------------------------------------------------------------------------

def greeting(version=b"8.0.36", offered=OFFERED, salt=SALT, plugin=b"mysql_native_password", protocol=10, salt_length=None,
             more=b""):
    return bytes([protocol]) + version + b"\0" + struct.pack("<I", 4711) + salt[:8] + b"\0" + \
        struct.pack("<H", offered & 0xFFFF) + b"\x2d" + \
        struct.pack("<HHB", caps.STATUS_AUTOCOMMIT, offered >> 16 & 0xFFFF, len(salt) + 1 if salt_length is None else salt_length) + \
        bytes(10) + salt[8:] + b"\0" + plugin + b"\0" + more


def ok_packet(status=caps.STATUS_AUTOCOMMIT, head=b"\0", affected=0, warnings=0, more=b""):
    return head + lenenc(affected) + lenenc(0) + struct.pack("<HH", status, warnings) + more


def err_packet(errno, text=b"made up", state=b"#HY000"):
    return b"\xff" + struct.pack("<H", errno) + state + text


def column(name=b"a"):
    return b"".join(lenenc_text(text) for text in (b"def", b"", b"t", b"t", name, name)) + \
        b"\x0c" + struct.pack("<HIBHB", 45, 65535, 253, 0, 0) + b"\0\0"


def prepare_ok(number=1, columns=0, parameters=0):
    return b"\0" + struct.pack("<IHHBH", number, columns, parameters, 0, 0)


END = ok_packet(head=b"\xfe")  # of rows, with DEPRECATE_EOF


def answer(*payloads, first=1):
    """Frames that are numbered as the answer to a command."""
    return b"".join(frame(payload, first + n) for n, payload in enumerate(payloads))


def result(*values, end=END):
    """One column, and rows of one value each."""
    return answer(lenenc(1), column(), *(lenenc_text(value) for value in values), end)


# --- steps -----------------------------------------------------------------------------------------------------

@step
def greet(peer, **fields):
    peer.send(frame(greeting(**fields)))


@step
def their_login(peer):
    """Weir's login: it is noted."""
    payload = peer.packet()
    if payload is CLOSED:
        raise Unexpected("no login")
    peer.noted["said"] = payload


@step
def let_in(peer):
    """A greeting, and OK to whoever comes."""
    peer.send(frame(greeting()))
    if peer.packet() is CLOSED:
        raise Unexpected("no login")
    peer.send(frame(ok_packet(), 2))


@step
def asked(peer, mark=MARK, reply=None):
    """Waits for a command with this in it; what comes before it (settings of the session) is answered by OK. With
    `reply`, which is frames, answers it."""
    while True:
        payload = peer.packet()
        if payload is CLOSED:
            raise Unexpected("closed before it was asked")
        if mark in payload:
            break
        peer.send(answer(ok_packet()))
    if reply is not None:
        peer.send(reply)


@step
def given_up(peer):
    """Weir ends the connection."""
    peer.to_the_end()


@step
def never_says(peer, secret):
    """Weir ends the connection, and has not said this on it."""
    said = peer.noted["said"] + peer.to_the_end()
    if secret in said:
        raise Unexpected(f"it said {shown(said, 200)}")


@step
def serves(peer, mark=MARK):
    """From here on it is a good server: the value of every question is its text's, as long as it is asked."""
    peer.noted["serves"] = True
    while True:
        payload = peer.packet()
        if payload is CLOSED or payload == b"\1":
            return
        if payload[0] == COM_QUERY and (mark in payload or b"SELECT" in payload):
            peer.send(result(payload[1:]))
        else:
            peer.send(answer(ok_packet()))


# --- and of the client -----------------------------------------------------------------------------------------

@step
def answered(client, sql=QUESTION):
    """The question's text, as serves() answers."""
    found = client.result()
    if found != ("rows", [(sql,)]):
        raise Unexpected(f"{found}")


@step
def asks_another(client):
    """The session lives on, and another server answers."""
    sql = "SELECT /* hostgroup=0 */ 'alive'"
    client.stream.sequence = 0
    client.stream.send(bytes([COM_QUERY]) + sql.encode())
    found = client.result()
    if found != ("rows", [("0", sql)]):
        raise Unexpected(f"the session does not live on: {found}")


# The connection over which Weir has another one killed.
KILLED = (let_in(), asked(b"KILL", answer(ok_packet())), given_up())


class HostileServer:
    """Listens until close(); plays `scripts` with each connection in a thread of its own. `troubles`: what was not as a
    script has it."""

    def __init__(self, scripts):
        self.scripts = scripts
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.troubles = []
        self.peers = []
        self.closing = False
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            script = self.scripts[min(len(self.peers), len(self.scripts)) - 1] if self.peers else (let_in(),)
            self.peers.append(Peer(sock))
            threading.Thread(target=self._play, args=(self.peers[-1], script, len(self.peers)), daemon=True).start()

    def _play(self, peer, script, number):
        try:
            peer.play(script)
        except Unexpected as trouble:
            if not self.closing:
                self.troubles.append(f"connection {number}: {trouble}")
        finally:
            peer.close()
            peer.noted["ended"] = True

    def played(self):
        """Whether somebody has come, and every script so far has ended, or come to where it serves."""
        return len(self.peers) > 1 and self.is_quiet()

    def looked_at(self):
        return len(self.peers) == 1 and self.is_quiet()

    def is_quiet(self):
        return all("ended" in peer.noted or "serves" in peer.noted for peer in self.peers)

    def close(self):
        self.closing = True
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for peer in self.peers:
            peer.close()
