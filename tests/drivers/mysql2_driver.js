// mysql2 for Node: the usual life of an application, in text and binary protocol.
const assert = require('assert');
const mysql = require('mysql2/promise');

async function main([host, port, user, password]) {
  const account = {host, port: Number(port), user, database: 'test'};
  const connection = await mysql.createConnection({...account, password});
  await connection.query('DROP TABLE IF EXISTS driver_mysql2');
  await connection.query('CREATE TABLE driver_mysql2 (a INT AUTO_INCREMENT PRIMARY KEY, b VARCHAR(20), c TINYINT)');
  const [inserted] = await connection.query('INSERT INTO driver_mysql2 (b) VALUES (?), (?)', ['one', 'two']);
  assert.deepStrictEqual([inserted.affectedRows, inserted.insertId], [2, 1]);
  await connection.beginTransaction();
  const [rows] = await connection.query('SELECT b FROM driver_mysql2 ORDER BY a');
  assert.deepStrictEqual(rows.map((row) => row.b), ['one', 'two']);
  const [prepared] = await connection.execute('SELECT b, ? AS given FROM driver_mysql2 WHERE a = ?', ['x', 2]);
  assert.deepStrictEqual({...prepared[0]}, {b: 'two', given: 'x'});
  await connection.commit();
  await assert.rejects(connection.query('SELECT * FROM no_such_table'), {errno: 1146, sqlState: '42S02'});
  await assert.rejects(connection.execute('SELECT * FROM no_such_table'), {errno: 1146, sqlState: '42S02'});
  await connection.query("SET sql_mode = ''");
  const [cut] = await connection.query('INSERT INTO driver_mysql2 (c) VALUES (1000)');
  assert.strictEqual(cut.warningStatus, 1);
  const [warnings] = await connection.query('SHOW WARNINGS');
  assert.strictEqual(warnings[0].Code, 1264);
  await connection.changeUser({user: 'app2', password: 'app2', database: 'test'});
  const [[who]] = await connection.query('SELECT CURRENT_USER() AS name');
  assert.strictEqual(who.name, 'app2@%');
  await connection.query('DROP TABLE driver_mysql2');
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
