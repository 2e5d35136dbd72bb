// mysql2 for Node on the admin port, in text and binary protocol.
const assert = require('assert');
const mysql = require('mysql2/promise');

async function main([host, port, user, password]) {
  const account = {host, port: Number(port), user, database: 'main'};
  const connection = await mysql.createConnection({...account, password});
  const insert = 'INSERT INTO mysql_servers(hostgroup_id, hostname, weight, comment) VALUES (?, ?, ?, ?)';
  const [inserted] = await connection.execute(insert, [7701, 'driver.mysql2', 5, 'it\'s a \\ and a "quote"']);
  assert.strictEqual(inserted.affectedRows, 1);
  assert.strictEqual(inserted.warningStatus, 1);
  await connection.query(insert, [7701, 'driver2.mysql2', 6, 'text']);
  const [rows] = await connection.execute(
      'SELECT hostname, weight, comment FROM mysql_servers WHERE hostgroup_id = ? AND weight > ? ORDER BY hostname',
      [7701, 4]);
  assert.deepStrictEqual(rows.map((row) => ({...row})), [
    {hostname: 'driver.mysql2', weight: '5', comment: 'it\'s a \\ and a "quote"'},
    {hostname: 'driver2.mysql2', weight: '6', comment: 'text'},
  ]);
  const [nothing] = await connection.execute('SELECT ? AS given', [null]);
  assert.deepStrictEqual({...nothing[0]}, {given: null});
  await assert.rejects(connection.query('SELECT * FROM no_such_table'), {errno: 1146, sqlState: '42S02'});
  await assert.rejects(connection.execute('SELECT * FROM no_such_table'), {errno: 1146, sqlState: '42S02'});
  await connection.execute('LOAD MYSQL SERVERS TO RUNTIME');
  await connection.execute('DELETE FROM mysql_servers WHERE hostgroup_id = ?', [7701]);
  await connection.query('LOAD MYSQL SERVERS TO RUNTIME');
  const [variables] = await connection.execute("SHOW VARIABLES LIKE 'mysql-max_connections'");
  assert.strictEqual(variables[0].Variable_name, 'mysql-max_connections');
  await connection.beginTransaction();
  await connection.commit();
  await connection.changeUser({user: 'stats', password: 'stats'});
  const [[who]] = await connection.query('SELECT CURRENT_USER() AS name');
  assert.strictEqual(who.name, 'stats@127.0.0.1');
  await connection.ping();
  await connection.end();
  await assert.rejects(mysql.createConnection({...account, password: 'wrong'}), {errno: 1045});

  const pool = mysql.createPool({...account, password, connectionLimit: 8});
  const answers = await Promise.all([...Array(64).keys()].map((i) => pool.execute('SELECT ? + 1 AS n', [i])));
  answers.forEach(([[row]], i) => assert.strictEqual(Number(row.n), i + 1));
  await pool.end();
  console.log('ok');
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
