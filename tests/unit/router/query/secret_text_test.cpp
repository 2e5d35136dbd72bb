// Which texts may hold a password, and what is left of them.
#include "router/query/secret_text.hpp"

#include <catch2/catch.hpp>

namespace weir {
namespace {

std::string masked(std::string_view sql, LexMode mode = {}) {
  std::string out;
  append_without_literals(sql, mode, out);
  return out;
}

bool secret(std::string_view sql) {
  return may_hold_secret(classify(sql, LexMode{}), sql);
}

TEST_CASE("statements that carry passwords are known, and those of every day are not", "[router][secret]") {
  for (const std::string_view sql :
       {"CREATE USER a IDENTIFIED BY 'x'",
        "create user a identified with mysql_native_password by 'x'",
        "CREATE USER IF NOT EXISTS a@'%' IDENTIFIED VIA ed25519 USING PASSWORD('x')",
        "CREATE USER a IDENTIFED BY 'x'",
        "ALTER USER a IDENTIFIED BY 'x' REPLACE 'y'",
        "ALTER USER USER() IDENTIFIED BY 'x'",
        "SET PASSWORD = 'x'",
        "SET PASSWORD FOR a = PASSWORD('x')",
        "GRANT ALL ON *.* TO a IDENTIFIED BY 'x'",
        "GRANT USAGE ON *.* TO a",
        "CHANGE MASTER TO MASTER_PASSWORD='x'",
        "CHANGE REPLICATION SOURCE TO SOURCE_PASSWORD='x'",
        "START SLAVE USER='u' PASSWORD='x'",
        "START REPLICA USER='u' PASSWORD='x'",
        "START GROUP_REPLICATION USER='u', PASSWORD='x'",
        "CREATE SERVER s FOREIGN DATA WRAPPER mysql OPTIONS (PASSWORD 'x')",
        "ALTER SERVER s OPTIONS (password 'x')",
        "CLONE INSTANCE FROM u@h:3306 IDENTIFIED BY 'x'",
        "CREATE TABLE t (a INT) ENGINE=FEDERATED CONNECTION='mysql://u:x@h/d/t'",
        "SET GLOBAL wsrep_sst_auth='u:x'",
        "SET GLOBAL s3_secret_key='x'",
        "SELECT PASSWORD('x')",
        "SELECT 1; CREATE USER a IDENTIFIED BY 'x'",
        "/*!50000 CREATE USER a IDENTIFIED BY 'x' */",
        "PREPARE s FROM 'CREATE USER a IDENTIFIED BY ''x'''",
        "UPDATE people SET PassWord='x' WHERE id=1",
        "UPDATE people SET pwd='x'",
        "DROP USER a"}) {
    CAPTURE(sql);
    CHECK(secret(sql));
  }
  for (const std::string_view sql :
       {"SELECT 1", "INSERT INTO orders (who) VALUES ('identity')", "SELECT pass FROM gates", "BEGIN", "",
        "SET NAMES utf8mb4", "SHOW TABLES", "CREATE TABLE t (a INT)", "passw", "SELECT secre"}) {
    CAPTURE(sql);
    CHECK(secret(sql) == (sql == "passw"));
  }
}

TEST_CASE("nothing that was quoted or a number is left", "[router][secret]") {
  struct Case {
    std::string_view sql, expected;
  };
  for (const Case& c : {
           Case{"CREATE USER 'a'@'%' IDENTIFIED BY 'secret'", "CREATE USER ?@? IDENTIFIED BY ?"},
           Case{"SET  PASSWORD\n=\t\"secret\" ;", "SET PASSWORD = ? ;"},
           Case{"SET PASSWORD = 'secret", "SET PASSWORD = ? ..."},
           Case{"SET PASSWORD = 'it''s secret', b = 1", "SET PASSWORD = ?, b = ?"},
           Case{"SET PASSWORD = 'x\\', y = 'secret'", "SET PASSWORD = ? ..."},
           Case{"UPDATE t SET pin = 1234, h = 0xAB, i = x'CD', j = N'e'",
                "UPDATE t SET pin = ?, h = ?, i = ?, j = ?"},
           Case{"/* secret */ SELECT PASSWORD(-- secret\n'a' /* secret */ )", "SELECT PASSWORD( ? )"},
           Case{"SELECT `password` FROM t WHERE a = ?", "SELECT `password` FROM t WHERE a = ?"},
           Case{"SELECT PASSWORD('a') /* secret", "SELECT PASSWORD(?)"},
           Case{"", ""},
       }) {
    CAPTURE(c.sql);
    CHECK(masked(c.sql) == c.expected);
  }
}

TEST_CASE("a quoted text is masked whatever the modes say it is", "[router][secret]") {
  const std::string_view sql =
      "ALTER USER a IDENTIFIED BY \"secret\", c IDENTIFIED BY 'x\\', d IDENTIFIED BY 'secret' ";
  for (const bool ansi : {false, true}) {
    for (const bool no_escapes : {false, true}) {
      const std::string text = masked(sql, {.ansi_quotes = ansi, .no_backslash_escapes = no_escapes});
      CAPTURE(text);
      CHECK(text.find("secret") == std::string::npos);
    }
  }
}

}  // namespace
}  // namespace weir
