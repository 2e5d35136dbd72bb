"""A client that is played step by step, and what the rows of its tables are made of.

`refused(...)` and `as_a_server()` are where a row says what others do: played directly before a server (`run --direct`),
the first asks only that the connection ends, and the second notes what the server answers, for Weir to be compared with.
"""

import dataclasses
import socket
import struct

from wire import Connection, ServerError
from wire import capabilities as caps
from wire.auth import scramble
from wire.packets import Reader, lenenc_text

from .peer import CLOSED, WAIT_S, Peer, Unexpected, error_in, frame, shown, step

COM_QUERY = 0x03
NATIVE = "mysql_native_password"
SHA2 = "caching_sha2_password"


@dataclasses.dataclass(frozen=True)
class Row:
    """One hostile behaviour. `steps` begin with a client that has connected (and read nothing), or, in a table of
    sessions, with one that has logged in."""

    name: str
    steps: tuple
    only: str = ""         # a family of servers, if it says nothing of the other
    weir_only: str = ""    # why there is nothing to compare with in a server
    logged_in: bool = False
    user: str = "app"
    without_caps: int = 0
    extra_caps: int = 0
    compression: str = ""  # of one who has logged in


def row(name, *steps, **options):
    return Row(name, steps, **options)


def session(name, *steps, **options):
    """A row whose client has logged in."""
    return Row(name, steps, logged_in=True, **options)


class Client(Peer):
    """`target` is where to connect: it has host, port, connect() and `is_weir`. `like`: what a server answered in the
    steps that say as_a_server(), in their order; None: this is that server."""

    def __init__(self, target, row, like=None):
        self.target, self.row, self.like = target, row, list(like) if like is not None else None
        self.answers = []
        if row.logged_in:
            connection = target.connect(row.user, row.user, timeout_s=WAIT_S, without_caps=row.without_caps,
                                        extra_caps=row.extra_caps, compression=row.compression or None)
            super().__init__(connection.stream.socket)
            self.stream = connection.stream
            self.note_greeting(connection.salt, connection.plugin, connection.server_caps, connection.caps)
        else:
            super().__init__(socket.create_connection((target.host, target.port), WAIT_S))

    def note_greeting(self, salt, plugin, offered, caps_now):
        self.salt, self.plugin, self.offered, self.caps = salt, plugin, offered, caps_now

    @property
    def strict(self):
        """Whether errors are those that the table says: Weir is before us."""
        return self.target.is_weir

    def no_attributes(self):
        """What stands before a text without attributes."""
        return b"\0\1" if self.caps & caps.QUERY_ATTRIBUTES else b""

    def result(self, as_it_is=False):
        """The answer to one statement as (kind, what): ("ok", None), ("rows", rows as texts), ("error", errno), or
        ("closed", None). `as_it_is`: rows are not read, but bytes."""
        head = self.packet()
        if head is CLOSED:
            return CLOSED, None
        if head[0] == 0xFF:
            return "error", ServerError.decode(head).errno
        if head[0] in (0x00, 0xFE) or len(head) > 9:
            return "ok", None
        return self.rows(Reader(head).lenenc(), as_it_is)

    def rows(self, columns, as_it_is):
        eof, fields = not self.caps & caps.DEPRECATE_EOF, columns
        found = []
        while True:
            due = self.stream.sequence
            payload = self.packet()
            if payload is CLOSED:
                return CLOSED, None
            if self.stream.sequence != (due + 1) & 0xFF:
                raise Unexpected(f"{(self.stream.sequence - 1) & 0xFF} in the place of sequence id {due}: {shown(payload)}")
            if payload[:1] == b"\xff":
                return "error", ServerError.decode(payload).errno
            if columns + eof > 0:
                columns -= 1
                continue
            if payload[:1] == b"\xfe" and len(payload) < (9 if eof else 0xFFFFFF):
                return "rows", found
            if as_it_is:
                found.append(payload)
                continue
            reader = Reader(payload)
            found.append(tuple(text and text.decode("utf-8", "replace")
                               for text in (reader.nullable_text() for _ in range(fields))))


# --- login -----------------------------------------------------------------------------------------------------

