"""A storm of KILL among many busy sessions on few connections: only who was meant is hit, and nobody else ever."""

import random
import threading
import time

from wire import Result, ServerError

from .case import WeirTest, proxy_only

SESSIONS, SLEEPERS, KILLERS, CONNECTIONS = 200, 6, 8, 8
KILLS, KILLS_OF_CONNECTIONS = 1000, 100
PAUSE_S = 0.03  # at most, between two kills of a killer
LAST_WORD_S = 60
COM_PROCESS_KILL = 0x0C
INTERRUPTED, KILLED = 1317, (1317, 1927, 1053, 2013)
SHARED_ROWS = 4


class Hit:
    """A statement that ended as if by KILL: of which connection, and when it was under way. If `closed`, the connection
    was gone, which it may have been before."""

    def __init__(self, connection, text, started, ended, closed):
        self.connection, self.text, self.started, self.ended, self.closed = connection, text, started, ended, closed

    def __str__(self):
        return f"connection {self.connection}, {self.started:.4f} to {self.ended:.4f}: {self.text}"


class Kill:
    """One KILL: of which connection, and from when until its OK it was under way."""

    def __init__(self, connection, closes):
        self.connection, self.closes, self.sent, self.answered = connection, closes, time.monotonic(), None

    def may_have_hit(self, hit):
        """A KILL that was answered before a statement began is over; one that came after its end met nothing."""
        return self.connection == hit.connection and self.closes >= hit.closed and \
            self.sent <= hit.ended and (hit.closed or self.answered is None or self.answered >= hit.started)


class Victim(threading.Thread):
    """A session with statements one after the other, each with a number of its own; `rounds` of one kind."""

    def __init__(self, weir, table, number, storm):
        super().__init__(daemon=True)
        self.weir, self.table, self.number, self.storm = weir, table, number, storm
        self.random = random.Random(number)
        self.hits, self.problems = [], []
        self.marker, self.done = 0, 0
        self.committed = {0}  # what the row may hold
        self.busy_since = None
        kinds = (self.sleep, self.prepared_sleep, self.benchmark, self.transaction, self.transaction, self.shared_row)
        self.kind = self.long_sleep if number < SLEEPERS else kinds[number % len(kinds)]
        self.app = self.statement = None
        self.log_in()

    def log_in(self):
        self.app = self.weir.connect(timeout_s=90)
        self.connection = self.app.thread_id
        self.statement = None

    def run(self):
        try:
            while not self.storm.over.is_set():
                self.kind()
            self.app.close()
        except Exception as error:  # whatever it is, the test must hear of it
            self.problems.append(f"session {self.number} ({self.kind.__name__}): {type(error).__name__}: {error}")

    # --- statements ----------------------------------------------------------------------------------------------

    def attempt(self, text, action):
        """What action() returns; None if it was hit. Whatever else happens is raised."""
        self.busy_since = time.monotonic()
        answer, hit, closed = None, False, False
        try:
            answer = action()
        except ServerError as error:
            if error.errno not in KILLED:
                raise
            hit, closed = True, error.errno != INTERRUPTED
        except (OSError, EOFError):
            hit = closed = True
        started, self.busy_since = self.busy_since, None
        # MySQL ends a SELECT that only sleeps with a 1 and without an error.
        if isinstance(answer, Result) and answer.columns and answer.columns[0].name.startswith("SLEEP"):
            hit = str(answer.rows[0][0]) in ("1", "b'1'")
        if hit:
            self.hits.append(Hit(self.connection, text, started, time.monotonic(), closed))
        self.done += 1
        if closed:
            self.log_in()
        return None if hit else answer

    def ask(self, text):
        return self.attempt(text, lambda: self.app.query(text))

    def next_marker(self):
        self.marker += 1
        return self.number * 1_000_000 + self.marker

    def answered_with(self, answer, marker):
        """Fails unless the answer, if there is one, is that of this statement."""
        if answer is not None and answer.rows[0][1] not in (marker, str(marker).encode()):
            raise AssertionError(f"the answer to {marker} is {answer.rows[0]}")

    def sleep(self):
        marker = self.next_marker()
        self.answered_with(self.ask(f"SELECT SLEEP({self.random.random() * 0.03:.4f}), {marker}"), marker)

    def prepared_sleep(self):
        marker, seconds = self.next_marker(), self.random.random() * 0.03
        while self.statement is None:
            self.statement = self.attempt("prepare SLEEP", lambda: self.app.prepare("SELECT SLEEP(?), ?"))
        self.answered_with(self.attempt(f"execute SLEEP {marker}", lambda: self.statement.execute(seconds, marker)), marker)

    def benchmark(self):
        marker = self.next_marker()
        self.answered_with(self.ask(f"SELECT BENCHMARK({self.random.randrange(10_000)}, SHA2('a', 256)), {marker}"), marker)

    def long_sleep(self):
        """Nothing but a KILL ends it."""
        if self.ask(f"SELECT SLEEP(3000), {self.next_marker()}") is not None:
            raise AssertionError("a sleep of 3000 s ended by itself")

    def shared_row(self):
        marker = self.next_marker()
        self.ask(f"UPDATE {self.table} SET marker = {marker} WHERE id = {-self.random.randrange(1, 1 + SHARED_ROWS)}")

    def transaction(self):
        """Short statements one after the other on the same connection: who is late hits the next one."""
        marker = self.next_marker()
        texts = ["BEGIN", f"UPDATE {self.table} SET marker = {marker} WHERE id = {self.number}", f"SELECT {marker}",
                 f"SELECT SLEEP({self.random.random() * 0.01:.4f}), {marker}", f"SELECT {marker}", f"SELECT {marker} + 1"]
        if all(self.ask(text) is not None for text in texts):
            if self.ask("COMMIT") is not None:
                self.committed = {marker}
                return
            self.committed = self.committed | {marker}  # it says no, and may have been too late to say so
        while self.ask("ROLLBACK") is None:
            pass


