"""Processes known by pid and start time, so that a number that was given to somebody else is never signalled."""

import ctypes
import os
import signal
import subprocess
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Identity:
    pid: int
    started: int  # clock ticks after boot, from /proc


def start_ticks(pid):
    """When `pid` started, or None if it is gone or a zombie."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            fields = stat.read().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in (b"Z", b"X") else int(fields[19])


def launch(command, log, tied):
    """Starts `command` with no input and its output appended to `log`. Returns its Identity.

    If `tied`, the kernel kills it when the thread that called us ends, however that happens: call it from a thread that
    lives as long as the process should. Otherwise it gets a session of its own and outlives us.
    """
    prefix = ["setpriv", "--pdeathsig", "KILL", "--"] if tied else []
    with open(log, "ab") as output:
        child = subprocess.Popen([*prefix, *command], stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                 start_new_session=True)
    started = start_ticks(child.pid)
    child.returncode = 0  # alive() reaps it; Popen must not warn about it
    return Identity(child.pid, started or 0)


def alive(identity):
    if identity is None:
        return False
    if start_ticks(identity.pid) == identity.started:
        return True
    _reap(identity.pid)
    return False


def identify(pid):
    """A process that somebody else has started and that runs."""
    return Identity(pid, start_ticks(pid) or 0)


def adopt_orphans():
    """From now on what our processes have started, and leave behind, is ours to wait for (PR_SET_CHILD_SUBREAPER)."""
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)


def _reap(pid):
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        pass  # started by another run of the tool, or reaped before


def send(identity, signal_number):
    """Signals the process if it is still the one we started."""
    if alive(identity):
        try:
            os.kill(identity.pid, signal_number)
        except ProcessLookupError:
            pass


def wait_until_gone(identity, timeout_s):
    return wait_for(lambda: not alive(identity), timeout_s)


def end(identity, patience_s):
    """SIGTERM, and SIGKILL if that did not end it within `patience_s` (0: SIGKILL at once)."""
    if patience_s:
        send(identity, signal.SIGTERM)
        if wait_until_gone(identity, patience_s):
            return
    send(identity, signal.SIGCONT)
    send(identity, signal.SIGKILL)
    if not wait_until_gone(identity, 10):
        raise RuntimeError(f"process {identity.pid} survived SIGKILL for 10 s")


def wait_for(condition, timeout_s, every_s=0.01):
    """Polls until `condition()` is true and returns True, or False after `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(every_s)
    return True
