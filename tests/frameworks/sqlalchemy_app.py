"""SQLAlchemy, with both drivers: a schema, a change of it, and a crowd of sessions that write, read, fail and roll back."""

import sys
import threading

import sqlalchemy as sa
from sqlalchemy import orm

SESSIONS, ROUNDS = 12, 15
Base = orm.declarative_base()


class Author(Base):
    __tablename__ = "author"
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.String(80), nullable=False, unique=True)
    books = orm.relationship("Book", back_populates="author", cascade="all, delete-orphan")


class Book(Base):
    __tablename__ = "book"
    id = sa.Column(sa.Integer, primary_key=True)
    author_id = sa.Column(sa.ForeignKey("author.id", ondelete="CASCADE"), nullable=False)
    title = sa.Column(sa.String(200), nullable=False, index=True)
    price = sa.Column(sa.Numeric(8, 2))
    meta = sa.Column(sa.JSON)
    author = orm.relationship("Author", back_populates="books")


def migrate(engine):
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    Base.metadata.create_all(engine)  # the second time it finds everything
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE book ADD COLUMN stock INT NOT NULL DEFAULT 0"))
        connection.execute(sa.text("CREATE INDEX book_stock ON book (stock, title)"))
    seen = sa.inspect(engine)
    assert "stock" in [column["name"] for column in seen.get_columns("book")]
    assert "book_stock" in [index["name"] for index in seen.get_indexes("book")]
    assert seen.get_foreign_keys("book")[0]["referred_table"] == "author"


def one_round(engine, session, number, turn):
    author = Author(name=f"author {number}.{turn}")
    author.books = [Book(title=f"book {number}.{turn}.{i}", price=i + 0.25, meta={"i": i, "of": [number]}) for i in range(3)]
    session.add(author)
    session.flush()
    author_id = author.id
    session.commit()
    found = session.execute(sa.select(Book).join(Author).where(Author.name == author.name).order_by(Book.id)).scalars().all()
    assert [book.meta["i"] for book in found] == [0, 1, 2], found
    found[0].title = "changed"
    session.flush()
    with session.begin_nested():
        session.delete(found[2])
    try:
        with session.begin_nested():
            session.add(Author(name=author.name))
            session.flush()
        raise AssertionError("a second author of this name")
    except sa.exc.IntegrityError:
        pass
    session.commit()
    session.execute(sa.update(Book).where(Book.author_id == author_id).values(price=Book.price + 1))
    session.rollback()
    total = session.execute(sa.select(sa.func.sum(Book.price)).where(Book.author_id == author_id)).scalar()
    assert float(total) == 1.5, total
    session.execute(sa.select(Author).where(Author.id == author_id).with_for_update()).scalar_one()
    session.commit()
    # The session has no transaction now: nobody holds a connection while he waits for a second one.
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("UPDATE book SET stock = stock + 1 WHERE author_id = :a"), {"a": author_id})
    with engine.connect().execution_options(isolation_level="SERIALIZABLE") as connection, connection.begin():
        assert connection.execute(sa.text("SELECT SUM(stock) FROM book WHERE author_id = :a"), {"a": author_id}).scalar() == 2


def work(engine, number, problems):
    try:
        with orm.Session(engine) as session:
            for turn in range(ROUNDS):
                one_round(engine, session, number, turn)
    except Exception as error:
        problems.append(error)
        raise


def main(host, port, user, password, database):
    for driver in ("pymysql", "mysqldb"):
        url = sa.engine.URL.create(f"mysql+{driver}", user, password, host, int(port), database, {"charset": "utf8mb4"})
        engine = sa.create_engine(url, pool_size=SESSIONS, max_overflow=SESSIONS, pool_pre_ping=True)
        migrate(engine)
        problems = []
        threads = [threading.Thread(target=work, args=(engine, i, problems)) for i in range(SESSIONS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with engine.connect() as connection:
            counted = connection.execute(sa.select(sa.func.count()).select_from(Book)).scalar()
        assert not problems and counted == SESSIONS * ROUNDS * 2, (problems, counted)
        engine.dispose()
    print("ok")


if __name__ == "__main__":
    main(*sys.argv[1:])
