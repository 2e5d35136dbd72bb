"""A program at a terminal: what a person types, and what is shown."""

import os
import pty
import select
import time

WAIT_S = 30


class Terminal:
    """`command` on a pseudo terminal. `type` returns what was shown from then on, up to and with `until`."""

    def __init__(self, command, environment):
        self._pid, self._fd = pty.fork()
        if self._pid == 0:
            try:
                os.execvpe(command[0], [str(word) for word in command], environment)
            finally:
                os._exit(127)
        self._shown = b""

    def type(self, keys, until):
        os.write(self._fd, keys.encode())
        return self.read(until)

    def read(self, until):
        end = time.monotonic() + WAIT_S
        while until.encode() not in self._shown:
            if time.monotonic() > end or not self._read_some():
                raise AssertionError(f"no {until!r} in {self._shown.decode(errors='replace')!r}")
        shown, self._shown = self._shown, b""
        return shown.decode(errors="replace")

    def _read_some(self):
        """False at the end of the program."""
        if not select.select([self._fd], [], [], 1)[0]:
            return True
        try:
            more = os.read(self._fd, 65536)
        except OSError:  # how Linux tells of the end
            return False
        self._shown += more
        return bool(more)

    def close(self):
        os.close(self._fd)  # hangs up
        os.waitpid(self._pid, 0)
