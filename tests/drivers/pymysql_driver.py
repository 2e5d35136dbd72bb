"""PyMySQL: the usual life of an application."""

import sys

import pymysql

host, port, user, password = sys.argv[1:5]
connection = pymysql.connect(host=host, port=int(port), user=user, password=password, database="test", autocommit=True)
with connection.cursor() as cursor:
    cursor.execute("DROP TABLE IF EXISTS driver_pymysql")
    cursor.execute("CREATE TABLE driver_pymysql (a INT AUTO_INCREMENT PRIMARY KEY, b VARCHAR(20), c TINYINT)")
    cursor.executemany("INSERT INTO driver_pymysql (b) VALUES (%s)", [("one",), ("two",)])
    assert cursor.rowcount == 2 and connection.insert_id() == 1
    connection.begin()
    cursor.execute("SELECT b FROM driver_pymysql WHERE a >= %s ORDER BY a", (1,))
    assert cursor.fetchall() == (("one",), ("two",))
    cursor.execute("DELETE FROM driver_pymysql")
    connection.rollback()
    try:
        cursor.execute("SELECT * FROM no_such_table")
        raise AssertionError("no error for a missing table")
    except pymysql.err.ProgrammingError as error:
        assert error.args[0] == 1146, error
    cursor.execute("SET sql_mode = ''")
    cursor.execute("INSERT INTO driver_pymysql (c) VALUES (1000)")
    cursor.execute("SHOW WARNINGS")
    assert cursor.fetchall()[0][1] == 1264
    cursor.execute("DROP TABLE driver_pymysql")
connection.ping()
connection.close()
try:
    pymysql.connect(host=host, port=int(port), user=user, password="wrong")
    raise AssertionError("a wrong password was accepted")
except pymysql.err.OperationalError as error:
    assert error.args[0] == 1045, error
print("ok")
