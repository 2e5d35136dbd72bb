"""Sizes at and beyond a frame, and results larger than anyone's memory."""

import errno
import hashlib
import threading
import time

from wire import ServerError
from wire import capabilities as caps

from .case import Environment, WeirTest, proxy_only

MIB = 1 << 20
FRAME = 16 * MIB - 1
TRANSPORT_ERRNOS = (None, errno.ECONNRESET, errno.EPIPE, 1927)  # a lost connection, as the system or a proxy says it


class Packets(WeirTest):
    def test_queries_around_the_frame_size(self):
        """The payload is the command byte and the text: lengths from two under to two over, and twice, a frame."""
        with self.weir().connect(timeout_s=120) as app:
            for size in [FRAME + d for d in range(-2, 3)] + [2 * FRAME + d for d in range(-1, 2)]:
                with self.subTest(size=size):
                    frame_text = b"SELECT LENGTH('%s')"
                    fill = size - 1 - len(frame_text % b"")
                    self.assertEqual(app.query(frame_text % (b"x" * fill)).value(), str(fill))

    def test_rows_around_the_frame_size(self):
        with self.weir().connect(timeout_s=120) as app:
            for size in [FRAME + d for d in range(-2, 3)] + [2 * FRAME + d for d in range(-1, 2)]:
                with self.subTest(size=size):
                    fill = size - 4 if size - 4 < 1 << 24 else size - 9  # the row's only field and its length prefix
                    (row,) = app.query(f"SELECT REPEAT('y', {fill})").rows
                    self.assertEqual(len(row[0]), fill)
                    self.assertEqual(row[0].count(b"y"), fill)

    def test_row_over_a_frame_in_the_old_form_of_results(self):
        with self.weir().connect(timeout_s=120, without_caps=caps.DEPRECATE_EOF) as app:
            (row,) = app.query(f"SELECT REPEAT('y', {FRAME + 5})").rows
            self.assertEqual(len(row[0]), FRAME + 5)

    def test_64_mib_insert_and_row(self):
        table = self.fresh_table("a INT PRIMARY KEY, b LONGBLOB")
        content = hashlib.sha256(b"weir").digest().hex().encode() * MIB
        with self.weir().connect(timeout_s=120) as app:
            self.assertEqual(app.query(b"INSERT INTO %s VALUES (1, '%s')" % (table.encode(), content)).affected, 1)
            app.query("BEGIN")
            ((back,),) = app.query(f"SELECT b FROM {table}").rows
            self.assertEqual(hashlib.sha256(back).digest(), hashlib.sha256(content).digest())
            app.query("COMMIT")

    def test_64_mib_parameter(self):
        with self.weir().connect(timeout_s=120) as app:
            statement = app.prepare("SELECT LENGTH(?)")
            self.assertEqual(statement.execute(b"z" * (64 * MIB)).rows, [(64 * MIB,)])

    def test_larger_than_the_server_allows(self):
        """The server answers 1153 and closes; the answer may be lost in the reset. Others must not notice."""
        weir = self.weir()
        too_large = b"SELECT LENGTH('%s')" % (b"x" * (257 * MIB))
        with weir.connect(timeout_s=120) as app:
            with self.assertRaises((ServerError, OSError)) as caught:
                app.query(too_large)
            self.assertIn(getattr(caught.exception, "errno", None), (1153, *TRANSPORT_ERRNOS))
        with weir.connect() as app:
            self.assertEqual(app.query("SELECT 1").value(), "1")


class Memory(WeirTest):
    ROWS, ROW_BYTES = 65536, 16 * 1024  # one gigabyte

    def setUp(self):
        super().setUp()
        if Environment.sanitized():
            self.skipTest("a sanitizer's build uses memory of its own")

    @proxy_only
    def test_a_gigabyte_for_a_slow_client_keeps_memory_flat(self):
        """20 MB/s as the client reads it; the first part suffices to see growth unless a long run is asked for."""
        weir = self.weir()
        with weir.connect() as app:
            app.query("SELECT REPEAT('x', 1000000)")
        base, peak = weir.rss_bytes(), 0
        rate, seconds = 20_000_000, 60 if Environment.long_runs else 6
        app = weir.connect(timeout_s=60, receive_buffer=65536, database="test")
        app.send_query(f"SELECT REPEAT('x', {self.ROW_BYTES}) FROM seq_1_to_{self.ROWS}" if self.engine == "mariadb" else
                       "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 1000) "
                       f"SELECT REPEAT('x', {self.ROW_BYTES}) FROM n, n AS m LIMIT {self.ROWS}")
        started, received = time.monotonic(), 0
        while received < self.ROWS * self.ROW_BYTES and time.monotonic() - started < seconds:
            piece = app.stream.socket.recv(65536)
            self.assertTrue(piece, "the connection was closed")
            received += len(piece)
            peak = max(peak, weir.rss_bytes())
            ahead = received / rate - (time.monotonic() - started)
            if ahead > 0:
                time.sleep(ahead)  # this is the slow client, not a wait
        self.assertGreater(received, rate * seconds * 0.5)
        self.assertLess(peak - base, 16_000_000)
        app.abort()
        with weir.connect() as other:
            self.assertEqual(other.query("SELECT 1").value(), "1")

    @proxy_only
    def test_a_large_upload_to_a_paused_server_keeps_memory_flat(self):
        weir = self.weir()
        table = self.fresh_table("b LONGBLOB")
        with weir.connect(timeout_s=60) as app:
            app.query(f"INSERT INTO {table} VALUES ('warm')")
            base = weir.rss_bytes()
            self.addCleanup(self.cluster.primary.resume)
            self.cluster.primary.pause()
            upload = threading.Thread(daemon=True, target=app.send_query, args=(
                b"INSERT INTO %s VALUES ('%s')" % (table.encode(), b"x" * (100 * MIB)),))
            upload.start()
            upload.join(2)
            self.assertTrue(upload.is_alive(), "the upload should be held back by the server that does not read")
            self.assertLess(weir.rss_bytes() - base, 16_000_000)
            self.cluster.primary.resume()
            upload.join(60)
            self.assertEqual(app.read_results()[0].affected, 1)

    @proxy_only
    def test_a_thousand_idle_clients_cost_little(self):
        weir = self.weir()
        with weir.connect() as app:
            app.query("SELECT 1")
        base = weir.rss_bytes()
        clients = [weir.connect() for _ in range(1000)]
        for client in clients:
            client.query("SELECT 1")
        self.assertLess((weir.rss_bytes() - base) / len(clients), 20_000)
        for client in clients:
            client.abort()
