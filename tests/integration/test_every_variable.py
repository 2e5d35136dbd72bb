"""Every session variable, set through Weir by a session that changes connections all the time: as on its own one."""

import json
import pathlib

from wire import ServerError

from .case import WeirTest, proxy_only

CHOICES = pathlib.Path(__file__).with_name("session_variables.tsv")
IN_TRANSACTION = 1  # in a result's status
# Of all sessions: without one, MariaDB's default of character_set_database is that of whoever had the cached thread before.
SCHEMA = "test"
PASSING = {"warnings_pending"}  # pins that the next statement takes away
KINDS = {"BOOLEAN": "boolean", "ENUM": "words", "SET": "words", "FLAGSET": "flags", "DOUBLE": "double",
         "Boolean": "boolean", "Integer": "integer", "Numeric": "double"}
LISTS = {
    "mariadb": "SELECT LOWER(VARIABLE_NAME), VARIABLE_TYPE, SESSION_VALUE, NUMERIC_MIN_VALUE, NUMERIC_MAX_VALUE, "
               "ENUM_VALUE_LIST FROM information_schema.SYSTEM_VARIABLES "
               "WHERE VARIABLE_SCOPE LIKE 'SESSION%' AND READ_ONLY = 'NO' ORDER BY 1",
    "mysql": "SELECT VARIABLE_NAME, DATA_TYPE, VARIABLE_VALUE, MIN_VALUE, MAX_VALUE, NULL "
             "FROM performance_schema.variables_metadata LEFT JOIN performance_schema.session_variables "
             "USING (VARIABLE_NAME) WHERE VARIABLE_SCOPE LIKE 'SESSION%' ORDER BY 1"}


class Variable:
    """One of the primary's: `values` to try, as they are written in a SET; `pins`: it may keep its connection."""

    def __init__(self, listed, choice):
        self.name, kind, self.now, low, high, words = listed
        self.kind = KINDS.get(kind, "integer" if "INT" in kind else "text")
        self.values, self.pins = choice or ([], False)
        if not choice:
            self.values = self.chosen(low, high, (words or "").split(","))

    def chosen(self, low, high, words):
        if self.kind == "boolean":
            return ["OFF" if self.now == "ON" else "ON"]
        if self.kind in ("integer", "double"):
            return self.near(float(low or 0), float(high or 0) or 2**32)
        if self.kind == "flags" or "=" in (self.now or ""):
            flag, state = self.now.split(",")[0].split("=")
            return [f"'{flag}={'off' if state == 'on' else 'on'}'"]
        return [f"'{word}'" for word in words if word and word.lower() != (self.now or "").lower()][:2]

    def near(self, low, high):
        """Two others in the allowed range, near the one that is: far ones may stop a server from working."""
        now = float(self.now or 0)
        others = [now + 1.5, now / 2] if self.kind == "double" else [
            int(self.now or 0) + step for step in (1024, -1024, 1, -1)]
        return [str(other) for other in others if low <= other <= high][:2]

    def script(self):
        """Statements; all that read the variable stand for what a session must see."""
        reads = [f"SELECT @@SESSION.{self.name}", f"SHOW SESSION VARIABLES WHERE Variable_name = '{self.name}'"]
        first, last = self.values[0], self.values[-1]
        wrong = "1.5" if self.kind == "text" else "'nonsense'"
        for change in (f"SET SESSION {self.name} = {first}", f"SET {self.name} = {last}",
                       f"SET @@SESSION.{self.name} = {wrong}", f"SET @@{self.name} = DEFAULT"):
            yield from (change, *reads)


def read_choices(engine):
    """{name: (values, may pin)} of the lines of this engine, and of both."""
    choices = {}
    for line in CHOICES.read_text().splitlines():
        if line and not line.startswith("#"):
            of_engine, name, pins, values = line.split("\t")
            if of_engine in (engine, "both"):
                choices[name] = ([value.strip() for value in values.split("|")], pins == "pins")
    return choices


def outcome(connection, sql):
    """What a client sees of it: a list of rows, or something else."""
    try:
        result = connection.query(sql)
        return result.texts() if result.columns else ("ok", result.warnings)
    except ServerError as error:
        return error.errno, error.sqlstate, error.message


