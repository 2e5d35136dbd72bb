#!/usr/bin/python3
"""Captures compressed packets for tests/golden: capture_compressed.py PORT [zlib|zstd ...] > FILE

PORT is that of a server of tests/cluster, whose account app has the password app; schema "test" is there. One line per
compressed packet: algorithm, exchange, who sent it, a number, a colon, the packet in hexadecimal. The exchanges:
a short reply, rows that are worth compressing, two results (of which the server flushes each), a file that is loaded.
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from wire import Connection  # noqa: E402
from wire import capabilities as caps  # noqa: E402

PORT = int(sys.argv[1])
FILE = b"".join(b"%d\tline number %d\n" % (i, i) for i in range(20))
EXCHANGES = {
    "short": ["DO 1"],
    "rows": ["SELECT REPEAT('abcdefgh', 400), NULL, 'x' UNION ALL SELECT REPEAT('ijkl', 300), 1, 'y'"],
    "results": ["SELECT REPEAT('a', 200); SELECT 2; DO 3"],
    "file": ["LOAD DATA LOCAL INFILE 'f' INTO TABLE golden_file"],
}

for algorithm in sys.argv[2:]:
    with Connection("127.0.0.1", PORT, database="test", files={"f": FILE}, extra_caps=caps.MULTI_STATEMENTS,
                    compression=algorithm) as app:
        app.query("CREATE OR REPLACE TABLE golden_file (i INT, t TEXT)" if "MariaDB" in app.server_version
                  else "CREATE TEMPORARY TABLE golden_file (i INT, t TEXT)")
        for name, statements in EXCHANGES.items():
            app.stream.socket.packets = []
            for sql in statements:
                app.queries(sql)
            for number, (direction, packet) in enumerate(app.stream.socket.packets):
                print(f"{algorithm}.{name}.{direction}.{number}: {packet.hex(' ')}")
        if "MariaDB" in app.server_version:
            app.query("DROP TABLE golden_file")