class Killer(threading.Thread):
    """Kills statements by the number of their connection, and some connections."""

    def __init__(self, weir, number, victims, storm):
        super().__init__(daemon=True)
        self.app = weir.connect(timeout_s=90)
        self.random = random.Random(1000 + number)
        self.victims, self.storm = victims, storm
        self.kills, self.problems = [], []

    def run(self):
        try:
            while self.storm.take_turn():
                self.kill(self.choose(), closes=len(self.kills) % (1 + KILLS // KILLS_OF_CONNECTIONS) == 5)
                self.storm.over.wait(self.random.random() * PAUSE_S)
        except Exception as error:
            self.problems.append(f"killer: {type(error).__name__}: {error}")

    def choose(self):
        """Anyone; every other time one of those who have waited longest, and are likely to be served just now."""
        if self.random.random() < 0.5:
            return self.random.choice(self.victims)
        busy = sorted((v.busy_since or time.monotonic(), v.number) for v in self.victims)[:30]
        return self.victims[self.random.choice(busy)[1]]

    def kill(self, victim, closes=False):
        kill = Kill(victim.connection, closes)
        self.kills.append(kill)
        try:
            if closes:
                self.close(kill.connection)
            else:
                self.app.query(f"KILL QUERY {kill.connection}")
        except ServerError as error:
            if error.errno != 1094:  # it has ended meanwhile
                raise
        kill.answered = time.monotonic()

    def close(self, connection):
        """By command, and in text."""
        if self.random.random() < 0.5:
            self.app.simple(COM_PROCESS_KILL, connection.to_bytes(4, "little"))
        else:
            self.app.query(f"KILL CONNECTION {connection}")


class Storm:
    """Counts the turns of all killers."""

    def __init__(self, turns):
        self.turns, self.lock, self.over = turns, threading.Lock(), threading.Event()

    def take_turn(self):
        with self.lock:
            self.turns -= 1
            return self.turns >= 0 and not self.over.is_set()


class KillStorm(WeirTest):
    @proxy_only
    def test_1000_kills_among_200_busy_sessions_hit_nobody_else(self):
        table = self.fresh_table("id INT PRIMARY KEY, marker BIGINT NOT NULL DEFAULT 0", "kill_storm")
        ids = ", ".join(f"({i})" for i in [*range(-SHARED_ROWS, 0), *range(SESSIONS)])
        self.cluster.primary.execute(f"INSERT INTO {table} (id) VALUES {ids}")
        self.cluster.wait_for_replication()
        weir = self.weir(file=True, server_options=f"max_connections={CONNECTIONS}",
                         variables={"connect_timeout_server_max": 60000})
        storm = Storm(KILLS + KILLS_OF_CONNECTIONS)
        victims = [Victim(weir, table, number, storm) for number in range(SESSIONS)]
        killers = [Killer(weir, number, victims, storm) for number in range(KILLERS)]
        for thread in (*victims, *killers):
            thread.start()
        for killer in killers:
            killer.join()
        storm.over.set()
        self.end_all(victims, killers[0])
        self.judge(victims, killers)
        rows = dict(self.cluster.primary.query(f"SELECT id, marker FROM {table}"))
        wrong = [(v.number, rows[str(v.number)], v.committed) for v in victims if int(rows[str(v.number)]) not in v.committed]
        self.assertEqual(wrong, [], "(session, what its row holds, what it may hold)")

    def end_all(self, victims, killer):
        """Everyone ends with his statement; sleepers with a KILL, which no earlier one may swallow."""
        deadline = time.monotonic() + LAST_WORD_S
        for sleeper in victims[:SLEEPERS]:
            while sleeper.is_alive() and time.monotonic() < deadline:
                killer.kill(sleeper)
                sleeper.join(1)
        for victim in victims:
            victim.join(max(0, deadline - time.monotonic()))
        alive = [f"{victim.number} ({victim.kind.__name__})" for victim in victims if victim.is_alive()]
        self.assertEqual(alive, [], "sessions whose statement did not end")

    def judge(self, victims, killers):
        problems = [problem for thread in (*victims, *killers) for problem in thread.problems]
        self.assertEqual(problems[:10], [])
        # Each KILL QUERY hits one statement; the one that ended first goes to the first that it may have hit.
        kills = sorted((kill for killer in killers for kill in killer.kills), key=lambda kill: (kill.closes, kill.answered))
        hits = sorted((hit for victim in victims for hit in victim.hits), key=lambda hit: hit.ended)
        unexplained = []
        for hit in hits:
            kill = next((kill for kill in kills if kill.may_have_hit(hit)), None)
            if kill is None:
                unexplained.append(str(hit))
            elif not kill.closes:  # the other ends a statement, and then the connection
                kills.remove(kill)
        print(f"{len(hits)} hits of {sum(len(k.kills) for k in killers)} kills, {sum(v.done for v in victims)} statements, "
              f"{len(unexplained)} innocents", flush=True)
        self.assertEqual(unexplained[:10], [], f"{len(unexplained)} statements were hit by nobody's KILL")
        self.assertGreater(len(hits), KILLS // 10)
