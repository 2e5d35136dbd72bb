"""What mysql_servers_ssl_params says, without a server: see test_tls.py."""

from .case import AdminTest, proxy_only
from .certificates import Authority


@proxy_only
class Rows(AdminTest):
    def test_what_one_server_has_is_not_looked_at_again_for_a_comment(self):
        weir = self.weir(file=True)
        own = Authority(weir.directory / "new").ca
        with weir.admin() as admin:
            admin.query(f"INSERT INTO mysql_servers_ssl_params (hostname, ssl_ca) VALUES ('elsewhere', '{own}')")
            admin.query("LOAD MYSQL SERVERS TO RUNTIME")
            own.unlink()
            admin.query("UPDATE mysql_servers_ssl_params SET comment = 'until its move'")
            admin.query(f"INSERT INTO mysql_servers_ssl_params (hostname, ssl_ca) VALUES ('beside', '{own}')")
            admin.query("LOAD MYSQL SERVERS TO RUNTIME")
            self.assertEqual(admin.query("SELECT hostname, comment FROM runtime_mysql_servers_ssl_params ORDER BY 1").texts(),
                             [("beside", ""), ("elsewhere", "until its move")])
