"""Grammar of plain reads of tables that stand still: every shape of SELECT, and what else only looks."""

from .schema import WORDS

NUMBERS = {"s1": ("id", "a"), "s2": ("id", "s1_id", "n"), "v_join": ("id", "n"), "v_pure": ("id", "p", "r")}
TEXTS = {"s1": ("b",), "s2": ("t",), "v_join": ("b",), "v_pure": ()}
COMPARISONS = ("=", "<", ">", "<=", ">=", "<>", "<=>")


class Reads:
    """Makes texts of reads. Blanks are only where a comment may be; words of SQL are in capitals, data is not."""

    def __init__(self, random, mariadb):
        self.random = random
        self.mariadb = mariadb
        self.pick = random.choice
        self.small = lambda low=0, high=12: random.randint(low, high)

    # --- expressions -------------------------------------------------------------------------------------------

    def number(self, table, depth=2):
        """A number; `table` is an alias with its table, or None."""
        column = self._column(table, NUMBERS)
        if depth == 0 or self.random.random() < 0.3:
            return column or str(self.small())
        sub = lambda: self.number(table, depth - 1)
        return self.pick((
            lambda: f"{sub()} + {sub()}", lambda: f"{sub()} - {sub()}", lambda: f"({sub()} * {self.small(1, 3)})",
            lambda: f"MOD({sub()}, {self.small(2, 9)})", lambda: f"ABS({sub()})", lambda: f"IFNULL({sub()}, 0)",
            lambda: f"CASE WHEN {self.condition(table, 0)} THEN {sub()} ELSE {sub()} END",
            lambda: f"LENGTH({self.text(table, depth - 1)})", lambda: f"COALESCE({sub()}, {sub()}, 3)",
            lambda: f"IF({self.condition(table, 0)}, {sub()}, {sub()})", lambda: f"GREATEST({sub()}, {sub()})",
            lambda: f"({sub()} DIV {self.small(1, 5)})", lambda: f"SIGN({sub()})", lambda: f"FLOOR({sub()})",
            lambda: f"CAST({sub()} AS SIGNED)", lambda: f"(SELECT COUNT(*) FROM s2 WHERE s2.s1_id = {sub()})",
            lambda: f"(SELECT MAX(n) FROM s2 AS inner_s2 WHERE inner_s2.id < {self.small(1, 60)})",
            lambda: f"FIELD({self.text(table, 0)}, 'oak1', 'elm2')", lambda: f"CRC32({self.text(table, 0)})",
            lambda: f"INTERVAL({sub()}, 1, 5, 10)", lambda: f"-{self.small()}", lambda: "LENGTH(UUID())",
            lambda: "RAND(3) * 0", lambda: "(NOW() > '2020-01-01')", lambda: "SLEEP(0)", lambda: f"BIT_COUNT({sub()})",
        ))()

    def text(self, table, depth=1):
        column = self._column(table, TEXTS)
        if depth == 0 or self.random.random() < 0.3:
            return column or f"'{self.pick(WORDS)}'"
        sub = lambda: self.text(table, depth - 1)
        return self.pick((
            lambda: f"CONCAT({sub()}, '-', {sub()})", lambda: f"UPPER({sub()})", lambda: f"LEFT({sub()}, 2)",
            lambda: f"SUBSTRING({sub()}, 2, 3)", lambda: f"REPLACE({sub()}, 'a', 'for')", lambda: f"HEX({sub()})",
            lambda: f"TRIM({sub()})", lambda: f"LPAD({sub()}, 8, '*')", lambda: f"MD5({sub()})",
            lambda: f"INSERT({sub()}, 1, 1, 'x')", lambda: f"REVERSE({sub()})", lambda: f"IFNULL({sub()}, 'none')",
            lambda: f"CONCAT_WS(',', {sub()}, {self.number(table, 0)})", lambda: f"QUOTE({sub()})",
            lambda: f"CAST({self.number(table, 0)} AS CHAR)", lambda: "DATE_FORMAT('2021-03-04', '%d.%m.%y')",
            lambda: "'into outfile'", lambda: "'for update'", lambda: "JSON_UNQUOTE(JSON_EXTRACT('{\"a\":5}', '$.a'))",
            lambda: f"CONVERT({sub()} USING utf8mb4)", lambda: f"REPEAT({sub()}, 2)", lambda: "DATABASE() IS NULL",
        ))()

    def condition(self, table, depth=2):
        number = lambda: self.number(table, 1)
        if depth == 0:
            return f"{self.number(table, 0)} {self.pick(COMPARISONS)} {self.small()}"
        sub = lambda: self.condition(table, depth - 1)
        return self.pick((
            lambda: f"{number()} {self.pick(COMPARISONS)} {number()}", lambda: f"({sub()} AND {sub()})",
            lambda: f"({sub()} OR {sub()})", lambda: f"NOT ({sub()})", lambda: f"{number()} IN (1, 2, 3, {self.small()})",
            lambda: f"{number()} BETWEEN {self.small()} AND {self.small(5, 30)}", lambda: f"{number()} IS NOT NULL",
            lambda: f"{self.text(table)} LIKE '{self.pick(WORDS)[0]}%'", lambda: f"{self.text(table)} IS NULL",
            lambda: f"{number()} IN (SELECT n FROM s2 AS in_s2 WHERE in_s2.id < {self.small(1, 60)})",
            lambda: f"EXISTS (SELECT 1 FROM s3 AS in_s3 WHERE in_s3.k = CONCAT('k', {self.number(table, 0)}))",
            lambda: f"{number()} > ALL (SELECT a FROM s1 AS in_s1 WHERE in_s1.id = {self.small()} AND a IS NOT NULL)",
            lambda: f"{self.text(table)} REGEXP '^[a-m]'", lambda: f"({number()}, 1) = ({self.small()}, 1)",
            lambda: f"({sub()} XOR {sub()})", lambda: f"{self.text(table)} > '{self.pick(WORDS)}'",
        ))()

    def _column(self, table, kinds):
        if table is None:
            return None
        alias, name = table
        columns = kinds[name]
        return f"{alias}.{self.pick(columns)}" if columns else None

    # --- queries -----------------------------------------------------------------------------------------------

    def query(self):
        """(text, whether the rows come in one order only)."""
        shapes = (self.select, self.select, self.select, self.join, self.aggregate, self.union, self.cte, self.derived,
                  self.window, self.parenthesised, self.constants, self.point, self.point, self.json, self.recursive,
                  self.view)
        return self.pick(shapes)()

    def _modifiers(self):
        return self.pick(("", "", "", "", "DISTINCT ", "ALL ", "SQL_NO_CACHE ", "SQL_BUFFER_RESULT ", "STRAIGHT_JOIN ",
                          "HIGH_PRIORITY ", "/*+ MAX_EXECUTION_TIME(30000) */ ", "/*!50000 SQL_NO_CACHE */ ",
                          "/*M!100100 SQL_NO_CACHE */ ", "SQL_SMALL_RESULT "))

    def _source(self, name, alias):
        schema = "$DB." if self.random.random() < 0.15 else ""
        quoted = f"`{name}`" if self.random.random() < 0.15 else name
        hint = ""
        if name == "s1" and self.random.random() < 0.15:
            hint = self.pick((" USE INDEX (by_a)", " FORCE INDEX FOR JOIN (by_a)", " IGNORE KEY (by_b)"))
        return f"{schema}{quoted} {self.pick(('AS ', ''))}{alias}{hint}"

    def _items(self, table, low=1, high=4):
        count = self.random.randint(low, high)
        return [self.pick((self.number, self.text))(table, 1) + self.pick(("", f" AS c{i}", f" `update{i}`"))
                for i in range(count)]

    def _limited(self, text, width):
        """Ordered by all of its columns, and perhaps cut."""
        choice = self.random.random()
        if choice < 0.45:
            return text, False
        order = ", ".join(str(i + 1) + self.pick(("", " DESC", " ASC")) for i in range(width))
        limit = self.pick(("", f" LIMIT {self.small(1, 9)}", f" LIMIT {self.small(0, 3)}, {self.small(1, 9)}",
                           f" LIMIT {self.small(1, 5)} OFFSET {self.small(0, 5)}"))
        return f"{text} ORDER BY {order}{limit}", True

    def select(self):
        name = self.pick(("s1", "s2", "s1", "s2", "v_join"))
        items = self._items(("t", name))
        text = f"SELECT {self._modifiers()}{', '.join(items)} FROM {self._source(name, 't')}"
        if self.random.random() < 0.8:
            text += f" WHERE {self.condition(('t', name))}"
        return self._limited(text, len(items))

    def point(self):
        return f"SELECT {self.pick(('*', 'id', 'id, a, b', 'COUNT(*)'))} FROM s1 WHERE id = {self.small(1, 45)}", True

    def join(self):
        kind = self.pick(("JOIN", "INNER JOIN", "LEFT JOIN", "RIGHT JOIN", "CROSS JOIN", "STRAIGHT_JOIN", ","))
        items = self._items(("x", "s1"), 1, 2) + self._items(("y", "s2"), 1, 2)
        text = f"SELECT {', '.join(items)} FROM {self._source('s1', 'x')} {kind} {self._source('s2', 'y')}"
        links = "y.s1_id = x.id"
        if kind in (",", "CROSS JOIN"):
            text += f" WHERE {links} AND {self.condition(('x', 's1'), 1)}"
        else:
            text += f" ON {links} WHERE {self.condition(self.pick((('x', 's1'), ('y', 's2'))), 1)}"
        return self._limited(text, len(items))

    def aggregate(self):
        name = self.pick(("s1", "s2"))
        table = ("t", name)
        what = [self.pick(("COUNT(*)", f"SUM({self.number(table, 1)})", f"MIN({self.text(table, 0)})", "MAX(t.id)",
                           f"COUNT(DISTINCT {self.number(table, 0)})", "GROUP_CONCAT(t.id ORDER BY t.id DESC)",
                           f"AVG({self.number(table, 0)})", "BIT_AND(t.id)")) for _ in range(self.small(1, 3))]
        if self.random.random() < 0.3:
            return f"SELECT {', '.join(what)} FROM {name} t WHERE {self.condition(table)}", True
        key = f"MOD(t.id, {self.small(2, 6)})"
        text = f"SELECT {key} AS g, {', '.join(what)} FROM {name} t GROUP BY {self.pick((key, 'g', '1'))}"
        text += self.pick(("", " HAVING COUNT(*) > 1", " HAVING g IS NOT NULL", " WITH ROLLUP"))
        return (text, False) if "ROLLUP" in text else self._limited(text, len(what) + 1)

    def union(self):
        width = self.small(1, 3)
        part = lambda name: (f"SELECT {', '.join(self.number(('t', name), 1) for _ in range(width))} FROM {name} t "
                             f"WHERE {self.condition(('t', name), 1)}")
        wrap = self.pick((lambda text: text, lambda text: f"({text})"))
        word = self.pick(("UNION", "UNION ALL", "UNION DISTINCT", "EXCEPT", "INTERSECT"))
        return self._limited(f"{wrap(part('s1'))} {word} {wrap(part('s2'))}", width)

    def cte(self):
        name = self.pick(("s1", "s2"))
        inner = f"SELECT id AS i, {self.number(('t', name), 1)} AS v FROM {name} t"
        body = self.pick((f"SELECT i, v FROM q WHERE v > {self.small()}", "SELECT COUNT(*), SUM(v) FROM q",
                          "SELECT p.i, q.v FROM q JOIN q AS p ON p.i = q.i", "(SELECT i, v FROM q)",
                          "SELECT i, f_cte.v FROM q JOIN (SELECT 1 AS v) AS f_cte"))
        columns = self.pick(("", " (i, v)"))
        return self._limited(f"WITH q{columns} AS ({inner}) {body}", 2)

    def recursive(self):
        return self._limited(f"WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < {self.small(1, 9)}) "
                             "SELECT n, n * n FROM r", 2)

    def derived(self):
        text, _ = self.select()
        if " LIMIT" in text:
            return f"SELECT COUNT(*) FROM ({text}) AS d", True
        return f"SELECT COUNT(*), 'd' FROM ({text}) d", True

    def window(self):
        call = self.pick(("ROW_NUMBER()", "RANK()", "SUM(t.n)", "LAG(t.n)", "COUNT(*)", "DENSE_RANK()", "FIRST_VALUE(t.n)"))
        over = self.pick(("(PARTITION BY MOD(t.id, 3) ORDER BY t.id)", "(ORDER BY t.id DESC)", "w"))
        named = " WINDOW w AS (ORDER BY t.id)" if over == "w" else ""
        return self._limited(f"SELECT t.id, {call} OVER {over} AS x FROM s2 t WHERE t.id < {self.small(3, 60)}{named}", 2)

    def parenthesised(self):
        text, ordered = self.pick((self.select, self.point, self.aggregate))()
        return f"({text})", ordered

    def constants(self):
        items = self._items(None, 1, 4)
        return self.pick((f"SELECT {', '.join(items)}", f"SELECT {', '.join(items)} FROM DUAL")), True

    def json(self):
        return self.pick((
            "SELECT k, JSON_EXTRACT(v, '$.n') FROM s3 ORDER BY k",
            "SELECT s3.k, j.n FROM s3, JSON_TABLE(s3.v, '$.list[*]' COLUMNS (n INT PATH '$')) AS j ORDER BY 1, 2",
            f"SELECT k FROM s3 WHERE JSON_CONTAINS(v, '{self.small()}', '$.list') ORDER BY k",
            "SELECT JSON_LENGTH(v, '$.list') FROM s3 WHERE k = 'k3'")), True

    def view(self):
        return f"SELECT id, p, r FROM v_pure WHERE id < {self.small(1, 40)} ORDER BY id", True

    # --- what else only looks ----------------------------------------------------------------------------------

    def look(self):
        """(text, whether its rows are comparable): SHOW and its kin of what is the same everywhere."""
        return self.pick((
            ("SHOW TABLES LIKE 's%'", True), ("SHOW FULL TABLES FROM $DB LIKE 's%'", True), ("SHOW COLUMNS FROM s1", True),
            ("SHOW CREATE TABLE s1", True), ("SHOW CREATE VIEW v_join", False), ("DESCRIBE s2", True), ("DESC s1 a", True),
            ("SHOW FULL COLUMNS FROM s3", True), ("SHOW DATABASES LIKE '$DB'", True), ("EXPLAIN s3", True),
            ("SHOW CHARACTER SET LIKE 'utf8mb4'", True), ("SHOW TRIGGERS LIKE 'd2'", False),
            ("SHOW CREATE FUNCTION f_pure", False), (f"EXPLAIN {self.select()[0]}", False),
            (f"EXPLAIN FORMAT=JSON {self.select()[0]}", False), ("SHOW INDEX FROM s1", False),
            ("SELECT table_name FROM information_schema.tables WHERE table_schema = '$DB' AND table_name LIKE 's%' "
             "ORDER BY 1", True),
            ("SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = '$DB' AND "
             "table_name = 's2' ORDER BY ordinal_position", True)))
