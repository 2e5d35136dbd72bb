"""Query rules before real servers: conditions, chains, rewriting, and answers without a server."""

from .ruled import FIRST, PRIMARY, SECOND, WHERE, RuledTest


class Rules(RuledTest):
    def test_error_msg_refuses_and_no_server_hears_of_it(self):
        table = self.fresh_table("a INT")
        with self.ruled('match_digest="^DROP", error_msg="ask the DBA"').connect() as app:
            dropped = self.counted(lambda: self.assertRaisesRegex(
                Exception, "1148 .*ask the DBA", app.query, f"DROP TABLE {table}"), "Com_drop_table")
            self.assertEqual(set(dropped["Com_drop_table"].values()), {0})
            self.assertEqual(app.query(f"SELECT COUNT(*) FROM {table}").value(), "0")

    def test_ok_msg_answers_and_no_server_hears_of_it(self):
        table = self.fresh_table("a INT")
        with self.ruled('match_digest="^INSERT", OK_msg="taken note of"').connect() as app:
            self.assertEqual(app.query(f"INSERT INTO {table} VALUES (1)").info, "taken note of")
            self.assertEqual(app.query(f"SELECT COUNT(*) FROM {table}").value(), "0")

    def test_replace_pattern_puts_groups_where_it_says(self):
        table = self.fresh_table("a INT, b INT")
        rule = r'match_pattern="FROM old_(\\w+) WHERE (\\w+) = (\\d+)", replace_pattern="FROM test.\\1 WHERE \\2 > \\3"'
        with self.ruled(rule).connect() as app:
            app.query(f"INSERT INTO {table} VALUES (1, 2), (3, 4), (5, 6)")
            name = table.partition(".")[2]
            self.assertEqual(app.query(f"SELECT SUM(b) FROM old_{name} WHERE a = 1").value(), "10")
            self.assertEqual(app.prepare(f"SELECT SUM(b) FROM old_{name} WHERE a = 1").execute().rows, [(b"10",)])

    def test_replace_pattern_everywhere_and_in_any_case(self):
        rule = 'match_pattern="one", replace_pattern="1", re_modifiers="CASELESS,GLOBAL"'
        with self.ruled(rule).connect() as app:
            self.assertEqual(app.query("SELECT One + ONE + one AS a").value(), "3")

    def test_next_query_flag_in_routes_the_next_statement_only(self):
        weir = self.ruled('match_digest="^DO", next_query_flagIN=7', f'flagIN=7, destination_hostgroup={FIRST}, '
                          'next_query_flagIN=0')
        with weir.connect() as app, weir.connect() as other:
            self.assertEqual(self.where(app), PRIMARY)
            app.query("DO 1")
            self.assertEqual([self.where(other), self.where(app), self.where(app)], [PRIMARY, FIRST, PRIMARY])

    def test_flag_out_leads_into_a_chain(self):
        weir = self.ruled('username="app", flagOUT=5, apply=0', 'flagIN=5, match_pattern="blue", flagOUT=6, apply=0',
                          f'flagIN=5, destination_hostgroup={FIRST}', f'flagIN=6, destination_hostgroup={SECOND}')
        with weir.connect() as app, weir.connect("app2", "app2") as other:
            self.assertEqual(self.where(app, f"{WHERE} AS blue"), SECOND)
            self.assertEqual(self.where(app), FIRST)
            self.assertEqual(self.where(other, f"{WHERE} AS blue"), PRIMARY)

    def test_negated_rule_takes_what_does_not_match(self):
        with self.ruled(f'match_digest="blue", negate_match_pattern=1, destination_hostgroup={FIRST}').connect() as app:
            self.assertEqual([self.where(app), self.where(app, f"{WHERE} AS blue")], [FIRST, PRIMARY])

    def test_client_addr_may_be_a_network(self):
        weir = self.ruled(f'client_addr="10.0.0.0/8", destination_hostgroup={SECOND}',
                          f'client_addr="127.0.0.0/9", destination_hostgroup={FIRST}')
        with weir.connect() as app:
            self.assertEqual(self.where(app), FIRST)

    def test_schema_decides(self):
        with self.ruled(f'schemaname="test", destination_hostgroup={FIRST}').connect() as app:
            self.assertEqual(self.where(app), PRIMARY)
            app.query("USE test")
            self.assertEqual(self.where(app), FIRST)

    def test_comment_of_the_client_decides_after_the_rules(self):
        with self.ruled(f'match_digest="^SELECT", destination_hostgroup={FIRST}').connect() as app:
            self.assertEqual(self.where(app, f"/* hostgroup={SECOND} */ {WHERE}"), SECOND)
            self.assertEqual(self.where(app), FIRST)

    def test_dry_run_counts_and_does_nothing_else(self):
        weir = self.ruled(r'match_digest="^SELECT", error_msg="no", attributes="{\"dry_run\":true}"',
                          f'match_digest="^SELECT", destination_hostgroup={FIRST}')
        with weir.connect() as app, weir.admin() as admin:
            self.assertEqual([self.where(app) for _ in range(3)], [FIRST] * 3)
            self.assertEqual(self.texts(admin, "SELECT rule_id, hits FROM stats_mysql_query_rules ORDER BY rule_id"),
                             [["1", "3"], ["2", "3"]])

    def test_prepared_statements_obey_rules_at_each_execution(self):
        weir = self.ruled(f'match_digest="^SELECT", destination_hostgroup={FIRST}')
        with weir.connect() as app, weir.admin() as admin:
            statement = app.prepare(WHERE)
            self.assertEqual(self.hostgroup_of(str(statement.execute().rows[0][0])), FIRST)
            self.run_all(admin, f"UPDATE mysql_query_rules SET destination_hostgroup = {SECOND}",
                         "LOAD MYSQL QUERY RULES TO RUNTIME")
            self.assertEqual(self.hostgroup_of(str(statement.execute().rows[0][0])), SECOND)
