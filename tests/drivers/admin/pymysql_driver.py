"""PyMySQL on the admin port: the life of a script that configures Weir."""

import sys

import pymysql

host, port, user, password = sys.argv[1:5]
connection = pymysql.connect(host=host, port=int(port), user=user, password=password, database="main", autocommit=True)
with connection.cursor() as cursor:
    comment = "it's a \\ and a \"quote\", \N{SNOWMAN}"
    cursor.execute("INSERT INTO mysql_servers(hostgroup_id, hostname, comment) VALUES (%s, %s, %s)",
                   (7700, "driver.pymysql", comment))
    assert cursor.rowcount == 1
    cursor.execute("SHOW WARNINGS")
    assert "LOAD MYSQL SERVERS TO RUNTIME" in cursor.fetchall()[0][2]
    cursor.execute("LOAD MYSQL SERVERS TO RUNTIME")
    cursor.execute("SELECT hostname, port, comment FROM runtime_mysql_servers WHERE hostgroup_id = %s", (7700,))
    assert cursor.fetchall() == (("driver.pymysql", "3306", comment),), cursor.fetchall()
    for sql, number in (("SELECT * FROM no_such_table", 1146), ("SELEC 1", 1064),
                        ("INSERT INTO mysql_servers(hostgroup_id, hostname) VALUES (7700, 'driver.pymysql')", 1062)):
        try:
            cursor.execute(sql)
            raise AssertionError(f"no error for {sql}")
        except pymysql.err.MySQLError as error:
            assert error.args[0] == number, error
    cursor.execute("DELETE FROM mysql_servers WHERE hostgroup_id = 7700")
    cursor.execute("LOAD MYSQL SERVERS TO RUNTIME")
    cursor.execute("SELECT @@version, VERSION(), DATABASE()")
    version, same, _ = cursor.fetchone()
    assert version == same and version.count(".") == 2, version
connection.begin()
connection.rollback()
connection.ping()
connection.close()
with pymysql.connect(host=host, port=int(port), user=user, password=password,
                     cursorclass=pymysql.cursors.SSDictCursor) as connection, connection.cursor() as cursor:
    cursor.execute("SELECT Variable_Name, Variable_Value FROM stats_mysql_global")
    assert any(row["Variable_Name"] == "ProxySQL_Uptime" for row in cursor)
try:
    pymysql.connect(host=host, port=int(port), user=user, password="wrong")
    raise AssertionError("a wrong password was accepted")
except pymysql.err.OperationalError as error:
    assert error.args[0] == 1045, error
print("ok")
