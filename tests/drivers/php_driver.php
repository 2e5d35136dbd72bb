<?php
// mysqli and PDO: the usual life of an application.
[, $host, $port, $user, $password] = $argv;
mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);

function must_be(bool $claim, string $text): void {
  if (!$claim) {
    fwrite(STDERR, "not so: $text\n");
    exit(1);
  }
}

function error_of(callable $action): int {
  try {
    $action();
    return 0;
  } catch (mysqli_sql_exception $error) {
    return $error->getCode();
  }
}

function use_mysqli(string $host, int $port, string $user, string $password): void {
  $db = new mysqli($host, $user, $password, 'test', $port);
  $db->query('DROP TABLE IF EXISTS driver_php');
  $db->query('CREATE TABLE driver_php (a INT AUTO_INCREMENT PRIMARY KEY, b VARCHAR(20), c TINYINT)');
  $db->query("INSERT INTO driver_php (b) VALUES ('one'), ('two')");
  must_be($db->affected_rows == 2 && $db->insert_id == 1, 'two rows, first id 1');
  $db->begin_transaction();
  $statement = $db->prepare('SELECT b FROM driver_php WHERE a = ?');
  $id = 2;
  $statement->bind_param('i', $id);
  $statement->execute();
  must_be($statement->get_result()->fetch_row() == ['two'], 'the second row is two');
  $statement->close();
  $db->query('DELETE FROM driver_php');
  $db->rollback();
  must_be(error_of(fn() => $db->query('SELECT * FROM no_such_table')) == 1146, 'a missing table is 1146');
  $db->query("SET sql_mode = ''");
  $db->query('INSERT INTO driver_php (c) VALUES (1000)');
  must_be($db->warning_count == 1 && $db->get_warnings()->errno == 1264, 'a value out of range is 1264');
  $db->multi_query('SELECT 1; SELECT 2');
  $seen = [];
  do {
    $seen[] = $db->store_result()->fetch_row()[0];
  } while ($db->more_results() && $db->next_result());
  must_be($seen == ['1', '2'], 'two results');
  $db->change_user('app2', 'app2', 'test');
  must_be($db->query('SELECT CURRENT_USER()')->fetch_row() == ['app2@%'], 'the user has changed');
  $db->query('DROP TABLE driver_php');
  $db->close();
  must_be(error_of(fn() => new mysqli($host, $user, 'wrong', 'test', $port)) == 1045, 'a wrong password is 1045');
}

function use_pdo(string $host, int $port, string $user, string $password): void {
  foreach ([true, false] as $emulated) {
    $db = new PDO("mysql:host=$host;port=$port;dbname=test", $user, $password,
                  [PDO::ATTR_EMULATE_PREPARES => $emulated, PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
    $statement = $db->prepare('SELECT ? AS a, ? AS b');
    for ($i = 0; $i < 5; $i++) {
      $statement->execute([$i, 'x']);
      must_be($statement->fetchAll(PDO::FETCH_NUM) == [[$i, 'x']], 'the values come back');
    }
    try {
      $db->query('SELECT * FROM no_such_table');
      must_be(false, 'a missing table is an error');
    } catch (PDOException $error) {
      must_be($error->getCode() == '42S02', 'a missing table is 42S02');
    }
  }
}

use_mysqli($host, (int)$port, $user, $password);
use_pdo($host, (int)$port, $user, $password);
echo "ok\n";
