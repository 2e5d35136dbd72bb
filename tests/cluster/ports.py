"""Free loopback ports that outgoing connections do not take while a server is restarting."""

import random
import socket

LOWEST, HIGHEST = 20000, 32000  # below every Linux's default range for outgoing connections


_given = set()


def free_port():
    """A port nobody listens on now, and that was not given to anyone in this process yet. Another process may be
    quicker: a server that cannot bind asks again."""
    if len(_given) > (HIGHEST - LOWEST) // 2:
        _given.clear()
    for _ in range(200):
        port = random.randint(LOWEST, HIGHEST)
        if port in _given:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _given.add(port)
        return port
    raise RuntimeError(f"no free port found between {LOWEST} and {HIGHEST}")
