"""The server flavours a cluster can be made of."""

from .mariadb import MariaDb
from .mysql import MySql
from .unavailable import Unavailable

ENGINES = {"mariadb": MariaDb, "mysql": MySql}

__all__ = ["ENGINES", "Unavailable", "engine_named"]


def engine_named(name):
    """The engine, ready to start servers. Unavailable if this machine cannot have it."""
    if name not in ENGINES:
        raise ValueError(f"engine {name!r} is not one of {', '.join(sorted(ENGINES))}")
    return ENGINES[name]()
