"""Reads what callgrind wrote: instructions and calls by function, of one part of a program's life."""

import collections
import pathlib
import re
import subprocess
import time

ALLOCATORS = re.compile(r"^(malloc|calloc|realloc|aligned_alloc|posix_memalign|memalign|operator new(\[\])?\(.*)('\d+)?$")


def wrapper(folder):
    """What to put before a command, so that dump() works."""
    return ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/callgrind.out"]


def dump(pid, folder):
    """Writes what was counted since the last dump, and counts from zero. Returns the file."""
    def dumps():
        return set(pathlib.Path(folder).glob("callgrind.out.*"))

    before = dumps()
    subprocess.run(["callgrind_control", "-d", str(pid)], check=True, capture_output=True)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        new = [path for path in dumps() - before if re.search(r"^(totals|summary):", path.read_text(), re.MULTILINE)]
        if new:
            return new[0]
        time.sleep(0.05)
    raise RuntimeError("callgrind wrote no dump")


class Profile:
    """`own` and `inclusive` are instructions by function; `calls` is how often each was called."""

    def __init__(self, path):
        self.own = collections.Counter()
        self.inclusive = collections.Counter()
        self.calls = collections.Counter()
        self._names = {}
        self._objects = {}
        self._read(pathlib.Path(path).read_text().splitlines())

    def _name(self, text, place):
        """"(12) name" defines 12, "(12)" means it. A function without a name is told by its library."""
        number, _, name = text.partition(" ")
        if name.startswith("0x"):
            name = f"{place} {name}"
        if name:
            self._names[number] = name
        return self._names.get(number, number)

    def _object(self, text):
        number, _, name = text.partition(" ")
        if name:
            self._objects[number] = "generated code" if name == "???" else pathlib.Path(name).name
        return self._objects.get(number, number)

    def _read(self, lines):
        function = callee = place = called_place = ""
        cost_of_call = False
        for line in lines:
            if line.startswith("ob="):
                place = called_place = self._object(line[3:])
            elif line.startswith("cob="):
                called_place = self._object(line[4:])
            elif line.startswith("fn="):
                function = self._name(line[3:], place)
            elif line.startswith("cfn="):
                callee = self._name(line[4:], called_place)
            elif line.startswith("calls="):
                self.calls[callee] += int(line[6:].split()[0])
                cost_of_call = True
                called_place = place
            elif line[:1] in "0123456789+-*" and line:
                words = line.split()
                cost = int(words[1]) if len(words) > 1 else 0
                self.inclusive[function] += cost
                if not cost_of_call:
                    self.own[function] += cost
                cost_of_call = False

    def instructions(self):
        return sum(self.own.values())

    def allocations(self):
        """Calls from outside the allocators themselves: operator new calls malloc, which is one allocation."""
        new = sum(count for name, count in self.calls.items() if ALLOCATORS.match(name) and name.startswith("operator"))
        plain = sum(count for name, count in self.calls.items()
                    if ALLOCATORS.match(name) and not name.startswith("operator"))
        return max(new, plain)

    def table(self, queries, count=40):
        """Lines of text: the functions with the most instructions of their own, per query."""
        lines = [f"{'own':>9} {'inclusive':>10} {'calls':>7}  function, per query"]
        for name, own in self.own.most_common(count):
            lines.append(f"{own / queries:9.1f} {self.inclusive[name] / queries:10.1f} "
                         f"{self.calls[name] / queries:7.2f}  {name[:150]}")
        return lines
