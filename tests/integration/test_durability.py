"""What SAVE ... TO DISK keeps, through kill -9 in the middle of it."""

import select
import time

from .case import Environment, WeirTest, proxy_only

KILLS, KILLS_OF_LONG_RUNS = 25, 200
LONGEST_S = 1.0  # that a save is given at most before the kill


class Durability(WeirTest):
    def change_and_save(self, admin, state, seconds=None):
        """Saves `state` in every row of the servers. With `seconds`, leaves when there is an answer, or after that."""
        admin.query(f"UPDATE mysql_servers SET comment = '{state}'")
        if seconds is None:
            admin.query("SAVE MYSQL SERVERS TO DISK")
            return True
        admin.send_query("SAVE MYSQL SERVERS TO DISK")
        return bool(select.select([admin.stream.socket], [], [], seconds)[0])

    def states(self, weir):
        """What a Weir that has just started finds: the states on disk, in memory, and in force."""
        with weir.admin() as admin:
            return [{row[0].decode() for row in admin.query(f"SELECT comment FROM {table}").rows}
                    for table in ("disk.mysql_servers", "main.mysql_servers", "runtime_mysql_servers")]

    @proxy_only
    def test_killed_while_it_saves(self):
        kills = KILLS_OF_LONG_RUNS if Environment.long_runs else KILLS
        weir = self.weir(file=True).wait_for_admin()
        state, duration = 0, LONGEST_S
        for kill in range(kills):
            admin = weir.admin()
            begin = time.monotonic()
            self.change_and_save(admin, state + 1)
            duration = min(duration, time.monotonic() - begin)
            told = self.change_and_save(admin, state + 2, duration * kill / kills)
            weir.kill()
            admin.abort()
            weir.start_again()
            allowed = {str(state + 2)} if told else {str(state + 1), str(state + 2)}
            for found in self.states(weir):
                self.assertEqual(len(found), 1, f"kill {kill}: states {found} together")
                self.assertLessEqual(found, allowed, f"kill {kill}, told: {told}")
            state += 2
        self.assertNotIn("damaged", weir.log_text())
        self.assertNotIn("[ERROR]", weir.log_text())
