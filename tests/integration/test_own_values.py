"""CONNECTION_ID() through Weir: the session's id, wherever the statement runs, with names and types as directly."""

import re

from wire import ServerError, capabilities as caps

from .case import WeirTest, proxy_only

SELECTS = [
    "SELECT CONNECTION_ID()", "SELECT connection_id ( ), 1", "SELECT CONNECTION_ID() AS id, 'x'",
    "SELECT /*a*/ connection_id/*c*/(/*d*/) /*e*/ , 1 -- x", "SELECT 1 + connection_id()  /* e */ ,  2",
    "SELECT (connection_id()), ((connection_id())) x, connection_id() 'a b', connection_id()`y`",
    "SELECT DISTINCT -connection_id() FROM DUAL", "SELECT 1 AS a, (SELECT connection_id())",
    "SELECT x.* FROM (SELECT connection_id()) x", "SELECT connection_id() UNION SELECT 0",
    "SELECT connection_id() = 5 IS TRUE", "SELECT CASE connection_id() WHEN 5 THEN 'me' ELSE 'another' END",
    "SELECT COUNT(*), MAX(connection_id()), AVG(connection_id()) FROM (SELECT 1) x",
    "SELECT connection_id() * 1, connection_id() / 2, connection_id() DIV 2, connection_id() & 7, connection_id() % 3",
    "SELECT CONCAT(connection_id()), CAST(connection_id() AS CHAR), HEX(connection_id()), LPAD(connection_id(), 20, '0')",
    "SELECT IF(1, connection_id(), 1), IFNULL(connection_id(), 1), COALESCE(connection_id()), NULLIF(connection_id(), 3)",
    "SELECT GREATEST(connection_id(), 1), connection_id() BETWEEN 1 AND 2, connection_id() IN (1, 5)",
    "SELECT CONCAT('" + "x" * 300 + "', connection_id())", "SELECT CONCAT('" + "\u00e9" * 200 + "', connection_id())",
    "SELECT CONCAT('x" + "\u00e9" * 200 + "', connection_id())", "SELECT CONCAT('\U0001f600`', connection_id())",
    "SELECT 1, /* a */ connection_id() /* b */", "SELECT 1,/* a */(SELECT connection_id() AS q FROM DUAL LIMIT 1), 2",
    "SELECT 'x', \t\n connection_id()\n\t, 2 LIMIT 1", "SELECT connection_id() AS a GROUP BY connection_id() HAVING a > 0",
    "WITH c AS (SELECT connection_id()) SELECT * FROM c", "SELECT connection_id() FROM DUAL FOR UPDATE",
]
CALL = re.compile(r"connection_id\s*(/\*c\*/)?\(\s*(/\*d\*/)?\)", re.IGNORECASE)


def columns(result):
    return [vars(column) for column in result.columns]


