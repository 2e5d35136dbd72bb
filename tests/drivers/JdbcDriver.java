import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;

/** JDBC: the usual life of an application, with statements prepared by the client and by the server. */
public final class JdbcDriver {
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

  private static void useEverything(Connection connection, String table) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("DROP TABLE IF EXISTS " + table);
      statement.execute("CREATE TABLE " + table + " (a INT AUTO_INCREMENT PRIMARY KEY, b VARCHAR(20), c TINYINT)");
      try (PreparedStatement insert =
          connection.prepareStatement("INSERT INTO " + table + " (b) VALUES (?)", Statement.RETURN_GENERATED_KEYS)) {
        for (String name : new String[] {"one", "two"}) {
          insert.setString(1, name);
          mustBe(insert.executeUpdate() == 1, "one row inserted");
        }
        ResultSet keys = insert.getGeneratedKeys();
        mustBe(keys.next() && keys.getInt(1) == 2, "the second key is 2");
      }
      connection.setAutoCommit(false);
      try (PreparedStatement select = connection.prepareStatement("SELECT b FROM " + table + " WHERE a = ?")) {
        select.setInt(1, 2);
        ResultSet rows = select.executeQuery();
        mustBe(rows.next() && rows.getString(1).equals("two") && !rows.next(), "the second row is two");
      }
      statement.execute("DELETE FROM " + table);
      connection.rollback();
      connection.setAutoCommit(true);
      mustBe(errorOf(connection, "SELECT * FROM no_such_table") == 1146, "a missing table is 1146");
      statement.execute("SET sql_mode = ''");
      statement.execute("INSERT INTO " + table + " (c) VALUES (1000)");
      SQLWarning warning = statement.getWarnings();
      mustBe(warning != null && warning.getErrorCode() == 1264, "a value out of range is 1264");
      statement.execute("DROP TABLE " + table);
    }
    mustBe(connection.isValid(5), "the connection answers a ping");
  }

  public static void main(String[] arguments) throws Exception {
    String url = "jdbc:mariadb://" + arguments[0] + ":" + arguments[1] + "/test?allowPublicKeyRetrieval=true";
    String user = arguments[2], password = arguments[3];
    for (String prepare : new String[] {"false", "true"}) {
      try (Connection connection =
          DriverManager.getConnection(url + "&useServerPrepStmts=" + prepare, user, password)) {
        useEverything(connection, "driver_jdbc");
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
