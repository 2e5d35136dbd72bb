"""Looks at what Weir has in force, all the time, and says what must never be."""

import threading
import time
from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from wire import ServerError

LOOK = "SELECT hostgroup, hostname, status, read_only, heard_ms FROM stats_mysql_server_status"
BETWEEN_S = 0.005
UNJUDGED = "UNJUDGED"  # put among the writers by a LOAD: it gets nothing there, whether it answers or not, until it is judged
OUT_OF_THE_WAY = {"FENCED", "MOVED", "OFFLINE_HARD", UNJUDGED}
OUT_OF_USE = {*OUT_OF_THE_WAY, "DEAD"}
LIFTED_WITHIN_S = 0.5  # an answer is told by the monitor's thread, and what follows from it by another
DECIDED = "the monitor has decided"


@dataclass(frozen=True)
class Look:
    """What is in force at some moment between `began` and `ended`."""

    began: float
    ended: float
    decisions: int        # in the log before it began
    standing: frozenset   # nodes' names in the writer hostgroup, and not out of the way: they write once they answer
    writers: frozenset    # those of them that are not out of use
    unjudged: frozenset   # those that wait there for the monitor's judgement
    read_only: frozenset  # nodes of which the monitor has heard, last, that they are read-only
    words: str            # of the hostgroup that writes
    heard: tuple          # (node's name, when the monitor heard of it last, or a little later)


class Watch(threading.Thread):
    """`names` are the nodes' by address. `violations` are sentences; there should be none."""

    def __init__(self, weir, admin, names, writer_hostgroup=0):
        super().__init__(daemon=True)
        self._weir, self._admin, self._names = weir, admin, names
        self._writer_hostgroup = writer_hostgroup
        self._stopping = threading.Event()
        self._log_read = 0
        self.decisions = 0
        self._since = {}  # (node, what is wrong with it): the first look of those in a row that show it, how many followed
        self.looks, self.violations = [], []

    def run(self):
        try:
            while not self._stopping.wait(BETWEEN_S):
                self._judge(self._look())
        except (OSError, ServerError) as error:
            self.violations.append(f"the admin port does not answer: {error}")

    def stop(self):
        self._stopping.set()
        self.join()

    def _look(self):
        decisions = self._count_decisions()
        began = time.monotonic()
        rows = self._admin.query(LOOK).texts()
        ended = time.monotonic()
        standing, writers, unjudged, read_only, heard, words = set(), set(), set(), set(), {}, []
        for hostgroup, address, status, is_read_only, heard_ms in rows:
            node = self._names[address]
            if int(hostgroup) == self._writer_hostgroup:
                words.append(f"{node} {status}")
                if status not in OUT_OF_THE_WAY:
                    standing.add(node)
                if status not in OUT_OF_USE:
                    writers.add(node)
                if status == UNJUDGED:
                    unjudged.add(node)
            if is_read_only == "1":
                read_only.add(node)
            if heard_ms is not None:
                heard[node] = began - int(heard_ms) / 1000
        return Look(began, ended, decisions, frozenset(standing), frozenset(writers), frozenset(unjudged),
                    frozenset(read_only), ", ".join(words), tuple(heard.items()))

    def _count_decisions(self):
        with open(self._weir.log, "rb") as log:
            log.seek(self._log_read)
            text = log.read()
        whole = text.rfind(b"\n") + 1
        self._log_read += whole
        self.decisions += text[:whole].count(DECIDED.encode())
        return self.decisions

    def _judge(self, look):
        self.looks.append(look)
        if len(look.standing) > 1:
            self.violations.append(f"{sorted(look.standing)} were writers at a time: {look.words}")
        wrong = [(node, "is a writer, and known to be read-only") for node in look.writers & look.read_only]
        wrong += [(node, "answers, and is not judged") for node in look.unjudged]
        for which in wrong:
            self._judge_known(which, look)
        for which in set(self._since) - set(wrong):
            del self._since[which]

    def _judge_known(self, which, look):
        """What the monitor knows it acts upon before it asks again: a server that has answered since, and in two looks
        after that is still what it should not be, is so against better knowledge."""
        node, wrong = which
        first, looks_after = self._since.get(which, (look, 0))
        grace_s = LIFTED_WITHIN_S if node in look.unjudged else 0
        answered_since = dict(look.heard).get(node, 0) > first.ended + grace_s
        self._since[which] = (first, looks_after + (1 if answered_since else 0))
        if self._since[which][1] > 2:
            self.violations.append(f"{node} {wrong}: {look.words}")

    # --- what was in force when something was written ----------------------------------------------------------

    def may_have_written(self):
        """A function (began, ended) -> names of the nodes that may have been given a write within that time; None: all.

        Between two looks that show different writers, or between which the monitor has decided something, anything may
        have been in force that one of its decisions says: then nobody knows."""
        looks = self.looks
        begins = [look.began for look in looks]
        ends = [look.ended for look in looks]

        def allowed(began, ended):
            first = bisect_right(ends, began) - 1    # the last that was over when it began
            last = bisect_left(begins, ended)        # the first that began when it was over
            if first < 1 or last + 1 >= len(looks):
                return None
            around = looks[first - 1:last + 2]
            if any(one.decisions != other.decisions for one, other in zip(around, around[1:])):
                return None
            return frozenset().union(*(look.writers for look in around))

        return allowed
