#include "router/config/tls_plan.hpp"

#include <catch2/catch.hpp>

#include "router/config/snapshot.hpp"
#include "router/config/variables.hpp"

namespace weir {
namespace {

TEST_CASE("the most specific parameters of TLS count", "[router][config][tls]") {
  Tables tables;
  ServerRow server;
  server.hostname = "db1";
  tables.servers.push_back(server);
  server.hostname = "db2";
  server.use_ssl = true;
  tables.servers.push_back(server);
  ServerSslParamsRow row;
  row.hostname = "db2";
  row.ssl_ca = "/of/db2";
  tables.servers_ssl_params.push_back(row);
  row.username = "ann";
  row.ssl_ca = "/of/ann";
  row.tls_version = "TLSv1.3";
  tables.servers_ssl_params.push_back(row);
  Settings settings = defaults();
  settings.ssl_p2s_ca = "/usual";
  settings.ssl_p2s_cert = "/cert";
  settings.ssl_p2s_verify_host = false;
  ServerStates states;
  const auto built = build_snapshot(tables, settings, states, nullptr);
  REQUIRE(built);
  const TlsPlan plan = tls_plan(**built);
  CHECK(plan.for_clients);
  CHECK(plan.servers == std::set<std::pair<std::string, std::uint16_t>>{{"db2", 3306}});
  CHECK(plan.find("db2", 3306, "ann").ca == "/of/ann");
  CHECK(plan.find("db2", 3306, "ann").version == "TLSv1.3");
  CHECK(plan.find("db2", 3306, "ann").cert.empty());  // a row stands by itself
  CHECK_FALSE(plan.find("db2", 3306, "ann").verify_host);
  CHECK(plan.find("db2", 3306, "bob").ca == "/of/db2");
  CHECK(plan.find("db2", 3307, "ann").ca == "/usual");
  CHECK(plan.find("db1", 3306, "ann").ca == "/usual");
  CHECK(plan.find("db1", 3306, "ann").cert == "/cert");
}

TEST_CASE("a PROXY header is for the servers of hostgroups that ask for it", "[router][config][tls]") {
  Tables tables;
  for (const auto& [hostgroup, host] : {std::pair{1, "db1"}, {2, "db1"}, {3, "db1"}, {4, "db2"}}) {
    ServerRow server;
    server.hostgroup_id = hostgroup;
    server.hostname = host;
    tables.servers.push_back(server);
  }
  for (const int version : {1, 2}) {
    HostgroupAttributesRow attributes;
    attributes.hostgroup_id = version + 1;
    attributes.hostgroup_settings = R"({"send_proxy_protocol":)" + std::to_string(version) + "}";
    tables.hostgroup_attributes.push_back(attributes);
  }
  ServerStates states;
  const auto built = build_snapshot(tables, defaults(), states, nullptr);
  REQUIRE(built);
  for (const int hostgroup : {1, 2, 3, 4})
    CHECK((*built)->find_hostgroup(hostgroup)->servers[0]->proxy_header ==
          (hostgroup == 4 ? 0 : hostgroup - 1));
  const TlsPlan plan = tls_plan(**built);
  CHECK(plan.proxy_header_to("db1", 3306) == 2);  // of several the newest
  CHECK(plan.proxy_header_to("db1", 3307) == 0);
  CHECK(plan.proxy_header_to("db2", 3306) == 0);
}

}  // namespace
}  // namespace weir
