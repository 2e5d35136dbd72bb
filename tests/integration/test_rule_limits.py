"""Rules that end, hold back, repeat and number statements, by what the servers see of it."""

import select

from .ruled import FIRST, RuledTest


class TimeoutAndDelay(RuledTest):
    def test_timeout_ends_the_statement_on_its_server(self):
        weir = self.ruled('match_pattern="SLEEP", timeout=8000')
        with weir.connect() as app:
            app.send_query("SELECT SLEEP(300) /* long */")
            self.eventually(lambda: self.running(self.cluster.primary, "SLEEP(300)"), "the statement runs")
            self.assertIn(self.error_of(app.read_results).errno, (1317, 1907, 3024))
            self.eventually(lambda: not self.running(self.cluster.primary, "SLEEP(300)"), "it has ended on the server")
            self.assertEqual(app.query("SELECT 1").value(), "1")

    def test_delayed_statement_is_overtaken(self):
        table = self.fresh_table("id INT AUTO_INCREMENT PRIMARY KEY, who VARCHAR(10)")
        weir = self.ruled('match_pattern="late", delay=8000')
        with weir.connect() as late, weir.connect() as early:
            late.send_query(f"INSERT INTO {table} (who) VALUES ('late')")
            early.query(f"INSERT INTO {table} (who) VALUES ('early')")
            self.assertEqual(select.select([late.stream.socket], [], [], 0)[0], [], "answered before the other")
            late.read_results()
            self.assertEqual(early.query(f"SELECT GROUP_CONCAT(who ORDER BY id) FROM {table}").value(), "early,late")

    def test_only_so_many_at_one_time(self):
        table = self.fresh_table("a INT PRIMARY KEY")
        self.cluster.primary.execute(f"INSERT INTO {table} VALUES (1)")
        weir = self.ruled(r'match_pattern="FOR UPDATE", attributes="{\"max_in_flight\":2}"')
        clients = [weir.connect() for _ in range(6)]
        with self.cluster.primary.connect_as_root() as root, weir.connect() as other:
            root.query("BEGIN")
            root.query(f"SELECT * FROM {table} FOR UPDATE")
            for client in clients:
                client.send_query(f"SELECT a FROM {table} WHERE a = 1 FOR UPDATE")
            self.eventually(lambda: self.running(self.cluster.primary, "FOR UPDATE") == 2, "two wait for the row")
            for _ in range(50):  # others are not held up, and meanwhile no third one gets through
                other.query("SELECT 1")
            self.assertEqual(self.running(self.cluster.primary, "FOR UPDATE"), 2)
            root.query("COMMIT")
        for client in clients:
            self.assertEqual(client.read_results()[0].texts(), [("1",)])
            client.close()


class Retries(RuledTest):
    hurts_cluster = True

    def both_replicas(self, *rules):
        """A Weir whose hostgroup FIRST has both replicas."""
        servers = [("127.0.0.1", self.cluster.primary.port, 0)]
        servers += [("127.0.0.1", replica.port, FIRST) for replica in self.cluster.replicas]
        return self.ruled(*rules, servers=servers)

    def kill_the_server_of(self, text):
        """Kills the replica on which a statement with `text` runs, and returns the other one."""
        def where():
            return [replica for replica in self.cluster.replicas if self.running(replica, text)]

        self.eventually(where, f"{text} runs on a replica")
        (victim,) = where()
        victim.kill()
        (other,) = [replica for replica in self.cluster.replicas if replica is not victim]
        return other

    def test_read_is_sent_to_another_server_when_its_own_dies(self):
        weir = self.both_replicas(f'match_pattern="SLEEP", destination_hostgroup={FIRST}, retries=3')
        with weir.connect() as app:
            app.send_query("SELECT SLEEP(15) /* again */")
            other = self.kill_the_server_of("SLEEP(15)")
            self.eventually(lambda: self.running(other, "SLEEP(15)"), "the other replica has it")
            self.assertEqual(app.read_results()[0].texts(), [("0",)])

    def test_read_without_retries_is_not(self):
        weir = self.both_replicas(f'match_pattern="SLEEP", destination_hostgroup={FIRST}, retries=0')
        with weir.connect() as app:
            app.send_query("SELECT @@port, SLEEP(600) /* once */")
            other = self.kill_the_server_of("SLEEP(600)")
            self.assertEqual(self.error_of(app.read_results).errno, 1927)
            self.assertEqual(self.running(other, "SLEEP(600)"), 0)

    def test_write_is_never_sent_again(self):
        weir = self.both_replicas(f'match_pattern="SLEEP", destination_hostgroup={FIRST}, retries=3')
        before = {replica.name: replica.status("Com_do") for replica in self.cluster.replicas}
        with weir.connect() as app:
            app.send_query("DO SLEEP(600)")
            other = self.kill_the_server_of("SLEEP(600)")
            self.assertEqual(self.error_of(app.read_results).errno, 1927)
            self.assertEqual(other.status("Com_do"), before[other.name])
