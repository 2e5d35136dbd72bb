"""One connection: login, commands, results."""

import socket
import struct

from . import capabilities as caps
from .auth import rsa_encrypted_password, scramble
from .compression import CompressedSocket
from .packets import Reader, Stream, lenenc, lenenc_text
from .prepared import Statement, encoded_parameters
from .results import Column, Result, ServerError, decode_ok

COM_QUIT, COM_INIT_DB, COM_QUERY, COM_STATISTICS, COM_PING = 0x01, 0x02, 0x03, 0x09, 0x0E
COM_CHANGE_USER, COM_STMT_PREPARE, COM_SET_OPTION, COM_RESET_CONNECTION = 0x11, 0x16, 0x1B, 0x1F


class Connection:
    """Blocking; one thread at a time. Every socket operation gives up after `timeout_s`.

    `unix` is a socket path and replaces host and port. `files` maps the names a LOAD DATA LOCAL INFILE may ask for to
    their bytes; a name that is not there is refused as drivers do, with an empty packet.

    `tls` is an ssl.SSLContext: the login, and all behind it, goes by TLS, or not at all. `tls_name` is what the server's
    certificate must be for (if the context asks), `tls_session` one to go on with.

    `preface` goes ahead of all else: what a load balancer says for whom it connects.

    `compression` is "zlib" or "zstd": all behind the login is compressed, or the server offers it not (ConnectionError).

    `attributes` go with every statement, if `extra_caps` has QUERY_ATTRIBUTES; `connection_attributes` with the login.
    """

    def __init__(self, host="127.0.0.1", port=0, user="app", password="app", database=None, unix=None,
                 extra_caps=0, without_caps=0, charset=45, timeout_s=30, files=None, receive_buffer=None,
                 connection_attributes=None, tls=None, tls_name=None, tls_session=None,
                 preface=b"", compression=None, compression_level=3):
        self.files = files or {}
        self.attributes = {}
        self.connection_attributes = {"program_name": "weir-tests"} if connection_attributes is None \
            else connection_attributes
        family = socket.AF_UNIX if unix else socket.AF_INET6 if ":" in host else socket.AF_INET
        sock = socket.socket(family)
        sock.settimeout(timeout_s)
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        if not unix:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.secure = bool(unix)
        self.wants_tls = tls is not None
        self.compression, self.compression_level = compression, compression_level
        self.stream = Stream(sock)
        try:
            sock.connect(unix or (host, port))
            sock.sendall(preface)
            self._log_in(user, password.encode(), database, extra_caps, without_caps, charset,
                         lambda plain: tls.wrap_socket(plain, server_hostname=tls_name, session=tls_session) if tls else None)
        except BaseException:
            self.stream.socket.close()
            raise

    # --- login -------------------------------------------------------------------------------------------------

    def _log_in(self, user, password, database, extra_caps, without_caps, charset, secured):
        greeting = self.stream.receive()
        if greeting[0] == 0xFF:
            raise ServerError.decode(greeting)
        self._read_greeting(Reader(greeting))
        wanted = caps.ORDINARY | extra_caps | (caps.LOCAL_FILES if self.files else 0)
        if database:
            wanted |= caps.CONNECT_WITH_DB
        self.caps = wanted & ~without_caps & self.server_caps | self._compression_cap()
        self._start_tls(charset, secured)
        plugin = self.plugin if self.plugin in ("mysql_native_password", "caching_sha2_password") \
            else "mysql_native_password"
        answer = scramble(plugin, password, self.salt)
        login = struct.pack("<IIB23x", self.caps, 1 << 30, charset) + user.encode() + b"\0" + lenenc_text(answer)
        if self.caps & caps.CONNECT_WITH_DB:
            login += database.encode() + b"\0"
        if self.caps & caps.PLUGIN_AUTH:
            login += plugin.encode() + b"\0"
        if self.caps & caps.CONNECT_ATTRS:
            login += self._attribute_block()
        if self.caps & caps.ZSTD:
            login += bytes([self.compression_level])
        self.stream.send(login)
        self._finish_auth(password, plugin)
        if self.compression:
            self.stream.socket = CompressedSocket(self.stream.socket, self.compression, self.compression_level)

    def _compression_cap(self):
        cap = {None: 0, "zlib": caps.COMPRESS, "zstd": caps.ZSTD}[self.compression]
        if cap & ~self.server_caps:
            raise ConnectionError(f"the server does not offer {self.compression}")
        return cap

    def _start_tls(self, charset, secured):
        """With a server that has none, the request for it is the last that it hears."""
        if not self.wants_tls:
            return
        self.caps |= caps.SSL
        self.stream.send(struct.pack("<IIB23x", self.caps, 1 << 30, charset))
        if not self.server_caps & caps.SSL:
            raise ConnectionError("the server offers no TLS")
        self.stream.socket = secured(self.stream.socket)
        self.secure = True

    def _attribute_block(self):
        pairs = self.connection_attributes.items()
        return lenenc_text(b"".join(lenenc_text(text.encode()) for pair in pairs for text in pair))

    def _read_greeting(self, reader):
        reader.fixed(1)
        self.server_version = reader.nul_text().decode()
        self.thread_id = reader.fixed(4)
        salt = reader.take(8)
        reader.fixed(1)
        low = reader.fixed(2)
        self.server_charset = reader.fixed(1)
        self.status = reader.fixed(2)
        self.server_caps = low | reader.fixed(2) << 16
        salt_size = reader.fixed(1)
        reader.take(10)
        self.salt = salt + reader.take(max(13, salt_size - 8))[:12]
        self.plugin = reader.nul_text().decode() if self.server_caps & caps.PLUGIN_AUTH else "mysql_native_password"

    def _finish_auth(self, password, plugin):
        while True:
            payload = self.stream.receive()
            if payload[0] == 0x00:
                result = decode_ok(payload)
                self.status = result.status
                return
            if payload[0] == 0xFF:
                raise ServerError.decode(payload)
            if payload[0] == 0xFE:
                reader = Reader(payload[1:])
                plugin = reader.nul_text().decode()
                self.salt = reader.rest()[:20]
                self.stream.send(scramble(plugin, password, self.salt))
            elif payload == b"\x01\x04":
                self._send_full_sha2(password)
            elif payload != b"\x01\x03":
                raise ValueError(f"unexpected packet during login: {payload[:20].hex()}")

    def _send_full_sha2(self, password):
        if self.secure:
            self.stream.send(password + b"\0")
            return
        self.stream.send(b"\x02")
        pem = self.stream.receive()
        if pem[0] == 0xFF:
            raise ServerError.decode(pem)
        self.stream.send(rsa_encrypted_password(password, self.salt, pem[1:]))

    # --- commands ----------------------------------------------------------------------------------------------

    def send_command(self, code, payload=b""):
        self.stream.sequence = 0
        self.stream.send(bytes([code]) + payload)

    def query(self, sql):
        """Runs one statement and returns its only result. Use queries() for several."""
        results = self.queries(sql)
        if len(results) != 1:
            raise ValueError(f"{len(results)} results, one expected, for {sql[:80]!r}")
        return results[0]

    def queries(self, sql):
        """Runs `sql` and returns the list of all its results. An error after some results carries them in
        `error.results`."""
        self.send_query(sql)
        return self.read_results()

    def send_query(self, sql):
        text = sql.encode() if isinstance(sql, str) else sql
        if self.caps & caps.QUERY_ATTRIBUTES:
            values, names = list(self.attributes.values()), list(self.attributes)
            text = lenenc(len(names)) + b"\x01" + (encoded_parameters(values, names) if names else b"") + text
        self.send_command(COM_QUERY, text)

    def read_results(self, decode_row=None):
        results = []
        while True:
            try:
                results.append(self.read_result(decode_row))
            except ServerError as error:
                error.results = results
                raise
            if not results[-1].status & caps.STATUS_MORE_RESULTS:
                return results

    def read_result(self, decode_row=None):
        """One result of a text query, or of an execute with `decode_row` for its binary rows."""
        head = self.stream.receive()
        if head[0] == 0xFB:
            self._send_file(head[1:].decode())
            head = self.stream.receive()
        if head[0] == 0xFF:
            raise ServerError.decode(head)
        if head[0] == 0x00:
            return self._noted(decode_ok(head))
        result = Result(columns=self.read_columns(Reader(head).lenenc()))
        return self.read_rows(result, decode_row)

    def read_columns(self, count):
        columns = [Column.decode(self.stream.receive()) for _ in range(count)]
        if count and not self.caps & caps.DEPRECATE_EOF:
            self.columns_end = self._eof(self.stream.receive(), Result())
        return columns

    def read_rows(self, result, decode_row=None):
        if not self.caps & caps.DEPRECATE_EOF and self.columns_end.status & caps.STATUS_CURSOR_EXISTS:
            result.status = self.columns_end.status
            return result
        while True:
            payload = self.stream.receive()
            if payload[0] == 0xFF:
                raise ServerError.decode(payload)
            if payload[0] == 0xFE and len(payload) < (0xFFFFFF if self.caps & caps.DEPRECATE_EOF else 9):
                return self._noted(self._eof(payload, result))
            if decode_row:
                result.rows.append(decode_row(payload, result.columns))
            else:
                reader = Reader(payload)
                result.rows.append(tuple(reader.nullable_text() for _ in result.columns))

    def _eof(self, payload, result):
        if self.caps & caps.DEPRECATE_EOF:
            end = decode_ok(payload)
            result.status, result.warnings, result.info = end.status, end.warnings, end.info
        else:
            result.warnings, result.status = struct.unpack("<HH", payload[1:5])
        return result

    def _noted(self, result):
        self.status = result.status
        return result

    def _send_file(self, name):
        content = self.files.get(name, b"")
        for at in range(0, len(content), 1 << 20):
            self.stream.send(content[at:at + (1 << 20)])
        self.stream.send(b"")

    def simple(self, code, payload=b""):
        """A command answered by OK or ERR (or by EOF, as COM_SET_OPTION)."""
        self.send_command(code, payload)
        head = self.stream.receive()
        if head[0] == 0xFF:
            raise ServerError.decode(head)
        if head[0] == 0xFE:
            return self._eof(head, Result())
        return self._noted(decode_ok(head))

    def ping(self):
        return self.simple(COM_PING)

    def use(self, database):
        return self.simple(COM_INIT_DB, database.encode())

    def reset(self):
        return self.simple(COM_RESET_CONNECTION)

    def statistics(self):
        self.send_command(COM_STATISTICS)
        return self.stream.receive().decode()

    def change_user(self, user, password, database="", plugin=None, charset=45):
        plugin = plugin or ("mysql_native_password" if self.plugin != "caching_sha2_password" else self.plugin)
        answer = scramble(plugin, password.encode(), self.salt)
        payload = user.encode() + b"\0" + bytes([len(answer)]) + answer + database.encode() + b"\0"
        payload += struct.pack("<H", charset) + plugin.encode() + b"\0"
        if self.caps & caps.CONNECT_ATTRS:
            payload += self._attribute_block()
        self.send_command(COM_CHANGE_USER, payload)
        self._finish_auth(password.encode(), plugin)

    def prepare(self, sql):
        """A server-side prepared statement, spoken in the binary protocol."""
        self.send_command(COM_STMT_PREPARE, sql.encode() if isinstance(sql, str) else sql)
        head = self.stream.receive()
        if head[0] == 0xFF:
            raise ServerError.decode(head)
        reader = Reader(head)
        reader.fixed(1)
        statement = Statement(self, reader.fixed(4))
        column_count, parameter_count = reader.fixed(2), reader.fixed(2)
        reader.fixed(1)
        statement.warnings = reader.fixed(2)
        statement.parameters = self.read_columns(parameter_count)
        statement.columns = self.read_columns(column_count)
        return statement

    def close(self):
        """COM_QUIT, then closes. abort() leaves without a word."""
        try:
            self.send_command(COM_QUIT)
        except OSError:
            pass
        self.stream.close()

    def abort(self):
        self.stream.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
