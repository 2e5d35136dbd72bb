"""One measurement each: a load against a subject, and what the system says the subject did meanwhile."""

import json
import os
import pathlib
import signal
import subprocess
import threading
import time

import callgrind
from subjects import bench_binary, pin_to, wait_until

TICKS = os.sysconf("SC_CLK_TCK")


class Load:
    """weir_load, held between its phases: `with Load(...) as load:` begins when everything is warm."""

    def __init__(self, subject, clients, *options, cpu=1):
        where = ["--host", getattr(subject, "host", "127.0.0.1"), "--port", str(subject.port)]
        self.process = subprocess.Popen(
            [bench_binary("weir_load"), *where, "--connections", str(clients), "--hold", *map(str, options)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=lambda: pin_to(cpu))

    def __enter__(self):
        self._expect("warm")
        return self

    def measure(self):
        """Asks what is to be measured; its figures."""
        self._go_on()
        figures = json.loads(self.process.stdout.readline() or "{}")
        self._expect("done")
        if not figures or figures["errors"]:
            raise RuntimeError(f"the load failed: {figures}")
        return figures

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.communicate("\n\n")

    def _expect(self, word):
        line = self.process.stdout.readline().strip()
        if line != word:
            raise RuntimeError(f"weir_load said {line!r}, not {word!r}")

    def _go_on(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()


def threads(pid):
    return pathlib.Path(f"/proc/{pid}/task").iterdir()


def cpu_times(pid):
    """Seconds: user, system (by ticks), and both (by the scheduler's clock), of all threads."""
    user = system = total = 0.0
    for thread in threads(pid):
        fields = (thread / "stat").read_text().rpartition(")")[2].split()
        user += int(fields[11]) / TICKS
        system += int(fields[12]) / TICKS
        total += int((thread / "schedstat").read_text().split()[0]) / 1e9
    return user, system, total


def memory_kb(pid, which):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{which}:"):
            return int(line.split()[1])
    return 0


def rss_kb(pid):
    return memory_kb(pid, "VmRSS")


class PeakMemory:
    """The most resident memory of a process since `with` began, in `kb` after it: as the kernel keeps it, where we may begin
    that anew, or looked at again and again."""

    def __init__(self, pid):
        self._pid = pid
        self.kb = rss_kb(pid)

    def __enter__(self):
        try:
            pathlib.Path(f"/proc/{self._pid}/clear_refs").write_text("5")
            self._sampling = None
        except OSError:
            self._ended = threading.Event()
            self._sampling = threading.Thread(target=self._sample, daemon=True)
            self._sampling.start()
        return self

    def __exit__(self, *_):
        if self._sampling:
            self._ended.set()
            self._sampling.join()
            self.kb = max(self.kb, rss_kb(self._pid))
        else:
            self.kb = memory_kb(self._pid, "VmHWM")

    def _sample(self):
        while not self._ended.wait(0.01):
            self.kb = max(self.kb, rss_kb(self._pid))


def let_settle(pid):
    """Waits until a subject that nobody asks anything does nothing: what it began at its start is over."""
    used = [cpu_times(pid)[2]]

    def rests():
        time.sleep(0.15)
        used.append(cpu_times(pid)[2])
        return used[-1] - used[-2] < 0.0005

    wait_until(rests, f"process {pid} to come to rest")


def speed(subject, clients, seconds, options=()):
    """Queries per second and latencies, with the processor time that the subject took for them, and its memory: before, and
    after, as the load's connections stand, and how much it grew at most meanwhile."""
    with Load(subject, clients, "--milliseconds", round(seconds * 1000), *options) as load:
        let_settle(subject.pid)
        rss_before_kb = rss_kb(subject.pid)
        with PeakMemory(subject.pid) as peak:
            before = cpu_times(subject.pid)
            figures = load.measure()
            user, system, total = (after - at for after, at in zip(cpu_times(subject.pid), before))
        rss_after_kb = rss_kb(subject.pid)
    ticks = max(user + system, 1 / TICKS)
    cpu_us = total * 1e6 / figures["queries"]
    told = ("qps", "p50_us", "p99_us", "p999_us", "queries", "behind")
    return {**{key: figures[key] for key in told}, "cpu_us": cpu_us, "user_us": cpu_us * user / ticks,
            "system_us": cpu_us * system / ticks, "rss_before_kb": rss_before_kb, "rss_kb": rss_after_kb,
            "grown_kb": max(peak.kb - rss_before_kb, 0)}


def warm_up(subject):
    """Has it answer point selects, so that what it takes from now on is for what it is then asked."""
    with Load(subject, 1, "--count", 1000) as load:
        load.measure()


def at_rest(subject, idle, seconds=2):
    """What `idle` silent clients cost: memory, and the share of a processor in the quieter of two stretches. Some time limit of
    the logins may come in one: Weir looks at each session once then, and not again."""
    shares = []
    with Load(subject, 1, "--idle", idle, "--count", 1) as load:
        let_settle(subject.pid)
        for _ in range(2):
            before, begin = cpu_times(subject.pid)[2], time.monotonic()
            time.sleep(seconds)
            shares.append((cpu_times(subject.pid)[2] - before) / (time.monotonic() - begin))
        resident_kb = rss_kb(subject.pid)
        load.measure()
    return {"rss_kb": resident_kb, "cpu_share": min(shares)}


def read_strace(text):
    """{call: how often} from the table of strace -c."""
    calls = {}
    for line in text.splitlines():
        words = line.split()
        if len(words) >= 5 and words[0][0].isdigit() and words[-1] != "total":
            calls[words[-1]] = int(words[3])
    return calls


def system_calls(subject, clients, queries, folder, options=()):
    """{call: per query} of the subject, while it serves exactly `queries`."""
    table = pathlib.Path(folder) / "strace.table"
    complaints = pathlib.Path(folder) / "strace.log"
    with Load(subject, clients, "--count", queries, *options) as load:
        let_settle(subject.pid)
        with open(complaints, "wb") as log:
            strace = subprocess.Popen(["strace", "-f", "-c", "-o", table, "-p", str(subject.pid)], stderr=log)
        attached = len(list(threads(subject.pid)))
        wait_until(lambda: complaints.read_text().count("attached") >= 1
                   and sum(traced(thread) for thread in threads(subject.pid)) >= attached, "strace")
        load.measure()
        strace.send_signal(signal.SIGINT)
        strace.wait()
    return {call: count / queries for call, count in read_strace(table.read_text()).items()}


def traced(thread):
    status = (thread / "status").read_text()
    return "TracerPid:\t0\n" not in status


def instructions(subject, clients, queries, folder, options=()):
    """The callgrind profile of a subject, started behind callgrind.wrapper(folder), while it serves exactly `queries`."""
    with Load(subject, clients, "--count", queries, "--warmup", max(200, 20 * clients), *options) as load:
        let_settle(subject.pid)
        callgrind.dump(subject.pid, folder)
        load.measure()
        return callgrind.Profile(callgrind.dump(subject.pid, folder))


def micro():
    """{case: {ns, allocations, perhaps mb_per_s}} per call of the parts of a query, each by itself."""
    lines = subprocess.run([bench_binary("bench_micro")], check=True, capture_output=True, text=True).stdout
    return json.loads(lines)


def micro_instructions(case, folder):
    """Per call of one case: the difference of two runs, so that starting costs nothing."""
    few, many = 200, 1200

    def total(iterations):
        out = pathlib.Path(folder) / f"micro.{case}.{iterations}"
        subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", bench_binary("bench_micro"),
                        "--case", case, "--iterations", str(iterations)], check=True, capture_output=True)
        return callgrind.Profile(out).instructions()

    return (total(many) - total(few)) / (many - few)
