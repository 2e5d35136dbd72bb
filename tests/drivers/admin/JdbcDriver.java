import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;

/** JDBC on the admin port, with statements prepared by the client and by the server. */
public final class JdbcDriver {
  private static final String TEXT = "it's a \\ and a \"quote\"";

  private static void mustBe(boolean claim, String text) {
    if (!claim) throw new AssertionError("not so: " + text);
  }

  private static int errorOf(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
      return 0;
    } catch (SQLException error) {
      return error.getErrorCode();
    }
  }

  private static void configure(Connection connection) throws SQLException {
    try (PreparedStatement insert =
            connection.prepareStatement(
                "INSERT INTO mysql_servers(hostgroup_id, hostname, weight, comment) VALUES (?, ?, ?, ?)");
        PreparedStatement select =
            connection.prepareStatement("SELECT port, comment FROM mysql_servers WHERE hostgroup_id = ?");
        Statement statement = connection.createStatement()) {
      insert.setInt(1, 7702);
      insert.setString(2, "driver.jdbc");
      insert.setLong(3, 5);
      insert.setString(4, TEXT);
      mustBe(insert.executeUpdate() == 1, "one row inserted");
      select.setInt(1, 7702);
      try (ResultSet rows = select.executeQuery()) {
        mustBe(rows.next() && rows.getInt(1) == 3306 && rows.getString(2).equals(TEXT), "what was put in comes out");
      }
      mustBe(statement.executeUpdate("UPDATE mysql_servers SET weight = 6 WHERE hostgroup_id = 7702") == 1, "an update");
      SQLWarning warning = statement.getWarnings();
      mustBe(warning != null && warning.getMessage().contains("LOAD MYSQL SERVERS"), "a note of what remains to do");
      statement.execute("LOAD MYSQL SERVERS TO RUNTIME");
      mustBe(statement.executeUpdate("DELETE FROM mysql_servers WHERE hostgroup_id = 7702") == 1, "one row deleted");
      statement.execute("LOAD MYSQL SERVERS TO RUNTIME");
    }
  }

  private static void lookAround(Connection connection) throws SQLException {
    DatabaseMetaData about = connection.getMetaData();
    mustBe(about.getDatabaseProductVersion().contains("."), "a version");
    try (ResultSet tables = about.getTables("main", null, "mysql_servers", null)) {
      mustBe(tables.next() && tables.getString("TABLE_NAME").equals("mysql_servers"), "tables are found");
    }
    connection.setAutoCommit(false);
    connection.commit();
    connection.setAutoCommit(true);
    mustBe(errorOf(connection, "SELECT * FROM no_such_table") == 1146, "a missing table is 1146");
    mustBe(connection.isValid(5), "the connection answers a ping");
  }

  public static void main(String[] arguments) throws Exception {
    String url = "jdbc:mariadb://" + arguments[0] + ":" + arguments[1] + "/main?allowPublicKeyRetrieval=true";
    String user = arguments[2], password = arguments[3];
    for (String prepare : new String[] {"false", "true"}) {
      try (Connection connection =
          DriverManager.getConnection(url + "&useServerPrepStmts=" + prepare, user, password)) {
        configure(connection);
        lookAround(connection);
      }
    }
    try {
      DriverManager.getConnection(url, user, "wrong").close();
      throw new AssertionError("a wrong password was accepted");
    } catch (SQLException error) {
      mustBe(error.getErrorCode() == 1045, "a wrong password is 1045, not " + error.getErrorCode());
    }
    System.out.println("ok");
  }
}
