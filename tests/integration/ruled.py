"""Tests of query rules: one server per hostgroup, and no automatic splitting."""

from .case import AdminTest

PRIMARY, FIRST, SECOND = 0, 10, 20  # hostgroups of the primary, replica1 and replica2
WHERE = "SELECT @@port"


class RuledTest(AdminTest):
    """`self.ruled(...)` starts a Weir with these rules; `self.where(...)` tells the hostgroup that answers."""

    def ruled(self, *rules, **options):
        """Each rule is the text of its fields; they get rule_ids 1, 2, 3 ..., and apply=1 where they do not say."""
        numbered = [f"rule_id={i}, {rule}{'' if 'apply=' in rule else ', apply=1'}" for i, rule in enumerate(rules, 1)]
        options.setdefault("servers", [("127.0.0.1", node.port, hostgroup) for node, hostgroup in
                                       zip(self.cluster.nodes, (PRIMARY, FIRST, SECOND))])
        options["variables"] = {"auto_rw_split": "false", **options.get("variables", {})}
        return self.weir(file=True, rules=numbered, pairs=(), **options).wait_for_admin()

    def hostgroup_of(self, port):
        return {str(node.port): hostgroup for node, hostgroup in zip(self.cluster.nodes, (PRIMARY, FIRST, SECOND))}[port]

    def where(self, client, sql=WHERE):
        """The hostgroup in which `sql`, a statement that gives @@port, ran."""
        return self.hostgroup_of(client.query(sql).value())

    def selects(self, action):
        """{node name: SELECTs that it got while `action()` ran}."""
        return self.counted(action, "Com_select")["Com_select"]

    def running(self, node, text):
        """Statements of the application's accounts on `node` that contain `text`, now."""
        return int(node.query("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER IN ('app', 'app2') "
                              f"AND INFO LIKE '%{text}%'")[0][0])