class OwnValues(WeirTest):
    def ends(self):
        """A direct connection, and one through a Weir whose sessions have ids that are no server's number of theirs."""
        weir = self.weir()
        for _ in range(3):
            self.addCleanup(weir.connect().close)
        for end in (self.cluster.primary, weir):
            connection = end.connect(database="test", extra_caps=caps.MULTI_STATEMENTS)
            self.addCleanup(connection.close)
            yield connection

    @proxy_only
    def test_columns_are_called_and_typed_as_directly(self):
        direct, app = self.ends()
        for sql in SELECTS:
            with self.subTest(sql[:80]):
                expected, result = direct.query(sql), app.query(sql)
                self.assertEqual((columns(result), result.warnings), (columns(expected), expected.warnings))
                with_its_id = CALL.sub(f"CAST({app.thread_id} AS UNSIGNED)", sql)
                self.assertEqual(result.rows, direct.query(with_its_id).rows)

    @proxy_only
    def test_prepared_statements_too(self):
        direct, app = self.ends()
        for sql in SELECTS:
            with self.subTest(sql[:80]):
                expected, statement = direct.prepare(sql), app.prepare(sql)
                self.assertEqual(columns(statement), columns(expected))
                result = statement.execute()
                self.assertEqual(columns(result), columns(expected.execute()))
                with_its_id = CALL.sub(f"CAST({app.thread_id} AS UNSIGNED)", sql)
                self.assertEqual(result.rows, direct.prepare(with_its_id).execute().rows)

    @proxy_only
    def test_row_count_is_of_the_sessions_statement_before(self):
        direct, app = self.ends()
        table = self.fresh_table("a INT")
        for sql in ("SELECT ROW_COUNT(), 1", "SELECT row_count() AS n", "SELECT CONCAT(ROW_COUNT(), 'x')"):
            for before in (f"INSERT INTO {table} VALUES (1), (2)", "SELECT 1", "DO 1"):
                with self.subTest(sql, before=before):
                    answers = []
                    for connection in (direct, app):
                        connection.query(before)
                        result = connection.query(sql)
                        answers.append((columns(result), result.texts(), result.warnings))
                    self.assertEqual(answers[1], answers[0])

    @proxy_only
    def test_after_one_that_weir_answers_errors_are_told_as_directly_in_every_state_of_an_xa_transaction(self):
        weir = self.weir(file=True, server_options="max_connections=1")
        for states in (["XA START 'own'"], ["XA START 'own'", "XA END 'own'"],
                       ["XA START 'own'", "XA END 'own'", "XA PREPARE 'own'"]):
            for before in ("SELECT 1", "SELEKT 1"):
                answers = []
                for end in (self.cluster.primary, weir):
                    with end.connect() as other, end.connect() as connection, self.subTest(states, before=before):
                        self.error_of(lambda other=other: other.query("SELEKT 2"))  # left on the one connection
                        told = []
                        for sql in (before, *states, "SELECT ROW_COUNT()", "SHOW COUNT(*) ERRORS", "SHOW WARNINGS",
                                    "SELECT @@warning_count", *(["XA END 'own'"] if len(states) == 1 else []),
                                    "XA ROLLBACK 'own'"):
                            try:
                                told.append(connection.query(sql).texts())
                            except ServerError as error:
                                told.append(str(error))
                        answers.append(told)
                self.assertEqual(answers[1], answers[0])

    @proxy_only
    def test_texts_are_read_as_the_servers_default_sql_mode_says(self):
        for node in self.cluster.nodes:
            before = node.query("SELECT @@global.sql_mode")[0][0]
            self.addCleanup(node.execute, f"SET GLOBAL sql_mode = '{before}'")
            node.execute("SET GLOBAL sql_mode = 'NO_BACKSLASH_ESCAPES,ANSI_QUOTES'")
        weir = self.weir(file=True)
        with weir.connect() as first:
            first.query("DO 1")  # a server has been seen
        for sql in (r"SELECT 'a\', ' CONNECTION_ID() ', CONNECTION_ID() > 0", r'''SELECT '\' AS "CONNECTION_ID()"'''):
            with self.cluster.primary.connect() as direct, weir.connect() as app:
                self.assertEqual(app.status & ~caps.STATUS_SESSION_CHANGED,
                                 direct.status & ~caps.STATUS_SESSION_CHANGED)
                expected, result = direct.query(sql), app.query(sql)
                self.assertEqual((columns(result), result.texts()), (columns(expected), expected.texts()))

    @proxy_only
    def test_what_a_session_keeps_of_it_is_its_id(self):
        direct, app = self.ends()
        keeps = [("SET @a = CONNECTION_ID()", "SELECT @a"), ("SELECT CONNECTION_ID() INTO @b", "SELECT @b"),
                 ("CREATE TEMPORARY TABLE c AS SELECT CONNECTION_ID()", "SELECT * FROM c"),
                 ("PREPARE s FROM 'SELECT CONNECTION_ID()'", "EXECUTE s")]
        for before, after in keeps:
            with self.subTest(before):
                for connection in (direct, app):
                    connection.query(before)
                expected, result = direct.query(after), app.query(after)
                self.assertEqual(columns(result), columns(expected))
                self.assertEqual(result.texts(), [(str(app.thread_id),)])
        results = app.queries("SELECT CONNECTION_ID(); DO CONNECTION_ID(); SELECT CONNECTION_ID() + 1 AS next")
        numbers = [int(result.value()) - app.thread_id for result in results if result.columns]
        self.assertEqual(numbers, [0, 1])

    @proxy_only
    def test_sessions_that_share_connections_find_their_own_rows(self):
        table = self.fresh_table("a INT PRIMARY KEY, owner BIGINT")
        for number in range(8):
            self.cluster.primary.execute(f"INSERT INTO {table} VALUES ({number}, NULL)")
        weir = self.weir(file=True, server_options="max_connections=2")
        clients = [weir.connect(database="test") for _ in range(8)]
        for number, client in enumerate(clients):
            self.addCleanup(client.close)
            client.query(f"UPDATE {table} SET owner = CONNECTION_ID() WHERE a = {number}")
        for number, client in enumerate(clients):
            mine = client.query(f"SELECT a, owner FROM {table} WHERE owner = CONNECTION_ID()").texts()
            self.assertEqual(mine, [(str(number), str(client.thread_id))])

    @proxy_only
    def test_servers_own_tables_are_asked_with_their_own_numbers(self):
        _, app = self.ends()
        found = app.query("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE ID = CONNECTION_ID()")
        self.assertEqual(found.value(), "1")
        app.query("DO GET_LOCK('own_id', 0)")
        self.assertEqual(app.query("SELECT IS_USED_LOCK('own_id') = CONNECTION_ID()").value(), "1")
        app.query("DO RELEASE_LOCK('own_id')")

    def test_a_session_kills_itself_as_directly(self):
        code = 1927 if self.engine == "mariadb" else 1317
        weir = self.weir()
        for form, expected in (("KILL QUERY CONNECTION_ID()", 1317), ("KILL CONNECTION_ID()", code),
                               ("KILL CONNECTION connection_id ( )", code)):
            for prepared in (False, True):
                with self.subTest(form, prepared=prepared), weir.connect() as app:
                    app.query("SELECT 1")
                    run = app.prepare(form).execute if prepared else lambda app=app, form=form: app.query(form)
                    error = self.error_of(run)
                    self.assertEqual((error.errno, error.sqlstate), (expected, "70100"))
                    if expected == 1317 and "QUERY" in form:
                        self.assertEqual(app.query("SELECT 1").value(), "1")
                    else:
                        self.assertRaises(OSError, app.query, "SELECT 1")
