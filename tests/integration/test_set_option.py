"""COM_SET_OPTION: texts of several statements, on and off."""

import random

from wire import capabilities as caps
from wire.connection import COM_SET_OPTION

from .case import WeirTest, proxy_only

ON, OFF = b"\x00\x00", b"\x01\x00"


class SetOption(WeirTest):
    def check(self, app, on):
        if on:
            self.assertEqual([r.value() for r in app.queries("SELECT 1; SELECT 2")], ["1", "2"])
        else:
            self.assertEqual(self.error_of(app.queries, "SELECT 1; SELECT 2").errno, 1064)

    def test_it_switches_for_one_session(self):
        weir = self.weir()
        with weir.connect() as app, weir.connect() as other:
            for option in (ON, ON, OFF, OFF, ON):
                app.simple(COM_SET_OPTION, option)
                self.check(app, option == ON)
                self.check(other, False)

    def test_it_switches_off_what_the_login_asked_for(self):
        weir = self.weir()
        with weir.connect(extra_caps=caps.MULTI_STATEMENTS) as app, \
                weir.connect(extra_caps=caps.MULTI_STATEMENTS) as other:
            app.simple(COM_SET_OPTION, OFF)
            self.check(app, False)
            self.check(other, True)

    @proxy_only
    def test_answers_are_those_of_the_server(self):
        weir = self.weir()
        for without in (0, caps.DEPRECATE_EOF):
            answers = []
            for end in (self.cluster.primary, weir):
                with end.connect(database="test", without_caps=without) as app:
                    answers.append([])
                    for option in (ON, b"\x02\x00", OFF, b"\xff\xff", b"\x00\x00\x00\x00"):
                        app.query("DO 1")  # where the option will be set: its answer counts that connection's warnings
                        app.send_command(COM_SET_OPTION, option)
                        answers[-1].append(app.stream.receive())
            self.assertEqual(*answers)

    def test_it_outlives_reset_and_change_of_user_and_a_transaction(self):
        with self.weir().connect(database="test") as app:
            app.query("BEGIN")
            app.simple(COM_SET_OPTION, ON)
            self.assertTrue(app.status & caps.STATUS_IN_TRANSACTION)
            self.check(app, True)
            app.query("COMMIT")
            self.check(app, True)
            app.reset()
            self.check(app, True)
            app.change_user("app2", "app2", "test")
            self.check(app, True)
            app.simple(COM_SET_OPTION, OFF)
            self.check(app, False)

    @proxy_only
    def test_sessions_that_differ_share_few_connections(self):
        weir = self.weir(file=True, server_options="max_connections=3")
        chance = random.Random(1)
        apps = {weir.connect(): False for _ in range(10)}
        for _ in range(200):
            app = chance.choice(list(apps))
            if chance.random() < 0.3:
                apps[app] = chance.random() < 0.5
                app.simple(COM_SET_OPTION, ON if apps[app] else OFF)
            self.check(app, apps[app])
            app.query("SELECT 1")  # an error has kept its connection for SHOW WARNINGS
        for app in apps:
            app.close()
