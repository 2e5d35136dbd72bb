"""A role is its session's: it comes along to any connection, and nobody else ever has it."""

from wire import ServerError

from .case import WeirTest, proxy_only

DENIED = 1142


class Roles(WeirTest):
    def make_accounts(self):
        """The account rolf may become role_a, which it is by default, and role_b; each may read one table."""
        primary = self.cluster.primary
        default = "FOR" if self.engine == "mariadb" else "TO"
        self.addCleanup(primary.execute, "DROP DATABASE roles", "DROP USER rolf@'%'", "DROP ROLE role_a", "DROP ROLE role_b")
        primary.execute("CREATE DATABASE roles", "CREATE TABLE roles.a (x INT)", "CREATE TABLE roles.b (x INT)",
                        "CREATE ROLE role_a", "CREATE ROLE role_b", "GRANT SELECT ON roles.a TO role_a",
                        "GRANT SELECT ON roles.b TO role_b", "CREATE USER rolf@'%' IDENTIFIED BY 'rolf'",
                        "GRANT role_a TO rolf@'%'", "GRANT role_b TO rolf@'%'",
                        f"SET DEFAULT ROLE role_a {default} rolf@'%'")

    def weir_with_one_connection(self, users=("rolf",)):
        self.make_accounts()
        return self.weir(file=True, servers=[("127.0.0.1", self.cluster.primary.port, 0)], pairs=(), users=users,
                         server_options="max_connections=1", variables={"connect_timeout_server_max": 20000})

    def readable(self, app):
        """Which of the tables the session may read."""
        tables = ""
        for table in "ab":
            try:
                app.query(f"SELECT COUNT(*) FROM roles.{table}")
                tables += table
            except ServerError as error:
                self.assertEqual(error.errno, DENIED)
        app.query("DO 1")  # nobody asks about the error any more
        return tables

    @proxy_only
    def test_sessions_of_one_connection_keep_their_roles_to_themselves(self):
        weir = self.weir_with_one_connection()
        apps = [weir.connect(user="rolf", password="rolf") for _ in range(4)]
        apps[1].query("SET ROLE role_b")
        apps[2].query("SET ROLE NONE")
        apps[3].query("SET ROLE 'role_b'")
        for _ in range(3):
            self.assertEqual([self.readable(app) for app in apps], ["a", "b", "", "b"])
        # Servers keep the role over COM_RESET_CONNECTION, and give the default back with a change of user.
        apps[1].reset()
        apps[2].change_user("rolf", "rolf")
        apps[3].close()
        self.assertEqual([self.readable(app) for app in apps[:3]], ["a", "b", "a"])
        for app in apps[:3]:
            app.close()
        with weir.connect(user="rolf", password="rolf") as late:
            self.assertEqual(self.readable(late), "a")

    @proxy_only
    def test_a_role_that_a_procedure_has_set_stays_with_its_session(self):
        weir = self.weir_with_one_connection()
        self.cluster.primary.execute("CREATE PROCEDURE roles.p() SQL SECURITY INVOKER SET ROLE role_b",
                                     "GRANT EXECUTE ON roles.* TO rolf@'%'")
        one = weir.connect(user="rolf", password="rolf")
        one.query("CALL roles.p()")
        one.reset()
        with weir.connect(user="rolf", password="rolf") as two:
            self.assertEqual(self.readable(two), "a")
        one.query("CALL roles.p()")
        one.close()
        with weir.connect(user="rolf", password="rolf") as two:
            self.assertEqual(self.readable(two), "a")

    @proxy_only
    def test_a_role_that_is_not_granted_is_refused_and_changes_nothing(self):
        weir = self.weir_with_one_connection()
        with weir.connect(user="rolf", password="rolf") as app:
            direct = 1959 if self.engine == "mariadb" else 3530
            self.assertEqual(self.error_of(app.query, "SET ROLE nobody").errno, direct)
            self.assertEqual(self.readable(app), "a")

    @proxy_only
    def test_a_role_does_not_stay_on_a_connection_that_changes_its_user(self):
        weir = self.weir_with_one_connection(users=("rolf", "app", "app2"))
        self.cluster.primary.execute("CREATE ROLE role_of_app", "GRANT role_of_app TO app@'%'")
        self.addCleanup(self.cluster.primary.execute, "DROP ROLE role_of_app")
        none = {"mariadb": None, "mysql": "NONE"}[self.engine]
        role = "SELECT CURRENT_ROLE()"
        with weir.connect(user="rolf", password="rolf") as rolf:
            self.assertIn("role_a", rolf.query(role).value())  # his by default
            for user in ("app2", "app"):
                with weir.connect(user=user, password=user) as other:
                    self.assertEqual(other.query(role).value(), none)
        with weir.connect() as one, weir.connect() as two:
            one.query("SET ROLE role_of_app")
            self.assertEqual(two.query(role).value(), none)
            self.assertIn("role_of_app", one.query(role).value())
            one.query("BEGIN")
            one.change_user("app", "app")
            self.assertEqual(one.query(role).value(), none)
