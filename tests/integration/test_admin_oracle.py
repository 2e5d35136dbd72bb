"""The admin port answers as a running ProxySQL did, but where Weir chose better."""

import pathlib

from cluster import process
from wire import ServerError
from wire.fake_server import FakeServer

from . import admin_oracle
from .case import WeirTest, proxy_only

README = pathlib.Path(__file__).resolve().parent.parent.parent / "README.md"
SERVERS = 6
COUNTERS_TIMEOUT_S = 10
# Where Weir's defaults are others than those of the recording.
DEFAULTS = {"default_schema": '"information_schema"', "server_version": '"8.0.11"', "threads": 1,
            "max_allowed_packet": 67108864, "monitor_enabled": "false", "auto_rw_split": "false"}
RESET = ("SAVE MYSQL VARIABLES FROM RUNTIME", "SAVE ADMIN VARIABLES FROM RUNTIME",
         "DELETE FROM mysql_replication_hostgroups", "DELETE FROM mysql_servers", None, "LOAD MYSQL SERVERS TO RUNTIME",
         "DELETE FROM mysql_query_rules", "DELETE FROM mysql_query_rules_fast_routing", "DELETE FROM mysql_users",
         "LOAD MYSQL QUERY RULES TO RUNTIME",
         "UPDATE global_variables SET variable_value='false' WHERE variable_name='mysql-monitor_enabled'",
         "UPDATE global_variables SET variable_value='100' WHERE variable_name='mysql-poll_timeout'",
         "UPDATE global_variables SET variable_value='3000' WHERE variable_name='mysql-connect_timeout_server_max'",
         "LOAD MYSQL VARIABLES TO RUNTIME")


class AdminOracle(WeirTest):
    @proxy_only
    def test_recorded_answers(self):
        self.servers = [FakeServer(number) for number in range(SERVERS)]
        for server in self.servers:
            self.addCleanup(server.close)
        self.proxy = self.weir(file=True, variables=DEFAULTS, servers=[], users=[], pairs=[])
        for case in admin_oracle.cases():
            with self.subTest(case["id"], about=case["about"]):
                self._play(case)

    @proxy_only
    def test_differences_are_documented_and_name_recorded_steps(self):
        steps = {case["id"]: len(case["steps"]) for case in admin_oracle.cases()}
        documented = README.read_text(encoding="utf-8")
        for difference in admin_oracle.differences():
            self.assertIn(f"\n| {difference['subject']} |", documented)
            for case, answers in difference["cases"].items():
                for step in answers:
                    self.assertLess(int(step), steps[case], f"{case}, step {step}")

    # --- playing -----------------------------------------------------------------------------------------------

    def _play(self, case):
        admin = self.proxy.admin()
        self._reset(admin)
        replaced = admin_oracle.expectations(case)
        patient = False  # the recording slept here: counters may lag
        try:
            for number, step in enumerate(case["steps"]):
                if "sleep_ms" in step:
                    patient = True
                elif "data_query" in step:
                    self.proxy.connect(step["user"], "pw").query(step["data_query"])
                else:
                    self._compare(self._connection(admin, step), step, replaced.get(number), patient)
                    patient = False
        finally:
            for sql in case["cleanup"]:
                self._try(admin, sql)

    def _connection(self, admin, step):
        return self.proxy.admin("stats", "stats") if step.get("as") == "stats" else admin

    def _compare(self, connection, step, replaced, patient):
        problem = ""

        def agrees():
            nonlocal problem
            problem = admin_oracle.disagreement(step, admin_oracle.observe(connection, step), replaced)
            return not problem

        if not (process.wait_for(agrees, COUNTERS_TIMEOUT_S) if patient else agrees()):
            self.fail(problem)

    def _reset(self, admin):
        for sql in RESET:
            if sql is not None:
                admin.query(sql)
                continue
            for server in self.servers:
                admin.query("INSERT INTO mysql_servers(hostgroup_id, hostname, port, max_connections) "
                            f"VALUES ({server.number}, '127.0.0.1', {server.port}, 200)")

    @staticmethod
    def _try(admin, sql):
        try:
            admin.query(sql)
        except ServerError:
            pass  # cleaning up after a case that ended early
