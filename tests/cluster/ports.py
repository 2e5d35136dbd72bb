"""Free loopback ports that outgoing connections do not take while a server is restarting."""

import fcntl
import os
import pathlib
import random
import socket
import tempfile

LOWEST, HIGHEST = 20000, 32000  # below every Linux's default range for outgoing connections

_given = set()
_claims = None  # the file of all processes' claims, once this process has one


def free_port():
    """A port nobody listens on now, and that no test process of this user was given and may still come to use: those
    of several engines run side by side, and a port that is given is bound only later, or not while its server is
    down. Another program may still be quicker: a server that cannot bind asks again."""
    if len(_given) > (HIGHEST - LOWEST) // 4:
        _release_all()
    for _ in range(200):
        port = random.randint(LOWEST, HIGHEST)
        if port in _given or not _claim(port):
            continue
        _given.add(port)  # also one that somebody listens on: it need not be tried again
        if _is_free(port):
            return port
    raise RuntimeError(f"no free port found between {LOWEST} and {HIGHEST}")


def _is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _claim(port):
    """A lock on the port's byte of a file that all processes share. It ends with this process."""
    global _claims
    if _claims is None:
        path = pathlib.Path(tempfile.gettempdir()) / f"weir-test-ports-{os.getuid()}"
        _claims = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.lockf(_claims, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except OSError:
        return False
    return True


def _release_all():
    for port in _given:
        fcntl.lockf(_claims, fcntl.LOCK_UN, 1, port)
    _given.clear()
