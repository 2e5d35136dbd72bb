"""Crowds at the door that mean no good: servers see nothing of them, memory does not grow with what they do, and who
means well comes in and is answered."""

import contextlib
import re
import resource
import socket
import statistics
import struct
from collections import Counter

from wire import ServerError

from .case import Environment, WeirTest, proxy_only
from .hostile.crowd import Crowd, GoodClient, guess, guesser, say_nothing, trickle, what_it_hears

MB = 1 << 20
# Bad logins, silent callers, trickling clients, and rounds of good clients at least: a 99th percentile of few is chance.
SHORT = (20_000, 1_000, 300, 200)
LONG = (1_000_000, 20_000, 5_000, 10_000)
BLOCKED, DENIED, OUT_OF_RESOURCES, TOO_MUCH_PREPARED = 1129, 1045, 1041, 1461
MEMORY_OF_A_CALLER, MEMORY_OF_A_CLIENT = 16 << 10, 32 << 10


def p99_ms(times_s):
    return 1000 * statistics.quantiles(times_s, n=100)[98]


def what_it_was_greeted_with(callers, port):
    """One more caller; the error number of the greeting, or None if it is one. No SQLSTATE goes with it: clients do not look for
    one before they know what the server speaks."""
    callers.append(socket.create_connection(("127.0.0.1", port), timeout=60))
    got = callers[-1].recv(4096)
    if got[4] != 0xFF:
        return None
    assert got[7:8] != b"#", got
    return struct.unpack_from("<H", got, 5)[0]


