"""One session twice: through Weir in one schema, and on the primary in another."""

import struct

from wire import Connection, ServerError
from wire import capabilities as caps
from wire.results import Column

COM_STMT_PREPARE, COM_STMT_EXECUTE, COM_STMT_CLOSE, COM_RESET_CONNECTION = 0x16, 0x17, 0x19, 0x1F
STATUS_COMPARED = caps.STATUS_IN_TRANSACTION | caps.STATUS_AUTOCOMMIT | caps.STATUS_MORE_RESULTS | 1 << 13
LONG_TEXTS = range(0xF9, 0xFE)  # TINY_BLOB to VAR_STRING
READ_ONLY_ERRORS = (1290, 1792, 1836)


class Side:
    """One of the two connections. `schema` is as long as the other side's."""

    def __init__(self, port, schema, collation):
        self.port, self.schema, self.collation = port, schema, collation
        self.mask = (schema.encode(), b"$" * len(schema))
        self.connect()

    def connect(self):
        self.connection = Connection("127.0.0.1", self.port, database=self.schema, extra_caps=caps.MULTI_STATEMENTS,
                                     charset=self.collation, timeout_s=60)

    def send(self, step):
        """The first message of `step`; whatever blocks is done by receive()."""
        if step.what == "query":
            self.connection.send_query(step.sql.replace("$DB", self.schema))
        elif step.what == "prepared":
            self.connection.send_command(COM_STMT_PREPARE, step.sql.replace("$DB", self.schema).encode())
        elif step.what == "reset":
            self.connection.send_command(COM_RESET_CONNECTION)

    def receive(self, step):
        """What came back, as a list of comparable values."""
        if step.what in ("query", "reset"):
            return self._results()
        if step.what == "prepared":
            return self._prepared(step)
        if step.what == "change_user":
            self.connection.change_user("app", "app", self.schema, charset=self.collation)
        elif step.what == "reconnect":
            self.connection.close()
            self.connect()
        return [(step.what,)]

    def _results(self):
        results = []
        while True:
            kind, *rest = result = self._result()
            results.append(result)
            if kind == "error" or not rest[-1] & caps.STATUS_MORE_RESULTS:
                return results

    def _result(self):
        head = self.connection.stream.receive()
        if head[0] == 0xFF:
            return ("error", struct.unpack("<H", head[1:3])[0], head[3:].replace(*self.mask).rstrip(b"."))
        if head[0] == 0x00:
            return ("ok", *self._counts(head))
        columns = [self.connection.stream.receive().replace(*self.mask) for _ in range(head[0])]
        rows = []
        while True:
            payload = self.connection.stream.receive()
            if payload[0] == 0xFE and len(payload) < 0xFFFFFF:
                return ("rows", columns, rows, *self._counts(payload)[2:])
            if payload[0] == 0xFF:
                return ("error", struct.unpack("<H", payload[1:3])[0], payload[3:].replace(*self.mask).rstrip(b"."))
            rows.append(payload.replace(*self.mask))

    @staticmethod
    def _counts(payload):
        """(affected, insert id, warnings, status) of an OK."""
        at, numbers = 1, []
        for _ in range(2):
            size = {0xFC: 2, 0xFD: 3, 0xFE: 8}.get(payload[at], 0)
            at += 1
            numbers.append(int.from_bytes(payload[at:at + size], "little") if size else payload[at - 1])
            at += size
        status, warnings = struct.unpack("<HH", payload[at:at + 4])
        return (*numbers, warnings, status & STATUS_COMPARED)

    def _prepared(self, step):
        head = self.connection.stream.receive()
        if head[0] == 0xFF:
            return [("error", struct.unpack("<H", head[1:3])[0], head[3:].replace(*self.mask).rstrip(b"."))]
        statement, columns, parameters = struct.unpack("<IHH", head[1:9])
        for _ in range(columns + parameters):
            self.connection.stream.receive()
        values = [(8, struct.pack("<q", v)) if isinstance(v, int) else (253, bytes([len(v)]) + v.encode())
                  for v in step.arguments]
        payload = struct.pack("<IBI", statement, 0, 1) + bytes((len(values) + 7) // 8) + b"\x01"
        payload += b"".join(struct.pack("<H", kind) for kind, _ in values) + b"".join(data for _, data in values)
        self.connection.send_command(COM_STMT_EXECUTE, payload)
        results = self._results()
        self.connection.send_command(COM_STMT_CLOSE, struct.pack("<I", statement))
        return results


def difference(step, through, direct):
    """Why the two answers to `step` differ, or an empty text."""
    if through == direct:
        return ""
    if len(through) != len(direct):
        return f"{len(through)} results instead of {len(direct)}: {_shown(through)} instead of {_shown(direct)}"
    for mine, theirs in zip(through, direct):
        if mine != theirs and not _equal_enough(step, mine, theirs):
            return _first_difference(mine, theirs)
    return ""


def _first_difference(mine, theirs):
    if mine[0] == theirs[0] == "rows":
        for part, one, other in zip(("columns", "rows", "warnings", "status"), mine[1:], theirs[1:]):
            if one != other:
                return f"{part} {_shown(one)} instead of {_shown(other)}"
    return f"{_shown(mine)} instead of {_shown(theirs)}"


def _equal_enough(step, mine, theirs):
    """Whether they are the same but for what the plan of a query decides."""
    if mine[0] != "rows" or theirs[0] != "rows":
        return step.rows == "shape" and mine[0] == theirs[0] == "ok"
    if [_name_and_type(each) for each in mine[1]] != [_name_and_type(each) for each in theirs[1]]:
        return False
    if step.rows == "shape":
        return True
    rows = mine[2] == theirs[2] if step.rows == "ordered" else sorted(mine[2]) == sorted(theirs[2])
    return rows and mine[3:] == theirs[3:]


def _name_and_type(definition):
    """A column's name and type: its origin, length and flags differ with temporary tables, and which of the types of
    long texts it has. Of a user variable only the name: one that is NULL may show the type of a value it once had."""
    column = Column.decode(definition)
    if column.name[:1] in (b"@", "@"):
        return column.name
    return column.name, "text" if column.type in LONG_TEXTS else column.type, column.charset


def _shown(answer):
    text = repr(answer)
    return text if len(text) < 700 else text[:500] + " ... " + text[-200:]


class Pair:
    """A script, played on both sides. `begin()` sends the next statement, `end()` compares the answers."""

    def __init__(self, script, job, schemas):
        self.script = script
        self.through = Side(job["weir_port"], schemas[0], job["collation"])
        self.direct = Side(job["primary_port"], schemas[1], job["collation"])
        self.history = []
        self.step = None
        self.failed = False  # the last statement ended with an error, on the primary

    def begin(self, step=None):
        self.step = step or self.script.next()
        self.history = [*self.history[-20:], self.step]
        self.direct.send(self.step)
        self.through.send(self.step)

    def end(self):
        """(the step, what differs, whether a read-only error came through alone)."""
        direct = self.direct.receive(self.step)
        try:
            through = self.through.receive(self.step)
        except (OSError, ServerError) as error:
            through = [("lost", repr(error))]
            self.through.connect()
            self.direct.connect()
        found = difference(self.step, through, direct)
        last = through[-1]
        self.failed = direct[-1][0] == "error"
        refused = bool(found) and last[0] == "error" and last[1] in READ_ONLY_ERRORS
        return self.step, found, refused
