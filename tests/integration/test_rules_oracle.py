"""Recorded cases of query rules that change the configuration on the way (tests/oracle/rules-oracle.jsonl): replayed here.

The others need no running proxy: tests/unit/router/rules/oracle_test.cpp replays them.
"""

import json
import pathlib

from wire.fake_server import FakeServer

from .case import AdminTest

ORACLE = pathlib.Path(__file__).resolve().parent.parent / "oracle" / "rules-oracle.jsonl"
HOSTGROUPS = 5
FLUSH = "PROXYSQL FLUSH QUERY CACHE"


def cases():
    """Those with statements for the admin port between the client's, or before them."""
    with open(ORACLE, encoding="utf-8") as file:
        for line in file:
            case = json.loads(line)
            if any("admin" in step for step in case["steps"]) or set(case.get("setup", ())) - {FLUSH}:
                yield case


def literal(value):
    return "NULL" if value is None else str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


class RulesOracle(AdminTest):
    def test_recorded_cases_hold_while_the_configuration_changes(self):
        servers = [FakeServer(number) for number in range(HOSTGROUPS)]
        for server in servers:
            self.addCleanup(server.close)
        replayed = 0
        for case in cases():
            with self.subTest(case["id"], about=case["about"]):
                self.replay(case, servers)
                replayed += 1
        self.assertEqual(replayed, 6)

    def replay(self, case, servers):
        weir = self.weir(file=True, servers=[("127.0.0.1", each.port, each.number) for each in servers], pairs=(),
                         users=(), variables={"auto_rw_split": "false"}).wait_for_admin()
        with weir.admin() as admin:
            for table, rows in (("mysql_users", case["users"]), ("mysql_query_rules", case["rules"])):
                for row in rows:
                    admin.query(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(map(literal, row.values()))})")
            self.run_all(admin, "LOAD MYSQL USERS TO RUNTIME", "LOAD MYSQL QUERY RULES TO RUNTIME", *case.get("setup", ()))
            if "runtime_rule_ids" in case:
                self.assertEqual(self.column(admin, "SELECT rule_id FROM runtime_mysql_query_rules"),
                                 [str(each) for each in case["runtime_rule_ids"]])
            (user,) = case["users"]
            with weir.connect(user["username"], user["password"]) as client:
                statements = {}
                for number, step in enumerate(case["steps"]):
                    with self.subTest(case["id"], step=number):
                        self.play(step, admin, client, statements, servers)

    def play(self, step, admin, client, statements, servers):
        expected = step["expect"]
        if "admin" in step:
            return admin.query(step["admin"])
        if "prepare" in step:
            statements[step["stmt"]] = statement = client.prepare(step["prepare"])
            return self.assertEqual(len(statement.parameters), expected["prepared_params"])
        before = [len(server.received) for server in servers]
        if "execute" in step:
            statements[step["execute"]].execute(*step["params"])
        else:
            ((hostgroup, received),) = client.query(step["query"]).texts()
            self.assertEqual((int(hostgroup), received), (expected["hostgroup"], expected["received"]))
        seen = [(server.number, text) for server, count in zip(servers, before) for text in server.received[count:]
                if not text.startswith("SET ")]
        self.assertEqual(seen, [] if expected.get("cached") else [(expected["hostgroup"], expected["received"])])