class TheDoor(WeirTest):
    def setUp(self):
        super().setUp()
        self.logins, callers, self.trickling, self.rounds = LONG if Environment.long_runs else SHORT
        # Weir has a descriptor for each, and so has the crowd; both have some for other things.
        self.callers = min(callers, resource.getrlimit(resource.RLIMIT_NOFILE)[1] - 1000)
        # The monitor's own connections would be counted at the server.
        self.door = self.weir(file=True, variables={"monitor_enabled": "false", "max_connections": 50_000,
                                                    "connect_timeout_client": 10_000})
        self.good = GoodClient(self.door)
        for _ in range(self.rounds):
            self.good.round()
        self.idle_ms = p99_ms(self.good.times_s)

    def beside(self, goes_on, what):
        """Good clients while the crowd is there; their p99 is printed, for it depends on the machine."""
        client = GoodClient(self.door)
        while goes_on() or len(client.times_s) < self.rounds:
            client.round()
        self.assertEqual(client.troubles, [])
        p99 = p99_ms(client.times_s)
        print(f"    {what}: good clients' p99 {p99:.1f} ms, {p99 / self.idle_ms:.1f} times idle ({self.idle_ms:.1f} ms)",
              flush=True)

    def grown(self, before, allowed, what):
        self.grown_to(self.door, before, allowed, what)

    def grown_to(self, weir, before, allowed, what):
        after = weir.rss_bytes()
        print(f"    {what}: RSS {before / MB:.1f} MB before, {after / MB:.1f} MB after", flush=True)
        if not Environment.sanitized():
            self.assertLess(after - before, allowed)

    @proxy_only
    def test_guessers_of_passwords(self):
        warm = Crowd(guess, self.door.port, 1000)
        warmed = warm.hear()
        warm.end()
        connections, rss = self.cluster.primary.status("Connections"), self.door.rss_bytes()
        crowd = Crowd(guess, self.door.port, self.logins)
        self.addCleanup(crowd.end)
        self.beside(lambda: not crowd.heard_of(), f"{self.logins} bad logins")
        told = crowd.hear()
        self.assertEqual(sum(told.values()), self.logins)
        denied, late, unheard = told.pop((DENIED, False)), told.pop((BLOCKED, False), 0), told.pop((BLOCKED, True))
        self.assertEqual(told, {}, "nothing else is said to them")
        self.assertGreater(unheard, denied)
        # The one that asks for this is counted, too; the good clients' one is there already.
        self.assertLess(self.cluster.primary.status("Connections") - connections, 10)
        self.grown(rss, 8 * MB, f"{self.logins} bad logins ({denied} denied, {late} refused after "
                                f"their login, {unheard} instead of a greeting)")
        warm_unheard = warmed.get((BLOCKED, True), 0)
        self.look_at_log(2 * (self.logins + 1000) - unheard - warm_unheard)

    def look_at_log(self, lines):
        """Each refused login would be two lines, and who had no greeting one: what is not there is counted."""
        with self.door.admin() as admin:
            def left_out():
                return int(admin.query("SELECT Variable_Value FROM stats_mysql_global "
                                       "WHERE Variable_Name = 'weir_log_lines_left_out'").value())

            def logged():
                return len(re.findall(r"(?:login refused|client refused|session ended) .*client=127\.0\.0\.66",
                                      self.door.log_text()))

            self.eventually(lambda: logged() + left_out() == lines, "a refused login is logged, or counted as left out")
            self.assertGreater(left_out(), 0)

    @proxy_only
    def test_guesses_that_are_not_followed_up_are_counted(self):
        """By caching_sha2_password a wrong proof of a hashed password is answered with the wish for the password itself: who
        leaves then knows enough."""
        weir = self.weir(file=True, variables={"max_failed_logins": 3})
        with weir.admin() as admin:
            admin.query("UPDATE mysql_users SET password = CACHING_SHA2_PASSWORD('app') WHERE username = 'app'")
            admin.query("LOAD MYSQL USERS TO RUNTIME")
        for _ in range(8):
            self.assertEqual(what_it_hears(guesser(weir.port, "app", "caching_sha2_password")), "more")
        many = [guesser(weir.port, "app", "caching_sha2_password") for _ in range(12)]
        told = Counter(what_it_hears(sock) for sock in many)
        self.assertEqual(set(told), {"more", BLOCKED}, told)
        with weir.connect() as app:  # from another address
            self.assertEqual(app.query("SELECT 7").value(), "7")

    @proxy_only
    def test_memory_that_callers_had_is_there_for_others(self):
        if Environment.sanitized():
            self.skipTest("a sanitizer's allocator gives nothing back")
        weir = self.weir(file=True, variables={"memory_limit_mb": 120})
        callers = []
        self.addCleanup(lambda: [caller.close() for caller in callers])
        while what_it_was_greeted_with(callers, weir.port) != OUT_OF_RESOURCES:
            self.assertLess(len(callers), 15_000)
            callers[-1].sendall((65_000).to_bytes(3, "little") + b"\1" + bytes(64_000))
        for caller in callers:
            caller.close()

        def is_let_in():
            with contextlib.suppress(ServerError), weir.connect() as app:
                return app.query("SELECT 7").value() == "7"

        self.eventually(is_let_in, "they have gone, and so has what they had")

    @proxy_only
    def test_a_session_that_prepares_and_prepares(self):
        """Each text is another, of a megabyte. It is refused before it takes what others need, and can go on."""
        weir = self.weir(file=True, variables={"session_memory_limit_mb": 32})
        before = weir.rss_bytes()
        with weir.connect(timeout_s=60) as app:
            prepared = []
            with self.assertRaises(ServerError) as refused:
                while len(prepared) < 200:
                    prepared.append(app.prepare(f"SELECT {len(prepared)} /* {'x' * MB} */"))
            self.assertEqual(refused.exception.errno, TOO_MUCH_PREPARED)
            self.assertEqual(len(prepared), 31)
            self.grown_to(weir, before, 96 * MB, "a session that prepares up to 32 MB")
            self.assertEqual([prepared[n].execute().rows for n in (0, 30)], [[(0,)], [(30,)]])
            for statement in prepared:
                statement.close()
            self.assertEqual(app.prepare(f"SELECT 7 /* {'y' * MB} */").execute().rows, [(7,)])

    @proxy_only
    def test_sessions_that_prepare_until_there_is_no_memory(self):
        if Environment.sanitized():
            self.skipTest("a sanitizer's memory is beyond the limit already")
        weir = self.weir(file=True, variables={"memory_limit_mb": 160, "session_memory_limit_mb": 0})
        with weir.connect(timeout_s=60) as app, weir.connect() as other:
            statement = other.prepare("SELECT 1 + ?")
            with self.assertRaises(ServerError) as refused:
                for n in range(2000):
                    app.prepare(f"SELECT {n} /* {'x' * MB} */")
            self.assertEqual(refused.exception.errno, OUT_OF_RESOURCES)
            self.assertEqual(statement.execute(6).rows, [(7,)])
            self.assertEqual(other.prepare("SELECT 2 + ?").execute(6).rows, [(8,)])
            self.assertEqual(app.query("SELECT 9").value(), "9")

        def is_let_in():
            with contextlib.suppress(ServerError), weir.connect() as app:
                return app.query("SELECT 7").value() == "7"

        self.eventually(is_let_in, "they have gone, and so has what they had")

    @proxy_only
    def test_callers_who_say_nothing(self):
        rss, descriptors = self.door.rss_bytes(), self.door.descriptors()
        crowd = Crowd(say_nothing, self.door.port, self.callers)
        self.addCleanup(crowd.end)
        self.beside(lambda: not crowd.heard_of(), f"{self.callers} silent callers come")
        self.assertEqual(crowd.hear(), self.callers)
        self.grown(rss, 8 * MB + self.callers * MEMORY_OF_A_CALLER, f"{self.callers} silent callers")
        self.beside(lambda: not crowd.heard_of(), f"{self.callers} silent callers are there")
        self.assertEqual(crowd.hear(), self.callers, "Weir ends them all")
        self.eventually(lambda: self.door.descriptors() <= descriptors + 2, "nothing of them is left")

    @proxy_only
    def test_clients_who_send_a_byte_now_and_then(self):
        rss, descriptors = self.door.rss_bytes(), self.door.descriptors()
        queries = self.cluster.primary.status("Questions")
        crowd = Crowd(trickle, self.door.port, self.trickling, "app")
        self.addCleanup(crowd.end)
        self.assertEqual(crowd.hear(), self.trickling)
        self.beside(lambda: False, f"{self.trickling} trickling clients")
        self.grown(rss, 8 * MB + self.trickling * MEMORY_OF_A_CLIENT, f"{self.trickling} trickling clients")
        crowd.say("end")
        self.assertEqual(crowd.hear(), 0, "who sends is left alone")
        self.eventually(lambda: self.door.descriptors() <= descriptors + 2, "nothing of them is left")
        self.assertGreater(self.cluster.primary.status("Questions"), queries)
