// TypeORM: migrations, a look whether the schema is in step, and a crowd that uses its entities.
require('reflect-metadata');
const assert = require('assert');
const {DataSource, EntitySchema, QueryFailedError, Table, TableColumn} = require('typeorm');

const SESSIONS = 12, ROUNDS = 8;

const Author = new EntitySchema({
  name: 'author',
  columns: {id: {type: 'int', primary: true, generated: true}, name: {type: 'varchar', length: 80, unique: true}},
  relations: {books: {type: 'one-to-many', target: 'book', inverseSide: 'author', cascade: true}},
});
const Book = new EntitySchema({
  name: 'book',
  columns: {
    id: {type: 'int', primary: true, generated: true},
    title: {type: 'varchar', length: 255},
    price: {type: 'decimal', precision: 8, scale: 2},
    meta: {type: 'json', nullable: true},
    stock: {type: 'int', default: 0},
  },
  relations: {author: {type: 'many-to-one', target: 'author', inverseSide: 'books', onDelete: 'CASCADE'}},
});

class Tables1700000000001 {
  async up(run) {
    const id = {name: 'id', type: 'int', isPrimary: true, isGenerated: true, generationStrategy: 'increment'};
    await run.createTable(new Table({name: 'author', columns: [id, {name: 'name', type: 'varchar', length: '80', isUnique: true}]}));
    await run.createTable(new Table({
      name: 'book',
      columns: [id, {name: 'title', type: 'varchar', length: '255'}, {name: 'price', type: 'decimal', precision: 8, scale: 2},
                {name: 'meta', type: 'json', isNullable: true}, {name: 'authorId', type: 'int', isNullable: true}],
      foreignKeys: [{columnNames: ['authorId'], referencedTableName: 'author', referencedColumnNames: ['id'], onDelete: 'CASCADE'}],
    }));
  }
  async down(run) {
    await run.dropTable('book');
    await run.dropTable('author');
  }
}
class Stock1700000000002 {
  async up(run) {
    await run.addColumn('book', new TableColumn({name: 'stock', type: 'int', default: 0}));
  }
  async down(run) {
    await run.dropColumn('book', 'stock');
  }
}

async function round(db, number, turn) {
  const name = `author ${number}.${turn}`;
  const authors = db.getRepository('author'), books = db.getRepository('book');
  const author = await authors.save({name, books: [0, 1, 2].map((i) => ({title: `book ${i}`, price: i + 0.5, meta: {i}}))});
  await db.transaction(async (manager) => {
    const found = await manager.find('book', {where: {author: {id: author.id}}, order: {id: 'ASC'}, lock: {mode: 'pessimistic_write'}});
    assert.deepStrictEqual(found.map((book) => book.meta.i), [0, 1, 2]);
    await manager.save('book', {...found[0], title: 'changed'});
    await assert.rejects(manager.transaction((inner) => inner.insert('author', {name})), QueryFailedError);
    await manager.delete('book', found[2].id);
  });
  await assert.rejects(db.transaction('SERIALIZABLE', async (manager) => {
    await manager.increment('book', {author: {id: author.id}}, 'price', 100);
    throw new Error('never mind');
  }), /never mind/);
  await books.increment({author: {id: author.id}}, 'stock', 1);
  const {total, stock} = await books.createQueryBuilder('b').select('SUM(b.price)', 'total').addSelect('SUM(b.stock)', 'stock')
      .where('b.authorId = :id', {id: author.id}).getRawOne();
  assert.deepStrictEqual([Number(total), Number(stock)], [2, 2]);
  const [list, count] = await authors.findAndCount({where: {name}, relations: {books: true}, take: 5});
  assert.deepStrictEqual([list[0].books.length, count], [2, 1]);
}

async function main([host, port, username, password, database]) {
  const db = new DataSource({type: 'mysql', host, port: Number(port), username, password, database, poolSize: SESSIONS,
                             entities: [Author, Book], migrations: [Tables1700000000001, Stock1700000000002]});
  await db.initialize();
  await db.runMigrations({transaction: 'each'});
  await db.undoLastMigration();
  await db.runMigrations();
  await Promise.all([...Array(SESSIONS).keys()].map(async (number) => {
    for (let turn = 0; turn < ROUNDS; ++turn) await round(db, number, turn);
  }));
  assert.strictEqual(await db.getRepository('book').count(), SESSIONS * ROUNDS * 2);
  await db.undoLastMigration();
  await db.undoLastMigration();
  await db.destroy();
  console.log('ok');
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
