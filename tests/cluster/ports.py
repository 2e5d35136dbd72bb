"""Free loopback ports that outgoing connections do not take while a server is restarting."""

import random
import socket

LOWEST, HIGHEST = 20000, 32000  # below every Linux's default range for outgoing connections


def free_port():
    """A port nobody listens on now. Another process may be quicker: a server that cannot bind asks again."""
    for _ in range(200):
        port = random.randint(LOWEST, HIGHEST)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise RuntimeError(f"no free port found between {LOWEST} and {HIGHEST}")
