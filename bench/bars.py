"""Bars: what a figure of a subject is to be, mostly beside another subject's in the same rounds."""

import dataclasses
import statistics
from collections.abc import Callable

from report import spread


@dataclasses.dataclass(frozen=True)
class Measure:
    """How a round's figure is compared with its base's, which of the rounds' outcomes counts, and how it reads."""
    of: Callable
    counts: Callable
    words: str
    digits: int


RATIO = Measure(lambda mine, base: mine / base, statistics.median, "/", 3)
ADDED = Measure(lambda mine, base: mine - base, statistics.median, "-", 1)
# Without a base. The worst round counts: memory that one has taken is there already in the next.
ITSELF = Measure(lambda mine, _: mine, max, "", 0)


@dataclasses.dataclass(frozen=True)
class Bar:
    """What a figure of the subject is at a point; at least or at most so much. Of what is not there nothing is said."""
    subject: str
    base: str  # "": none
    point: str
    most: float | None = None
    least: float | None = None
    base_point: str = ""  # another than the subject's
    figure: str = "cpu_us"
    measure: Measure = RATIO

    def rounds(self, speed):
        """One outcome for each round that both took part in; of {subject: {point: [figures of each round]}}."""
        base = self.base or self.subject
        if self.subject not in speed or base not in speed:
            return []
        pairs = zip(speed[self.subject].get(self.point, ()), speed[base].get(self.base_point or self.point, ()))
        return [self.measure.of(mine[self.figure], other[self.figure]) for mine, other in pairs]

    def reached(self, rounds):
        outcome = self.measure.counts(rounds)
        return (self.most is None or outcome <= self.most) and (self.least is None or outcome >= self.least)

    def told(self, rounds):
        """A line for people."""
        base = f" {self.measure.words} {self.base} at {self.base_point or self.point}" if self.base else ""
        bound = f"at most {self.most:g}" if self.least is None else f"at least {self.least:g}"
        verdict = "reached" if self.reached(rounds) else "MISSED"
        return f"{self.subject} at {self.point}{base}, {self.figure}: {spread(rounds, self.measure.digits)}; {bound}: {verdict}"

    def to_json(self, speed):
        rounds = self.rounds(speed)
        bounds = {name: value for name, value in (("most", self.most), ("least", self.least)) if value is not None}
        return {"subject": self.subject, "base": self.base, "point": self.point, "figure": self.figure, **bounds,
                "rounds": rounds, "reached": self.reached(rounds) if rounds else None}


def show(bars, speed):
    for bar in bars:
        rounds = bar.rounds(speed)
        if rounds:
            print(bar.told(rounds))
