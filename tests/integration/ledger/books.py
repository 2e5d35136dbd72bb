"""What the writers were told, against what is in the ledger."""

from collections import Counter

from .writers import POSSIBLE


def faults(writers, rows, totals):
    """Sentences, none if all is well. `rows` are (writer, number) of each row; `totals` {writer: total}."""
    there = Counter(rows)
    found = []
    for writer in writers:
        of_writer = {write.number: there.pop((writer.number, write.number), 0) for write in writer.writes}
        if writer.appends:
            found += _faults_of_rows(writer, of_writer)
            least = most = sum(of_writer.values())
        else:
            told = Counter(write.told for write in writer.writes)
            least, most = told["done"], told["done"] + told["unknown"]
        if writer.adds and not least <= totals[writer.number] <= most:
            found.append(f"{_name(writer)} has added {totals[writer.number]} times, and not {least} to {most} times")
    return found + [f"nobody has written row {number} of client {writer}" for writer, number in there]


def _faults_of_rows(writer, count):
    for write in writer.writes:
        possible = (1,) if write.number in writer.seen else POSSIBLE[write.told]
        if count[write.number] not in possible:
            read = ", and has read it" if write.number in writer.seen else ""
            yield f"{_name(writer)} was told {write.told} of row {write.number}{read}: it is there {count[write.number]} times"


def _name(writer):
    return f"client {writer.number} ({type(writer).__name__})"
