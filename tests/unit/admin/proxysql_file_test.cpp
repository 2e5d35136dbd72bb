// A file in the style of ProxySQL's documentation, through all layers.
#include <catch2/catch.hpp>

#include "admin/config_file.hpp"
#include "tests/unit/admin/layers_scene.hpp"

using namespace weir;

namespace {

constexpr const char* kFile = "tests/golden/proxysql-style.cnf";

}  // namespace

TEST_CASE("a file of ProxySQL with every section is read as it is", "[admin][config_file]") {
  const ConfigFile file = read_config_file(kFile);
  for (const Complaint& complaint : file.complaints) {
    INFO(to_text(complaint));
    CHECK(complaint.text.starts_with("no longer exists"));  // names that ProxySQL has dropped, too
  }
  for_each_table(file.tables, [](const auto& spec, const auto& rows) {
    INFO(spec.name << " is not in the file");
    CHECK_FALSE(rows.empty());
  });
  CHECK(file.process.datadir == "/var/lib/proxysql");
  CHECK(file.settings.max_connections == 2048);
  CHECK(file.settings.multiplexing);
  CHECK(file.settings.admin_credentials == "admin:admin;radmin:radmin");
  CHECK(file.settings.query_cache_size_mb == 512);
}

TEST_CASE("a file of ProxySQL yields the same tables at runtime", "[admin][layers]") {
  LayersScene scene(kFile);
  for (const Module& module : modules()) {
    CAPTURE(module.name);
    CHECK_FALSE(scene.move(module.name, Layer::config_file, Layer::memory).failed());
    const Moved loaded = scene.load(module.name);
    for (const Complaint& complaint : loaded.complaints) CHECK(complaint.severity != Severity::error);
  }
  struct Case {
    std::string_view table, columns, rows;
  };
  for (const auto& [table, columns, rows] : std::initializer_list<Case>{
           {"mysql_servers", "hostgroup_id, hostname, port, status, weight, max_connections",
            "0,127.0.0.1,3306,ONLINE,1,1000; 1,/var/lib/mysql/mysql.sock,0,ONLINE,1,1000; "
            "1,127.0.0.1,21891,ONLINE,1,200; 10,gr1,3306,ONLINE,1,1000"},
           {"mysql_users", "username, password, frontend, backend, comment",
            "root,secret,1,0,; root,secret,0,1,; app,*94BDCEBE19083CE2A1F959FD02F964C7AF4CFC29,1,0,xy; "
            "app,*94BDCEBE19083CE2A1F959FD02F964C7AF4CFC29,0,1,xy"},
           {"mysql_query_rules", "rule_id, match_pattern, destination_hostgroup, re_modifiers, apply",
            "1,^SELECT .* FOR UPDATE$,0,CASELESS,1; 2,^SELECT,1,CASELESS,1; 30,NULL,NULL,CASELESS,0"},
           {"mysql_query_rules_fast_routing", "*", "app,shop,0,1,"},
           {"mysql_replication_hostgroups", "*", "0,1,super_read_only,test repl 1"},
           {"mysql_group_replication_hostgroups", "*", "10,11,12,13,1,1,0,100,group"},
           {"mysql_galera_hostgroups", "*", "20,21,22,23,1,2,2,30,cluster"},
           {"mysql_aws_aurora_hostgroups", "writer_hostgroup, domain_name, max_lag_ms, lag_num_checks",
            "30,.x.eu-west-1.rds.amazonaws.com,30000,1"},
           {"mysql_hostgroup_attributes", "hostgroup_id, max_num_online_servers, free_connections_pct",
            "0,1,20"},
           {"mysql_servers_ssl_params", "hostname, username, ssl_ca, tls_version",
            "127.0.0.1,root,/etc/ssl/ca.pem,TLSv1.3"},
           {"mysql_firewall_whitelist_users", "*", "1,app,,DETECTING,"},
           {"mysql_firewall_whitelist_rules", "username, schemaname, digest", "app,shop,0x1E092DAEFFBBF262"},
           {"mysql_firewall_whitelist_sqli_fingerprints", "*", "1,s&sos"},
           {"scheduler", "id, active, interval_ms, arg4, comment", "1,0,10000,1,"},
           {"restapi_routes", "*", "1,1,1000,GET,hello,/bin/true,"},
           {"proxysql_servers", "*", "172.16.0.101,6032,0,proxysql1; 172.16.0.102,6032,0,proxysql2"},
           {"global_variables WHERE variable_name IN ('mysql-threads', 'admin-web_enabled')",
            "variable_value", "true; 4"},
       }) {
    CAPTURE(table);
    CHECK(scene.text("SELECT " + std::string(columns) + " FROM runtime_" + std::string(table)) == rows);
  }
}
