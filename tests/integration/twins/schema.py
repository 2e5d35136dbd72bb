"""The tables, views and routines of a twin schema.

s1, s2, s3 change only in pauses, after which the replicas are waited for; d1, d2 and journal change at any time and are
read only where the primary must answer.
"""

WORDS = ("ash", "birch", "cedar", "elm", "fir", "hazel", "larch", "maple", "oak", "pine", "rowan", "yew", "it''s", "züri")


def _rows(count, row):
    return ", ".join(f"({row(i)})" for i in range(1, count + 1))


def statements(db, mariadb):
    """What makes schema `db`, for an account that may create everything."""
    yield f"DROP DATABASE IF EXISTS {db}"
    yield f"CREATE DATABASE {db} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci"
    yield f"USE {db}"
    yield ("CREATE TABLE s1 (id INT PRIMARY KEY, a INT, b VARCHAR(30), c DECIMAL(10,2), d DATE, "
           "e ENUM('low','mid','high'), KEY by_a (a), KEY by_b (b))")
    yield "INSERT INTO s1 VALUES " + _rows(40, lambda i: (
        f"{i}, {i * 7 % 11 if i % 9 else 'NULL'}, '{WORDS[i * 5 % len(WORDS)]}{i % 4}', {i * 13 % 97}.{i % 100:02}, "
        f"'2021-0{i % 9 + 1}-{i % 28 + 1:02}', {i % 3 + 1}"))
    yield "CREATE TABLE s2 (id INT PRIMARY KEY, s1_id INT, n INT, t TEXT, KEY by_s1 (s1_id))"
    yield "INSERT INTO s2 VALUES " + _rows(60, lambda i: (
        f"{i}, {i * 17 % 43}, {i * 31 % 101 - 50}, {'NULL' if i % 10 == 0 else repr('text ' + str(i % 13))}"))
    yield "CREATE TABLE s3 (k VARCHAR(20) PRIMARY KEY, v TEXT)"
    yield "INSERT INTO s3 VALUES " + _rows(12, lambda i: f"'k{i}', '{{\"n\": {i}, \"list\": [{i}, {i * 2}]}}'")
    yield "CREATE TABLE d1 (id INT AUTO_INCREMENT PRIMARY KEY, a INT, b VARCHAR(60), KEY by_a (a))"
    yield "INSERT INTO d1 (a, b) VALUES " + _rows(10, lambda i: f"{i % 4}, 'row {i}'")
    yield "CREATE TABLE d2 (k INT PRIMARY KEY, n INT NOT NULL DEFAULT 0)"
    yield "INSERT INTO d2 VALUES " + _rows(10, lambda i: f"{i}, {i}")
    yield "CREATE TABLE journal (id INT AUTO_INCREMENT PRIMARY KEY, what VARCHAR(30))"
    yield "CREATE FUNCTION f_pure(x INT) RETURNS INT DETERMINISTIC NO SQL RETURN x * 2 + 1"
    yield "CREATE FUNCTION f_reads(x INT) RETURNS INT READS SQL DATA RETURN (SELECT COUNT(*) FROM s1 WHERE a < x)"
    yield ("CREATE FUNCTION f_writes(x INT) RETURNS INT MODIFIES SQL DATA "
           "BEGIN INSERT INTO journal (what) VALUES (CONCAT('f', x)); RETURN x; END")
    yield "CREATE PROCEDURE p_read(x INT) SELECT id, a, b FROM s1 WHERE id <= x ORDER BY id"
    yield "CREATE PROCEDURE p_write(x INT) INSERT INTO d1 (a, b) VALUES (x, 'called')"
    yield ("CREATE PROCEDURE p_both(IN x INT, OUT y INT) BEGIN UPDATE d2 SET n = n + 1 WHERE k = x; "
           "SELECT n INTO y FROM d2 WHERE k = x; SELECT k, n FROM d2 WHERE k <= x ORDER BY k; END")
    yield "CREATE VIEW v_join AS SELECT s1.id, s1.b, s2.n FROM s1 JOIN s2 ON s2.s1_id = s1.id"
    yield "CREATE VIEW v_pure AS SELECT id, f_pure(a) AS p, f_reads(a) AS r FROM s1"
    yield "CREATE VIEW v_writes AS SELECT id, f_writes(id) AS w FROM s1 WHERE id <= 2"
    yield "CREATE TRIGGER t_d2 AFTER UPDATE ON d2 FOR EACH ROW INSERT INTO journal (what) VALUES ('t_d2')"
    if mariadb:
        yield "CREATE SEQUENCE sq"
