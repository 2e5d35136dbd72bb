"""The query log: which statements it has, and what it says of them, by its files."""

import json

from .ruled import FIRST, PRIMARY, RuledTest

SECRET = "Corr3ct-horse"


class QueryLog(RuledTest):
    def logging(self, *rules, **variables):
        """A Weir whose log is `q` in its data directory."""
        variables = {"eventslog_filename": '"q"', **variables}
        return self.ruled(*rules, variables=variables)

    def lines(self, weir):
        """All that has been logged, in order."""
        with weir.admin() as admin:
            admin.query("PROXYSQL FLUSH LOGS")
        return [json.loads(line) for file in sorted((weir.directory / "data").glob("q.*"))
                for line in file.read_text("utf-8").splitlines()]

    def test_rule_decides_and_a_line_says_what_happened(self):
        table = self.fresh_table("id INT AUTO_INCREMENT PRIMARY KEY, a INT UNIQUE")
        weir = self.logging(f'match_digest="^SELECT a", destination_hostgroup={FIRST}, log=1', 'match_digest="^INSERT", log=1',
                            'match_pattern="quiet", log=0')
        with weir.connect() as app:
            app.query(f"INSERT INTO {table} (a) VALUES (5), (6)")
            self.assertEqual(self.error_of(app.query, f"INSERT INTO {table} (a) VALUES (5)").errno, 1062)
            self.cluster.wait_for_replication()
            app.query(f"SELECT a FROM {table} /* \"é\" */ WHERE a > 1")
            app.query(f"DELETE FROM {table}")
        inserted, refused, read = self.lines(weir)
        self.assertEqual((inserted["rows_affected"], inserted["last_insert_id"], inserted["hostgroup_id"]), (2, 1, PRIMARY))
        self.assertEqual(inserted["server"], f"127.0.0.1:{self.cluster.primary.port}")
        self.assertEqual(refused["errno"], 1062)
        self.assertIn("Duplicate entry", refused["error"])
        self.assertNotIn("errno", read)
        self.assertEqual((read["rows_sent"], read["hostgroup_id"], read["event"]), (2, FIRST, "COM_QUERY"))
        self.assertEqual(read["query"], f"SELECT a FROM {table} /* \"é\" */ WHERE a > 1")
        self.assertEqual(read["username"], "app")
        self.assertEqual(read["endtime_timestamp_us"] - read["starttime_timestamp_us"], read["duration_us"])
        with weir.admin() as admin:
            digests = self.column(admin, "SELECT digest FROM stats_mysql_query_digest")
        self.assertLessEqual({line["digest"] for line in (inserted, refused, read)}, set(digests))

    def test_all_is_logged_by_default_prepared_and_cached_statements_too(self):
        table = self.fresh_table("a INT")
        weir = self.logging('match_pattern="cached", cache_ttl=600000', eventslog_default_log=1)
        with weir.connect() as app:
            prepared = app.prepare(f"SELECT a FROM {table} WHERE a = ?")
            prepared.execute(1)
            prepared.execute(2)
            for _ in range(2):
                app.query(f"SELECT COUNT(*) AS cached FROM {table}")
        lines = [line for line in self.lines(weir) if table in line["query"]]
        self.assertEqual([line["event"] for line in lines],
                         ["COM_STMT_PREPARE", "COM_STMT_EXECUTE", "COM_STMT_EXECUTE", "COM_QUERY", "COM_QUERY"])
        self.assertEqual({line["client_stmt_id"] for line in lines[:3]}, {1})
        self.assertEqual([line["hostgroup_id"] for line in lines[3:]], [PRIMARY, -1])
        self.assertEqual([line["rows_sent"] for line in lines[3:]], [1, 1])

    def test_passwords_are_not_in_it(self):
        # No such account: the servers refuse, and some quote what they were sent.
        weir = self.logging(eventslog_default_log=1)
        sent = (f"CREATE USER IF NOT EXISTS nobody@nowhere IDENTIFIED BYY '{SECRET}'",
                f"ALTER USER nobody@nowhere IDENTIFIED BY '{SECRET}'", f"SET PASSWORD FOR nobody@nowhere = '{SECRET}'",
                f'SET PASSWORD FOR nobody@nowhere = "{SECRET}"',
                f"GRANT SELECT ON nothing.* TO nobody@nowhere IDENTIFIED BY '{SECRET}", f"SELECT 1 /* password {SECRET} */")
        with weir.connect() as app:
            for sql in sent:
                try:
                    app.query(sql)
                except Exception as error:  # told to the client, and that is its business
                    self.assertTrue(hasattr(error, "errno"), error)
        lines = self.lines(weir)
        self.assertGreaterEqual(len(lines), len(sent))
        self.assertNotIn(SECRET, json.dumps(lines))
        self.assertNotIn(SECRET.lower(), json.dumps(lines).lower())
        self.assertEqual(sum("query_masked" in line for line in lines), len(sent))

    def test_switched_on_and_off_while_it_runs(self):
        weir = self.logging(eventslog_filename='""', eventslog_default_log=1)
        with weir.connect() as app, weir.admin() as admin:
            def set_to(name):
                self.run_all(admin, f"SET mysql-eventslog_filename = '{name}'", "LOAD MYSQL VARIABLES TO RUNTIME")
            app.query("SELECT 1")
            set_to("q")
            app.query("SELECT 2")
            set_to("")
            app.query("SELECT 3")
            self.assertEqual([line["query"] for line in self.lines(weir)], ["SELECT 2"])
            admin.query("SET mysql-eventslog_filename = '/no/such/directory/q'")
            refused = self.error_of(admin.query, "LOAD MYSQL VARIABLES TO RUNTIME")
            self.assertIn("/no/such/directory", refused.message)
            self.assertEqual(self.status(admin, "weir_query_log_lines"), "1")

    def test_files_go_on_behind_those_of_before_and_the_end_loses_nothing(self):
        weir = self.logging(eventslog_default_log=1)
        with weir.connect() as app:
            app.query("SELECT 1")
        weir.restart()
        with weir.connect() as app:
            app.query("SELECT 2")
        weir.terminate()
        self.assertEqual(weir.take_exit_code(), 0)
        queries = [[json.loads(line)["query"] for line in file.read_text().splitlines()]
                   for file in sorted((weir.directory / "data").glob("q.*"))]
        self.assertEqual(queries, [["SELECT 1"], ["SELECT 2"]])
