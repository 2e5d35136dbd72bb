<?php
// mysqli and PDO on the admin port.
[, $host, $port, $user, $password] = $argv;
const TEXT = 'it\'s a \\ and a "quote"';
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
  $db = new mysqli($host, $user, $password, 'main', $port);
  $quoted = $db->real_escape_string(TEXT);
  $db->query("INSERT INTO mysql_servers(hostgroup_id, hostname, comment) VALUES (7704, 'driver.php', '$quoted')");
  must_be($db->affected_rows == 1 && $db->warning_count == 1, 'one row, with a note of what remains to do');
  $statement = $db->prepare('SELECT port, comment FROM mysql_servers WHERE hostgroup_id = ? AND hostname = ?');
  $hostgroup = 7704;
  $name = 'driver.php';
  $statement->bind_param('is', $hostgroup, $name);
  for ($i = 0; $i < 2; $i++) {
    $statement->execute();
    $statement->bind_result($port_found, $comment);
    must_be($statement->fetch() && $port_found == 3306 && $comment === TEXT, 'what was put in comes out');
    $statement->free_result();
  }
  $statement->close();
  must_be(error_of(fn() => $db->query('SELECT * FROM no_such_table')) == 1146, 'a missing table is 1146');
  $db->query('DELETE FROM mysql_servers WHERE hostgroup_id = 7704');
  $db->multi_query('SELECT 1; SELECT 2');
  must_be($db->store_result()->fetch_row()[0] === '1' && $db->next_result() &&
          $db->store_result()->fetch_row()[0] === '2', 'two statements, two results');
  must_be(str_contains($db->stat(), 'Uptime: '), 'statistics');
  $db->close();
}

function use_pdo(string $host, int $port, string $user, string $password, bool $emulate): void {
  $db = new PDO("mysql:host=$host;port=$port;dbname=main", $user, $password, [PDO::ATTR_EMULATE_PREPARES => $emulate]);
  $insert = $db->prepare('INSERT INTO mysql_servers(hostgroup_id, hostname, comment) VALUES (7705, ?, ?)');
  $insert->execute(['driver.pdo', TEXT]);
  must_be($insert->rowCount() == 1, 'one row inserted');
  $select = $db->prepare('SELECT comment FROM mysql_servers WHERE hostgroup_id = 7705 AND hostname = ?');
  $select->execute(['driver.pdo']);
  must_be($select->fetchColumn() === TEXT, 'what was put in comes out');
  $select->closeCursor();
  must_be($db->exec('DELETE FROM mysql_servers WHERE hostgroup_id = 7705') == 1, 'one row deleted');
}

use_mysqli($host, (int)$port, $user, $password);
use_pdo($host, (int)$port, $user, $password, true);
use_pdo($host, (int)$port, $user, $password, false);
must_be(error_of(fn() => new mysqli($host, $user, 'wrong', '', (int)$port)) == 1045, 'a wrong password is 1045');
echo "ok\n";