@step
def greeted(client):
    """Reads the greeting."""
    reader = Reader(client.packet())
    if reader.fixed(1) != 10:
        raise Unexpected("no greeting of version 10")
    reader.nul_text()
    reader.fixed(4)
    salt = reader.take(8)
    reader.fixed(1)
    offered = reader.fixed(2)
    reader.take(3)
    offered |= reader.fixed(2) << 16
    size = reader.fixed(1)
    reader.take(10)
    salt += reader.take(max(13, size - 8))[:12]
    client.note_greeting(salt, reader.nul_text().decode(), offered, 0)


def login_payload(client, user=b"app", password=b"app", capabilities=caps.ORDINARY, plus=0, minus=0, max_packet=1 << 24,
                  collation=45, reserved=bytes(23), auth=None, database=b"", plugin=None, attributes=b"\0", cut=None,
                  more=b"", bare_database=False, bare_plugin=False):
    """A login, with any of its fields another one. `auth` and `attributes` are with their lengths; `cut` is how much of it
    is left."""
    flags = (capabilities | plus) & ~minus & 0xFFFFFFFF
    if database:
        flags |= caps.CONNECT_WITH_DB
    client.caps = flags & client.offered
    plugin = client.plugin if plugin is None else plugin
    payload = struct.pack("<IIB", flags, max_packet, collation) + reserved + user + b"\0"
    if auth is None:
        auth = lenenc_text(scramble(plugin if plugin in (NATIVE, SHA2) else NATIVE, password, client.salt))
    payload += auth
    if flags & caps.CONNECT_WITH_DB:
        payload += database + (b"" if bare_database else b"\0")
    if flags & caps.PLUGIN_AUTH and not bare_database:
        payload += plugin.encode() + (b"" if bare_plugin else b"\0")
    if flags & caps.CONNECT_ATTRS and not bare_plugin and not bare_database:
        payload += attributes
    return payload[:cut] + more


@step
def login(client, **fields):
    """A login packet as the greeting asks for it; see login_payload()."""
    client.stream.sequence = 1
    client.send_packet(login_payload(client, **fields))


@step
def login_in_bytes(client):
    for byte in frame(login_payload(client), 1):
        client.send(bytes([byte]))


@step
def login_with(client, *more, **fields):
    """A login and what follows it, in one piece."""
    client.send(frame(login_payload(client, **fields), 1) + b"".join(more))


@step
def switched(client):
    """The server asks for another plugin."""
    payload = client.packet()
    if payload is CLOSED or payload[0] != 0xFE:
        raise Unexpected(f"no auth switch: {shown(payload)}")
    reader = Reader(payload[1:])
    client.plugin = reader.nul_text().decode()
    client.salt = reader.rest()[:20]


@step
def proof(client, password=b"app"):
    """The right answer to a switch."""
    client.send_packet(scramble(client.plugin, password, client.salt))


@step
def welcome(client):
    """The login has succeeded, after as much of a conversation as this server wants."""
    payload = client.packet()
    while payload is not CLOSED and payload[:1] in (b"\x01", b"\xfe"):
        if payload[:1] == b"\xfe" and not client.strict:
            client.plugin = Reader(payload[1:]).nul_text().decode()
            client.salt = payload[-21:-1]
            client.send_packet(scramble(client.plugin, b"app", client.salt))
        elif payload != b"\x01\x03":
            raise Unexpected(f"the conversation goes on: {shown(payload)}")
        payload = client.packet()
    if payload is CLOSED or payload[:1] != b"\0":
        raise Unexpected("closed" if payload is CLOSED else str(error_in(payload)))


# --- commands --------------------------------------------------------------------------------------------------

@step
def command(client, code, payload=b"", sequence=0):
    client.stream.sequence = sequence
    client.send_packet(bytes([code]) + payload)


@step
def query(client, sql):
    client.stream.sequence = 0
    text = client.no_attributes() + sql.encode() if isinstance(sql, str) else sql
    client.send_packet(bytes([COM_QUERY]) + text)


