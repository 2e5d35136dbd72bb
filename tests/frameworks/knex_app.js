// knex: migrations with their lock, and a crowd that writes, reads, fails and rolls back.
const assert = require('assert');
const knexFor = require('knex');

const SESSIONS = 12, ROUNDS = 8;

const steps = {
  '1_tables': {
    async up(knex) {
      await knex.schema.createTable('author', (t) => {
        t.increments();
        t.string('name', 80).notNullable().unique();
      });
      await knex.schema.createTable('book', (t) => {
        t.increments();
        t.integer('author_id').unsigned().notNullable().references('author.id').onDelete('CASCADE');
        t.string('title').index();
        t.decimal('price', 8, 2);
      });
    },
    async down(knex) {
      await knex.schema.dropTable('book').dropTable('author');
    },
  },
  '2_stock': {
    async up(knex) {
      await knex.schema.alterTable('book', (t) => {
        t.integer('stock').notNullable().defaultTo(0);
        t.timestamps(true, true);
      });
      assert(await knex.schema.hasColumn('book', 'stock'));
    },
    async down(knex) {
      await knex.schema.alterTable('book', (t) => t.dropColumn('stock'));
    },
  },
};
const migrationSource = {
  getMigrations: async () => Object.keys(steps),
  getMigrationName: (name) => name,
  getMigration: async (name) => steps[name],
};

async function round(knex, number, turn) {
  const name = `author ${number}.${turn}`;
  const [id] = await knex('author').insert({name});
  await knex('book').insert([0, 1, 2].map((i) => ({author_id: id, title: `book ${i}`, price: i + 0.5})));
  await knex.transaction(async (trx) => {
    const books = await trx('book').where({author_id: id}).orderBy('id').forUpdate();
    assert.deepStrictEqual(books.map((book) => book.title), ['book 0', 'book 1', 'book 2']);
    await trx('book').where({id: books[0].id}).update({title: 'changed', updated_at: trx.fn.now()});
    await assert.rejects(trx.transaction(async (inner) => inner('author').insert({name})), {errno: 1062});
    await trx('book').where({id: books[2].id}).del();
  });
  await assert.rejects(knex.transaction(async (trx) => {
    await trx('book').where({author_id: id}).increment('price', 100);
    throw new Error('never mind');
  }), /never mind/);
  await knex.transaction(async (trx) => trx('book').where({author_id: id}).increment('stock'),
                         {isolationLevel: 'serializable'});
  const [{total, stock}] = await knex('book').where({author_id: id}).sum({total: 'price', stock: 'stock'});
  assert.deepStrictEqual([Number(total), Number(stock)], [2, 2]);
  const rows = await knex('author as a').join('book as b', 'b.author_id', 'a.id').where('a.name', name).count({n: '*'});
  assert.strictEqual(Number(rows[0].n), 2);
}

async function main([host, port, user, password, database]) {
  const knex = knexFor({client: 'mysql2', connection: {host, port: Number(port), user, password, database},
                        pool: {min: 0, max: SESSIONS}, migrations: {migrationSource}});
  await knex.migrate.latest();
  await knex.migrate.rollback();
  await knex.migrate.latest();
  await Promise.all([...Array(SESSIONS).keys()].map(async (number) => {
    for (let turn = 0; turn < ROUNDS; ++turn) await round(knex, number, turn);
  }));
  const [{n}] = await knex('book').count({n: '*'});
  assert.strictEqual(Number(n), SESSIONS * ROUNDS * 2);
  await knex.migrate.rollback(undefined, true);
  await knex.destroy();
  console.log('ok');
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
