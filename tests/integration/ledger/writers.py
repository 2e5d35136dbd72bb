"""Those who append numbers to the ledger, each in another way, and note of each number what they were told of it.

The ledger has no unique key: a row that is written twice is there twice. Who writes within a transaction adds one to
a total, too, which must be as large as the number of his rows."""

from wire import ServerError, capabilities

from ..week.clients import MAYBE_CARRIED_OUT, NOT_CARRIED_OUT, PATIENCE_S, Transactor, Writer

LEDGER, TOTALS = "test.ledger", "test.ledger_totals"
TABLES = {LEDGER: "id BIGINT PRIMARY KEY AUTO_INCREMENT, writer INT NOT NULL, number INT NOT NULL, KEY (writer, number)",
          TOTALS: "writer INT PRIMARY KEY, total INT NOT NULL DEFAULT 0"}
# How often a row of which a writer was told this may be there.
POSSIBLE = {"done": (1,), "not": (0,), "unknown": (0, 1)}

# A session that Weir has lost may have a row's lock for a while; what KILL says in MySQL.
LOCK_WAIT_TIMEOUT, KILLED = 1205, 3169
# How long those wait for an answer whose network may be cut.
FAR_PATIENCE_S = 4


class Appender(Writer):
    """A row per statement. `machine` is where it runs, whose network may be cut, or None: with Weir."""

    not_done, in_doubt = NOT_CARRIED_OUT | {LOCK_WAIT_TIMEOUT}, MAYBE_CARRIED_OUT | {KILLED}
    stays_in_doubt = True
    adds = False      # one to its total
    appends = True    # a row
    extra_caps = 0

    def __init__(self, number, connect, machine=None):
        patience_s = FAR_PATIENCE_S if machine else PATIENCE_S
        super().__init__(number, lambda timeout_s: connect(timeout_s=patience_s, extra_caps=self.extra_caps))
        self.machine, self.may_be_cut_off = machine, machine is not None
        self.seen = set()  # numbers of rows that it has read

    def run(self):
        if self.machine:
            self.machine.take_thread()
        super().run()

    def leave(self):
        """Without a word: a COM_QUIT to who does not read is one more thing to wait for."""
        if self.connection is not None:
            self.connection.abort()
            self.connection = None

    def insert(self, write):
        return f"INSERT INTO {LEDGER} (writer, number) VALUES ({self.number}, {write.number})"

    def add(self):
        return f"UPDATE {TOTALS} SET total = total + 1 WHERE writer = {self.number}"


class Adder(Appender):
    """No row, but one more: it shows in the total if that is done twice."""

    adds, appends = True, False

    def insert(self, write):
        return self.add()


class Preparer(Appender):
    """By a prepared statement, which is prepared once for each connection."""

    statement = None

    def append(self, write):
        if self.statement is None or self.statement.connection is not self.connection:
            self.statement = self.connection.prepare(f"INSERT INTO {LEDGER} (writer, number) VALUES (?, ?)")
        self.statement.execute(self.number, write.number)


class InTransactions(Transactor, Appender):
    adds = True
    stays_in_doubt = False

    def append(self, write):
        super().append(write)
        self.connection.query(self.add())


class PreparerInTransactions(InTransactions, Preparer):
    pass


class WithoutAutocommit(InTransactions):
    """Its transactions begin by themselves; a user variable says what it writes."""

    set_up = None

    def begin(self):
        if self.set_up is not self.connection:
            self.connection.query("SET autocommit = 0")
            self.set_up = self.connection

    def append(self, write):
        self.connection.query(f"SET @number = {write.number}")
        super().append(write)

    def insert(self, write):
        return f"INSERT INTO {LEDGER} (writer, number) VALUES ({self.number}, @number)"


class AllAtOnce(Appender):
    """A transaction in one text."""

    adds = True
    extra_caps = capabilities.MULTI_STATEMENTS

    def append(self, write):
        try:
            self.connection.queries(f"BEGIN; {self.insert(write)}; {self.add()}; COMMIT")
        except ServerError:
            self.leave()  # the transaction may be open
            raise


class LookingBack:
    """Reads each row that it has written, and before the next one that of which it was told nothing."""

    def act(self):
        if self.writes and self.writes[-1].told == "unknown":
            self.look_back(self.writes[-1])
        super().act()
        self.look_back(self.writes[-1])

    def look_back(self, write):
        """In a transaction, which is where it was written; and outside, which may be a replica, and behind."""
        try:
            self.connection.query("BEGIN")
            there = self.count(write)
            self.connection.query("COMMIT")
            elsewhere = self.count(write)
        except ServerError:
            self.leave()  # the transaction may be open
            raise
        if there:
            self.seen.add(write.number)
        if there not in POSSIBLE[write.told] or elsewhere > 1:
            self.problems.append(f"client {self.number} was told {write.told} of row {write.number}, and reads it "
                                 f"{there} times from the primary, {elsewhere} times elsewhere")

    def count(self, write):
        return int(self.connection.query(f"SELECT COUNT(*) FROM {LEDGER} WHERE writer = {self.number} "
                                         f"AND number = {write.number}").value())


class AppenderLookingBack(LookingBack, Appender):
    pass


class PreparerLookingBack(LookingBack, Preparer):
    pass