@step
def prepared(client, sql="SELECT ?, ?", note="id"):
    """Prepares it and notes its id."""
    client.stream.sequence = 0
    client.send_packet(b"\x16" + sql.encode())
    head = client.packet()
    if head is CLOSED or head[0] != 0:
        raise Unexpected(f"not prepared: {shown(head)}")
    _, client.noted[note], columns, parameters = struct.unpack("<BIHH", head[:9])
    eofs = 0 if client.caps & caps.DEPRECATE_EOF else (columns > 0) + (parameters > 0)
    for _ in range(columns + parameters + eofs):
        client.packet()


@step
def of_statement(client, code, payload=b"", note="id", times=1):
    """A command about a statement that was prepared."""
    for _ in range(times):
        client.stream.sequence = 0
        client.send_packet(bytes([code]) + struct.pack("<I", client.noted[note]) + payload)


@step
def of_statement_of(client, code, payload=b"", cut=None):
    """The same, cut off."""
    client.stream.sequence = 0
    client.send_packet((bytes([code]) + struct.pack("<I", client.noted["id"]) + payload)[:cut])


# --- what comes back -------------------------------------------------------------------------------------------

@step
def err(client, errno):
    """An error, of Weir and of servers alike."""
    error = error_in(client.packet())
    if error.errno != errno:
        raise Unexpected(f"{errno} expected: {error}")


@step
def an_error(client):
    """Some error."""
    error_in(client.packet())


@step
def refused(client, errno):
    """An error, and the connection ends. Servers may end it without a word, or say it otherwise."""
    if not client.strict:
        return client.to_the_end()
    payload = client.packet()
    if payload is CLOSED:
        raise Unexpected(f"closed without a word, {errno} expected")
    error = error_in(payload)
    if error.errno != errno:
        raise Unexpected(f"{errno} expected: {error}")
    said = client.to_the_end()
    if said:
        raise Unexpected(f"behind its error it says {shown(said)}")


@step
def ok(client, times=1):
    for _ in range(times):
        payload = client.packet()
        if payload is CLOSED or payload[0] not in (0x00, 0xFE):
            raise Unexpected("closed" if payload is CLOSED else str(error_in(payload)))


@step
def rows(client, *wanted):
    """A result with these rows."""
    found = client.result()
    if found != ("rows", [tuple(each) for each in wanted]):
        raise Unexpected(f"{found}")


@step
def fails(client, errno):
    """An error, in the place of an answer or in the middle of one."""
    found = client.result()
    if found != ("error", errno):
        raise Unexpected(f"{found}")


@step
def packets(client, *payloads):
    """These packets."""
    for wanted in payloads:
        found = client.packet()
        if found != wanted:
            raise Unexpected(f"{shown(wanted)} expected: {found if found is CLOSED else shown(found)}")


@step
def as_a_server(client):
    """What a server answers to the same bytes: rows, OK, an error's number, or the end of the connection."""
    found = client.result(as_it_is=True)
    client.answers.append(found)
    if client.like is None:
        return
    wanted = client.like.pop(0)
    if found != wanted:
        raise Unexpected(f"{found}; a server: {wanted}")


@step
def ended_or_lives(client):
    """Whatever a server does now with the session: as it does."""
    client.stream.sequence = 0
    client.send(frame(b"\x0e"))
    found = client.result()
    client.answers.append(found)
    if client.like is not None and found != client.like.pop(0):
        raise Unexpected(f"the session {'has ended' if found[0] == CLOSED else 'lives on'}; a server's has not so")


@step
def one_line(client, wanted=b""):
    """A packet of plain text."""
    payload = client.packet()
    if payload is CLOSED or payload[:1] == b"\xff" or wanted not in payload:
        raise Unexpected(f"{shown(payload)}")


@step
def lives(client):
    """The session answers the next question rightly."""
    client.stream.sequence = 0
    client.send_packet(b"\x03" + client.no_attributes() + b"SELECT 'still', 6 * 7")
    found = client.result()
    if found != ("rows", [("still", "42")]):
        raise Unexpected(f"the session does not live on: {found}")


@step
def asks_for_a_file(client):
    """The server asks for the file of LOAD DATA LOCAL INFILE."""
    payload = client.packet()
    if payload is CLOSED or payload[0] != 0xFB:
        raise Unexpected(f"no question for a file: {'closed' if payload is CLOSED else shown(payload)}")


def connect(target, user="app"):
    return Connection(target.host, target.port, user=user, password=user, timeout_s=WAIT_S)