class Holder:
    """A session in a transaction, which keeps one of the two connections from all others."""

    def __init__(self, weir):
        self.session = weir.connect(database=SCHEMA)
        self.keep()

    def keep(self):
        self.session.query("BEGIN")

    def let_go(self):
        self.session.query("COMMIT")


class Wanderer:
    """Each of its statements runs on another connection than the one before, unless something pins it: the one that
    was free has been given to a holder, and the other holder lets go of his."""

    def __init__(self, weir, holders, on_moved):
        holders[0].let_go()  # the login asks a server for the schema, and would wait for a connection
        self.session = weir.connect(database=SCHEMA)
        holders[0].keep()
        self.holders, self.on_moved = holders, on_moved
        self.keeps = False
        self.pins = set()

    def run(self, sql):
        if not self.keeps:
            self.holders[0].let_go()
        answer = outcome(self.session, sql)
        if self.keeps or not isinstance(answer, list) or self.session.status & IN_TRANSACTION:
            pins = self.pins_now()
            self.pins |= pins - PASSING
            self.keeps = bool(pins)
        if not self.keeps:
            self.give_to_holder()
        return answer

    def pins_now(self):
        ((document,),) = self.session.query("WEIR INTERNAL SESSION").texts()
        return set(json.loads(document)["pins"])

    def give_to_holder(self):
        self.holders[0].keep()
        self.on_moved(self.holders[0].session)
        self.holders.reverse()

    def end(self):
        self.session.close()
        if self.keeps:
            self.give_to_holder()


class EveryVariable(WeirTest):
    def variables(self):
        choices = read_choices(self.engine)
        with self.cluster.primary.connect() as direct:
            rows = direct.query(LISTS[self.engine]).texts()
        listed = [Variable(row, choices.get(row[0])) for row in rows]
        return [variable for variable in listed if variable.values != ["-"]]

    def is_its_own(self, variable):
        """Whether each connection has another value from the start, or each moment."""
        sql = f"SELECT @@SESSION.{variable.name}"
        connect = self.cluster.primary.connect
        with connect(database=SCHEMA) as one, connect(database=SCHEMA) as other:
            return len({str(outcome(one, sql)), str(outcome(other, sql)), str(outcome(one, sql))}) > 1

    @proxy_only
    def test_each_is_carried_from_connection_to_connection(self):
        weir = self.weir(file=True, variables={"threads": 1, "auto_rw_split": "false"},
                         server_options="max_connections=2")
        pinned, count = {}, 0
        holders = [Holder(weir), Holder(weir)]
        for variable in self.variables():
            with self.subTest(variable.name):
                self.assertTrue(variable.values, "no value to try: say one in " + CHOICES.name)
                pins, was_set = self.compare(weir, holders, variable)
                count += was_set
                if pins:
                    pinned[variable.name] = ",".join(sorted(pins))
                self.assertLessEqual(bool(pins), variable.pins, f"it pins: {pins}")
        for holder in holders:
            holder.session.close()
        print(f"     {count} variables can be set, {len(pinned)} of them pin: "
              + ", ".join(f"{name} ({why})" for name, why in pinned.items()))
        self.assertGreater(count, 150)

    def compare(self, weir, holders, variable):
        """Returns the pins that were met, and whether a value was accepted."""
        own = self.is_its_own(variable)
        read = f"SELECT @@SESSION.{variable.name}"
        before = outcome(holders[0].session, read)

        def moved(session):
            if not own:
                self.assertEqual(outcome(session, read), before, "another session sees it")

        wanderer = Wanderer(weir, holders, moved)
        differences, was_set, to_default = [], False, True
        try:
            with self.cluster.primary.connect(database=SCHEMA) as direct:
                script = [(sql, outcome(direct, sql)) for sql in variable.script()]
            for sql, expected in script:
                got = wanderer.run(sql)
                if sql.startswith("SET"):
                    was_set |= expected[0] == "ok"
                    to_default = sql.endswith("DEFAULT") or (to_default and expected[0] != "ok")
                if got != expected and not (own and to_default):
                    differences.append(f"{sql}: {got}, not {expected}")
        finally:
            wanderer.end()
        self.assertEqual(differences, [])
        return wanderer.pins, was_set
