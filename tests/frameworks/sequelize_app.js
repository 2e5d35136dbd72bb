// Sequelize: models made by sync(), a change by its query interface, and a crowd that uses them.
const assert = require('assert');
const {DataTypes, Sequelize, Transaction, UniqueConstraintError} = require('sequelize');

const SESSIONS = 12, ROUNDS = 8;

function models(db) {
  const Author = db.define('author', {name: {type: DataTypes.STRING(80), allowNull: false, unique: 'author_name'}});
  const Book = db.define('book', {title: DataTypes.STRING, price: DataTypes.DECIMAL(8, 2), meta: DataTypes.JSON});
  Author.hasMany(Book, {onDelete: 'CASCADE'});
  Book.belongsTo(Author);
  return {Author, Book};
}

async function change(db) {
  const changes = db.getQueryInterface();
  await changes.addColumn('books', 'stock', {type: DataTypes.INTEGER, allowNull: false, defaultValue: 0});
  await changes.addIndex('books', ['stock', 'title'], {name: 'book_stock'});
  assert((await changes.describeTable('books')).stock);
  assert((await changes.showIndex('books')).some((index) => index.name === 'book_stock'));
  assert((await changes.showAllTables()).length >= 2);
}

async function round(db, {Author, Book}, number, turn) {
  const name = `author ${number}.${turn}`;
  const author = await Author.create({name, books: [0, 1, 2].map((i) => ({title: `book ${i}`, price: i + 0.5, meta: {i}}))},
                                     {include: Book});
  await db.transaction(async (transaction) => {
    const books = await author.getBooks({order: ['title'], lock: transaction.LOCK.UPDATE, transaction});
    assert.deepStrictEqual(books.map((book) => book.title), ['book 0', 'book 1', 'book 2']);
    await books[0].update({title: 'changed'}, {transaction});
    await assert.rejects(db.transaction({transaction}, (inner) => Author.create({name}, {transaction: inner})),
                         UniqueConstraintError);
    await books[2].destroy({transaction});
  });
  await assert.rejects(db.transaction(async (transaction) => {
    await Book.increment({price: 100}, {where: {authorId: author.id}, transaction});
    throw new Error('never mind');
  }), /never mind/);
  await db.transaction({isolationLevel: Transaction.ISOLATION_LEVELS.SERIALIZABLE}, async (transaction) => {
    await db.query('UPDATE books SET stock = stock + 1 WHERE authorId = ?', {replacements: [author.id], transaction});
  });
  assert.strictEqual(Number(await Book.sum('price', {where: {authorId: author.id}})), 2);
  const [row] = await db.query('SELECT SUM(stock) AS stock FROM books WHERE authorId = $1',
                               {bind: [author.id], type: Sequelize.QueryTypes.SELECT});
  assert.strictEqual(Number(row.stock), 2);
  const [same, created] = await Author.findOrCreate({where: {name}});
  assert(!created && same.id === author.id);
  const {count} = await Book.findAndCountAll({include: {model: Author, where: {name}}, limit: 1});
  assert.strictEqual(count, 2);
}

async function main([host, port, user, password, database]) {
  const db = new Sequelize(database, user, password,
                           {host, port: Number(port), dialect: 'mysql', logging: false, pool: {max: SESSIONS, acquire: 120000}});
  const all = models(db);
  await db.sync({force: true});
  await db.sync({alter: true});
  await change(db);
  await Promise.all([...Array(SESSIONS).keys()].map(async (number) => {
    for (let turn = 0; turn < ROUNDS; ++turn) await round(db, all, number, turn);
  }));
  assert.strictEqual(await all.Book.count(), SESSIONS * ROUNDS * 2);
  await db.drop();
  await db.close();
  console.log('ok');
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
