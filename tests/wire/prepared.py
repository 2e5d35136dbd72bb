"""Prepared statements: the binary protocol, with the parameter and column types the tests use.

MySQL: page_protocol_command_phase_ps, page_protocol_binary_resultset.
"""

import struct

from . import capabilities as caps
from .packets import Reader, lenenc, lenenc_text
from .results import ServerError

COM_STMT_EXECUTE, COM_STMT_SEND_LONG_DATA, COM_STMT_CLOSE, COM_STMT_RESET, COM_STMT_FETCH = 0x17, 0x18, 0x19, 0x1A, 0x1C
CURSOR_NONE, CURSOR_READ_ONLY, PARAMETER_COUNT_AVAILABLE = 0, 1, 8
LONG_DATA = object()  # a parameter whose value went ahead with send_long_data()

_INTEGERS = {1: (1, "b", "B"), 2: (2, "h", "H"), 13: (2, "h", "H"), 9: (4, "i", "I"), 3: (4, "i", "I"),
             8: (8, "q", "Q")}
_UNSIGNED = 32


def _field(reader, column):
    if column.type in _INTEGERS:
        size, signed, unsigned = _INTEGERS[column.type]
        return struct.unpack("<" + (unsigned if column.flags & _UNSIGNED else signed), reader.take(size))[0]
    if column.type == 4:
        return struct.unpack("<f", reader.take(4))[0]
    if column.type == 5:
        return struct.unpack("<d", reader.take(8))[0]
    return reader.text()  # strings, decimals, blobs; dates and times stay in their binary form


def binary_row(payload, columns):
    reader = Reader(payload)
    reader.fixed(1)
    nulls = reader.take((len(columns) + 9) // 8)
    return tuple(None if nulls[(i + 2) // 8] >> ((i + 2) % 8) & 1 else _field(reader, column)
                 for i, column in enumerate(columns))


def _encoded(value):
    """(type, bytes) of one parameter."""
    if value is None:
        return 6, b""
    if value is LONG_DATA:
        return 252, b""
    if isinstance(value, int):
        return 8, struct.pack("<q", value)
    if isinstance(value, float):
        return 5, struct.pack("<d", value)
    text = value.encode() if isinstance(value, str) else value
    return 253, lenenc_text(text)


def encoded_parameters(values, names=None, types_too=True):
    """NULL bitmap, types (with a name behind each, if `names` are given) and values."""
    nulls = bytearray((len(values) + 7) // 8)
    for i, value in enumerate(values):
        nulls[i // 8] |= (value is None) << (i % 8)
    encoded = [_encoded(value) for value in values]
    types = [struct.pack("<H", kind) for kind, _ in encoded]
    if names is not None:
        types = [kind + lenenc_text(name.encode()) for kind, name in zip(types, names, strict=True)]
    return (bytes(nulls) + (b"\x01" + b"".join(types) if types_too else b"\x00")
            + b"".join(data for _, data in encoded))


class Statement:
    """One prepared statement of `connection`; `parameters` and `columns` as the server described them."""

    def __init__(self, connection, statement_id):
        self.connection = connection
        self.id = statement_id
        self.parameters = []
        self.columns = []
        self.warnings = 0

    def execute(self, *values, cursor=CURSOR_NONE, types_too=True):
        """Runs it and returns its only result; with a read-only cursor, a result without rows yet."""
        self.send_execute(*values, cursor=cursor, types_too=types_too)
        if cursor == CURSOR_NONE:
            (result,) = self.connection.read_results(binary_row)
            return result
        return self.connection.read_result(binary_row)

    def send_execute(self, *values, cursor=CURSOR_NONE, types_too=True):
        names = self.connection.attributes
        if not self.connection.caps & caps.QUERY_ATTRIBUTES:
            payload = struct.pack("<IBI", self.id, cursor, 1)
            if self.parameters:
                payload += encoded_parameters(values, types_too=types_too)
        else:
            payload = struct.pack("<IBI", self.id, cursor | PARAMETER_COUNT_AVAILABLE, 1)
            payload += lenenc(len(values) + len(names))
            if values or names:
                payload += encoded_parameters([*values, *names.values()], [*([""] * len(values)), *names], types_too)
        self.connection.send_command(COM_STMT_EXECUTE, payload)

    def send_long_data(self, parameter, data):
        """A piece of a parameter's value; there is no answer."""
        self.connection.send_command(COM_STMT_SEND_LONG_DATA, struct.pack("<IH", self.id, parameter) + data)

    def fetch(self, result, count):
        """Up to `count` more rows of an open cursor, added to `result`."""
        self.connection.send_command(COM_STMT_FETCH, struct.pack("<II", self.id, count))
        while True:
            payload = self.connection.stream.receive()
            if payload[0] == 0xFF:
                raise ServerError.decode(payload)
            if payload[0] == 0xFE and len(payload) < 0xFFFFFF:
                return self.connection._noted(self.connection._eof(payload, result))
            result.rows.append(binary_row(payload, result.columns))

    def reset(self):
        return self.connection.simple(COM_STMT_RESET, struct.pack("<I", self.id))

    def close(self):
        self.connection.send_command(COM_STMT_CLOSE, struct.pack("<I", self.id))
