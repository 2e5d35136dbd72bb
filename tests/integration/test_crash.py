"""What the log has of a Weir that crashes, and of a worker that stands still. (F22)"""

import ctypes
import os
import re
import signal

from .case import AdminTest, Environment, proxy_only

LIBC = ctypes.CDLL(None, use_errno=True)
TGKILL = {"x86_64": 234, "aarch64": 131}[os.uname().machine]
EPOLL = {"x86_64": ("232", "281"), "aarch64": ("22",)}[os.uname().machine]  # epoll_wait, epoll_pwait
PTRACE_DETACH, PTRACE_SEIZE, PTRACE_INTERRUPT = 17, 0x4206, 0x4207
WALL = 0x40000000


def threads(pid, name):
    """The numbers of the process's threads of this name."""
    found = []
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/comm", encoding="ascii") as comm:
            if comm.read().strip() == name:
                found.append(int(thread))
    return sorted(found)


def waits(pid, thread):
    """Whether it sleeps in the poll of its loop; where the kernel does not tell the call, whether it sleeps."""
    try:
        with open(f"/proc/{pid}/task/{thread}/syscall", encoding="ascii") as call:
            return call.read().split()[0] in EPOLL
    except OSError:  # not built into it, or not for us
        pass
    with open(f"/proc/{pid}/task/{thread}/stat", encoding="ascii") as stat:
        return stat.read().rpartition(") ")[2].startswith("S")


def ptrace(request, thread):
    LIBC.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    LIBC.ptrace.restype = ctypes.c_long
    if LIBC.ptrace(request, thread, None, None) < 0:
        raise OSError(ctypes.get_errno(), f"ptrace {request}")


class Stopped:
    """A thread that does nothing until it is told to go on. PermissionError: this machine lets nobody stop one."""

    def __init__(self, thread):
        self.thread = thread
        ptrace(PTRACE_SEIZE, thread)
        ptrace(PTRACE_INTERRUPT, thread)
        os.waitpid(thread, WALL)

    @staticmethod
    def or_skip(test, thread, connection):
        """The thread, stopped; or there is nothing to test, and the connection is closed."""
        try:
            return Stopped(thread)
        except PermissionError as reason:
            connection.close()
            test.skipTest(f"no thread can be stopped here: {reason}")

    def go_on(self):
        ptrace(PTRACE_DETACH, self.thread)


@proxy_only
class Crash(AdminTest):
    def start(self, **variables):
        self.proxy = self.weir(file=True, variables={"monitor_enabled": "false", **variables})
        self.log = self.proxy.directory / "own.log"
        self.proxy.restart("--log", str(self.log))
        self.proxy.wait_for_admin()

    def logged(self):
        return self.log.read_text(encoding="utf-8", errors="replace")

    def waiting_thread(self, pid, name):
        """One of this name that waits: a port answers connects before its thread has a name or runs its loop."""
        found = []

        def looked():
            found[:] = [thread for thread in threads(pid, name) if waits(pid, thread)]
            return found

        self.eventually(looked, f"{name} waits")
        return found[0]

    def test_a_crash_leaves_a_trace_that_can_be_read(self):
        if Environment.sanitized():
            self.skipTest("the sanitizer reports crashes itself")
        for number, name in ((signal.SIGSEGV, "weir-worker"), (signal.SIGABRT, "weir-admin"), (signal.SIGBUS, "weir")):
            with self.subTest(signal=number.name):
                self.start()
                client = self.proxy.connect()
                self.assertEqual(client.query("SELECT 1").value(), "1")
                pid = self.proxy.identity.pid
                self.assertEqual(LIBC.syscall(TGKILL, pid, self.waiting_thread(pid, name), int(number)), 0)
                self.assertEqual(self.proxy.take_exit_code(), -number)
                client.abort()
                text = self.logged()
                place = re.search(r"^\[CRASH\] (\w+) .* thread=(\S+) session=\d+ stage=\w+ version=\S+ pid=(\d+) ", text, re.M)
                self.assertIsNotNone(place, text)
                self.assertEqual(place.groups(), (number.name, name, str(pid)))
                calls = text[place.end():]
                self.assertRegex(calls, r"(?m)^    #\d+ uv_run")
                self.assertRegex(calls, r"(?m)^    #\d+ weir::Loop::run at proxy/net/loop\.cpp:\d+$")
                self.log.unlink()

    def test_a_worker_that_stands_still_is_reported_and_so_is_its_return(self):
        self.start(watchdog_time=500)
        client = self.proxy.connect()
        self.assertEqual(client.query("SELECT 1").value(), "1")
        pid = self.proxy.identity.pid
        stuck = Stopped.or_skip(self, threads(pid, "weir-worker")[0], client)
        try:
            self.eventually(lambda: re.search(r"\[ERROR\] a thread is stuck.*thread=\"worker \d\"", self.logged()), "it is found")
        finally:
            stuck.go_on()
        self.eventually(lambda: re.search(r"\[WARN\] a thread goes on thread=\"worker \d\" stuck_ms=\d+", self.logged()),
                        "it goes on")
        if not Environment.sanitized():
            self.eventually(lambda: " uv_run" in self.logged().partition("[WARN] where a thread is thread=weir-worker ")[2],
                            "where it was")
        self.assertEqual(client.query("SELECT 2").value(), "2")
        with self.proxy.admin() as admin:
            # A machine that is busy may stop a thread for half a second, too.
            self.assertGreaterEqual(int(self.status(admin, "weir_worker_stalls")), 1)
        client.close()
