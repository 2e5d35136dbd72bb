"""What happens to the servers: fate, and an operator who makes mistakes. All of it comes from the seed."""

SQL_TIMEOUT_S = 20
# The likelihood of each kind of step, if it is possible.
WEIGHTS = {"kill": 2, "restart": 4, "pause": 2, "resume": 5, "cut": 3, "heal": 5, "flip": 4, "switch": 4,
           "all_writable": 1, "none_writable": 1, "load_servers": 2, "load_rules": 1, "load_variables": 2,
           "monitor_off": 1, "swap": 1}


class Fate:
    """Chooses steps by `random`, and knows what they have done: `state` of each node is up, killed or paused; `cuts` are the
    pairs of machines that do not reach each other, some in one direction only."""

    def __init__(self, cluster, network, admin, weir_machine, random):
        self.cluster, self.network, self.admin = cluster, network, admin
        self.weir_machine, self.random = weir_machine, random
        self.state = {node.name: "up" for node in cluster.nodes}
        self.cuts = set()
        self.taken = []  # the steps so far, in words
        self.weights = WEIGHTS
        self.loads = 0

    # --- choosing ----------------------------------------------------------------------------------------------

    def step(self):
        """Takes one, and returns what it was."""
        kinds = [kind for kind in self.weights if self._choices(kind)]
        (kind,) = self.random.choices(kinds, [self.weights[kind] for kind in kinds])
        choice = self.random.choice(self._choices(kind))
        words = f"{kind} {' '.join(map(str, choice))}".rstrip()
        self.taken.append(words)
        getattr(self, "_" + kind)(*choice)
        return words

    def _in_state(self, state):
        return [node.name for node in self.cluster.nodes if self.state[node.name] == state]

    def _choices(self, kind):
        """What it may be done to, a tuple each."""
        up, nodes = self._in_state("up"), [node.name for node in self.cluster.nodes]
        machines = [self.weir_machine, *nodes]
        return {
            "kill": [(name,) for name in up],
            "restart": [(name,) for name in self._in_state("killed")],
            "pause": [(name,) for name in up],
            "resume": [(name,) for name in self._in_state("paused")],
            "cut": [(a, b, way) for a in machines for b in machines if a < b and not {(a, b), (b, a)} & self.cuts
                    for way in ("both", "there", "back")],
            "heal": [cut for cut in sorted(self.cuts) if (cut[1], cut[0]) not in self.cuts or cut[0] < cut[1]],
            "flip": [(name, on) for name in up for on in ("on", "off")],
            "switch": [(old, new) for old in up for new in up if old != new],
            "all_writable": [()] if len(up) > 1 else [],
            "none_writable": [()] if up else [],
            "load_servers": [()], "load_rules": [()], "load_variables": [()], "monitor_off": [()],
            "swap": [(a, b) for a in nodes for b in nodes if a < b],
        }[kind]

    # --- what happens to servers -------------------------------------------------------------------------------

    def _node(self, name):
        return self.cluster.node(name)

    def _kill(self, name):
        self._node(name).kill()
        self.state[name] = "killed"

    def _restart(self, name):
        """Writable or not as its options say: a primary that was replaced meanwhile comes back writable."""
        self._node(name).restart()
        self.state[name] = "up"

    def _pause(self, name):
        self._node(name).pause()
        self.state[name] = "paused"

    def _resume(self, name):
        self._node(name).resume()
        self.state[name] = "up"

    def _cut(self, a, b, way):
        for sender, receiver in {"both": [(a, b), (b, a)], "there": [(a, b)], "back": [(b, a)]}[way]:
            self.network.cut_one_way(sender, receiver)
            self.cuts.add((sender, receiver))

    def _heal(self, a, b):
        self.network.heal(a, b)
        self.cuts -= {(a, b), (b, a)}

    # --- what the operator does --------------------------------------------------------------------------------

    def set_read_only(self, name, on):
        """Only read_only, not super_read_only: an account that may write all the same shows where writes went."""
        self._node(name).execute(f"SET GLOBAL read_only = {on}", timeout_s=SQL_TIMEOUT_S)

    def _flip(self, name, on):
        self.set_read_only(name, on)

    def _switch(self, old, new):
        self.set_read_only(old, "on")
        self.set_read_only(new, "off")

    def _all_writable(self):
        for name in self._in_state("up"):
            self.set_read_only(name, "off")

    def _none_writable(self):
        for name in self._in_state("up"):
            self.set_read_only(name, "on")

    # --- what the operator loads -------------------------------------------------------------------------------

    def _load_servers(self):
        """With other weights."""
        for name in self.state:
            self.admin.query(f"UPDATE mysql_servers SET weight = {self.random.randint(1, 9)} "
                             f"WHERE hostname = '{self._node(name).host}'")
        self.admin.query("LOAD MYSQL SERVERS TO RUNTIME")

    def _swap(self, a, b):
        """Each is configured where the other was."""
        (a_group,), (b_group,) = (
            self.admin.query(f"SELECT hostgroup_id FROM mysql_servers WHERE hostname = '{self._node(name).host}'").texts()[0]
            for name in (a, b))
        for name, hostgroup in ((a, b_group), (b, a_group)):
            self.admin.query(f"UPDATE mysql_servers SET hostgroup_id = {hostgroup} "
                             f"WHERE hostname = '{self._node(name).host}'")
        self.admin.query("LOAD MYSQL SERVERS TO RUNTIME")

    def _load_rules(self):
        """With one more, which no statement matches."""
        self.loads += 1
        self.admin.query("INSERT INTO mysql_query_rules (rule_id, active, match_digest, destination_hostgroup, apply) "
                         f"VALUES ({1000 + self.loads}, 1, '^SELECT nothing{self.loads}$', 1, 1)")
        self.admin.query("LOAD MYSQL QUERY RULES TO RUNTIME")

    def _load_variables(self):
        for name, values in (("read_only_interval", (100, 200, 400)), ("ping_interval", (100, 200, 400)),
                             ("writer_is_also_reader", ("true", "false"))):
            self.admin.query(f"SET mysql-monitor_{name} = {self.random.choice(values)}")
        self.admin.query("LOAD MYSQL VARIABLES TO RUNTIME")

    def _monitor_off(self):
        """And on again."""
        for value in ("false", "true"):
            self.admin.query(f"SET mysql-monitor_enabled = {value}")
            self.admin.query("LOAD MYSQL VARIABLES TO RUNTIME")

    # --- the end of a day --------------------------------------------------------------------------------------

    def end_all(self):
        """Everybody is there, reaches everybody, and replicates."""
        self.network.heal_all()
        self.cuts.clear()
        for name in self.state:
            self._resume(name)
            self._restart(name)
        self.cluster.repair()
