"""A small MySQL client in the standard library: enough protocol for tests to send exactly what they mean.

Tests need what drivers hide: commands by number, packets of a chosen size, an answer read slowly or not at all,
column metadata and status flags as they came. `Connection` is the only class most tests touch.
"""

from .connection import Connection
from .results import Column, Result, ServerError

__all__ = ["Column", "Connection", "Result", "ServerError"]
