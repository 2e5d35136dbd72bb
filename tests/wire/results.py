"""What a server answers, as plain values."""

from dataclasses import dataclass, field

from .packets import Reader


class ServerError(Exception):
    """An ERR packet. `errno` 1146, `sqlstate` '42S02', `message` as text."""

    def __init__(self, errno, sqlstate, message):
        super().__init__(f"{errno} ({sqlstate}): {message}")
        self.errno = errno
        self.sqlstate = sqlstate
        self.message = message

    @staticmethod
    def decode(payload):
        reader = Reader(payload)
        reader.fixed(1)
        errno = reader.fixed(2)
        sqlstate = ""
        if reader.left() and payload[reader.at] == ord("#"):
            reader.fixed(1)
            sqlstate = reader.take(5).decode()
        return ServerError(errno, sqlstate, reader.rest().decode("utf-8", "replace"))


@dataclass(frozen=True)
class Column:
    schema: str
    table: str
    org_table: str
    name: str
    org_name: str
    charset: int
    length: int
    type: int
    flags: int
    decimals: int

    @staticmethod
    def decode(payload):
        reader = Reader(payload)
        reader.text()  # the catalog, always "def"
        texts = [reader.text().decode("utf-8", "replace") for _ in range(5)]
        reader.lenenc()
        return Column(*texts, charset=reader.fixed(2), length=reader.fixed(4), type=reader.fixed(1),
                      flags=reader.fixed(2), decimals=reader.fixed(1))


@dataclass
class Result:
    """One result: rows with their columns, or the counts of a statement without any."""

    columns: list = field(default_factory=list)
    rows: list = field(default_factory=list)
    affected: int = 0
    insert_id: int = 0
    status: int = 0
    warnings: int = 0
    info: str = ""

    def texts(self):
        """The rows with every value decoded to text (None stays None)."""
        return [tuple(None if v is None else v.decode("utf-8", "replace") if isinstance(v, bytes) else v
                      for v in row) for row in self.rows]

    def value(self):
        """The only value of a one-row, one-column result, as text."""
        (row,) = self.texts()
        (only,) = row
        return only


def decode_ok(payload):
    """An OK packet as a Result without rows."""
    reader = Reader(payload)
    reader.fixed(1)
    result = Result(affected=reader.lenenc(), insert_id=reader.lenenc())
    result.status = reader.fixed(2)
    result.warnings = reader.fixed(2)
    if reader.left():  # documented as plain text without SESSION_TRACK, but all servers send a length first
        result.info = reader.text().decode("utf-8", "replace")
    return result
