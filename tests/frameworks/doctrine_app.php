<?php
// Doctrine DBAL: schema manager and comparator, and a crowd of processes that write, read, fail and roll back.
require '/usr/share/php/Doctrine/DBAL/autoload.php';

use Doctrine\DBAL\Connection;
use Doctrine\DBAL\DriverManager;
use Doctrine\DBAL\Exception\UniqueConstraintViolationException;
use Doctrine\DBAL\Schema\Schema;
use Doctrine\DBAL\TransactionIsolationLevel;

const SESSIONS = 12;
const ROUNDS = 8;

error_reporting(E_ALL & ~E_DEPRECATED);
set_error_handler(function ($severity, $message, $file, $line) {
    if ($severity & error_reporting()) throw new ErrorException($message, 0, $severity, $file, $line);
});

function connect(array $account, string $driver): Connection
{
    [$host, $port, $user, $password, $database] = $account;
    $db = DriverManager::getConnection(['driver' => $driver, 'host' => $host, 'port' => (int) $port, 'user' => $user,
                                        'password' => $password, 'dbname' => $database, 'charset' => 'utf8mb4']);
    $db->setNestTransactionsWithSavepoints(true);
    return $db;
}

function migrate(Connection $db): void
{
    $manager = $db->createSchemaManager();
    foreach (['book', 'author'] as $name) if ($manager->tablesExist([$name])) $manager->dropTable($name);
    $schema = new Schema();
    $author = $schema->createTable('author');
    $author->addColumn('id', 'integer', ['autoincrement' => true]);
    $author->addColumn('name', 'string', ['length' => 80]);
    $author->setPrimaryKey(['id']);
    $author->addUniqueIndex(['name']);
    $book = $schema->createTable('book');
    $book->addColumn('id', 'integer', ['autoincrement' => true]);
    $book->addColumn('author_id', 'integer');
    $book->addColumn('title', 'string', ['length' => 200]);
    $book->addColumn('price', 'decimal', ['precision' => 8, 'scale' => 2]);
    $book->setPrimaryKey(['id']);
    $book->addForeignKeyConstraint('author', ['author_id'], ['id'], ['onDelete' => 'CASCADE']);
    foreach ($schema->toSql($db->getDatabasePlatform()) as $sql) $db->executeStatement($sql);
    $changed = clone $manager->introspectTable('book');
    $changed->addColumn('stock', 'integer', ['default' => 0]);
    $changed->addIndex(['stock', 'title'], 'book_stock');
    $manager->alterTable($manager->createComparator()->compareTables($manager->introspectTable('book'), $changed));
    if (!$manager->introspectTable('book')->hasIndex('book_stock')) throw new Exception('no index book_stock');
}

function expect($seen, $expected, string $what): void
{
    if ($seen != $expected) throw new Exception("$what is " . json_encode($seen) . ', not ' . json_encode($expected));
}

function round_of(Connection $db, string $name): void
{
    $db->insert('author', ['name' => $name]);
    $id = (int) $db->lastInsertId();
    foreach ([0, 1, 2] as $i) $db->insert('book', ['author_id' => $id, 'title' => "book $i", 'price' => $i + 0.5]);
    $db->transactional(function (Connection $db) use ($id, $name) {
        $books = $db->fetchAllAssociative('SELECT * FROM book WHERE author_id = ? ORDER BY id FOR UPDATE', [$id]);
        expect(array_column($books, 'title'), ['book 0', 'book 1', 'book 2'], 'titles');
        $db->update('book', ['title' => 'changed'], ['id' => $books[0]['id']]);
        try {
            $db->transactional(fn (Connection $db) => $db->insert('author', ['name' => $name]));
            throw new Exception('a second author of this name');
        } catch (UniqueConstraintViolationException) {
        }
        $db->delete('book', ['id' => $books[2]['id']]);
    });
    $db->beginTransaction();
    $db->executeStatement('UPDATE book SET price = price + 100 WHERE author_id = :id', ['id' => $id]);
    $db->rollBack();
    $db->setTransactionIsolation(TransactionIsolationLevel::SERIALIZABLE);
    $db->executeStatement('UPDATE book SET stock = stock + ? WHERE author_id = ?', [1, $id]);
    $db->setTransactionIsolation(TransactionIsolationLevel::REPEATABLE_READ);
    $sums = $db->createQueryBuilder()->select('SUM(price)', 'SUM(stock)')->from('book')->where('author_id = :id')
               ->setParameter('id', $id)->executeQuery()->fetchNumeric();
    expect(array_map('floatval', $sums), [2.0, 2.0], 'sums');
    $titles = $db->fetchFirstColumn('SELECT title FROM book WHERE author_id IN (?) ORDER BY id', [[$id, -1]],
                                    [Connection::PARAM_INT_ARRAY]);
    expect($titles, ['changed', 'book 1'], 'titles in the end');
}

function crowd(array $account, string $driver): void
{
    $workers = [];
    for ($number = 0; $number < SESSIONS; ++$number) {
        $command = [PHP_BINARY, __FILE__, ...$account, $driver, (string) $number];
        $workers[] = proc_open($command, [1 => STDERR, 2 => STDERR], $pipes);
    }
    foreach ($workers as $worker) expect(proc_close($worker), 0, 'status of a process');
}

$account = array_slice($argv, 1, 5);
if ($argc > 6) {
    $db = connect($account, $argv[6]);
    for ($turn = 0; $turn < ROUNDS; ++$turn) round_of($db, "author $argv[7].$turn");
    exit(0);
}
foreach (['pdo_mysql', 'mysqli'] as $driver) {
    $db = connect($account, $driver);
    migrate($db);
    crowd($account, $driver);
    expect($db->fetchOne('SELECT COUNT(*) FROM book'), SESSIONS * ROUNDS * 2, 'count');
}
echo "ok\n";
