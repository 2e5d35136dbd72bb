"""Plays what a running ProxySQL was recorded to answer on its admin port (tests/oracle/admin-oracle.jsonl).

Where Weir answers otherwise on purpose, tests/oracle/admin-differences.json says so, with the answer that is expected
instead and the row of README.md's table of differences that gives the reason. Texts and codes of errors are not compared:
an error is one that begins as ProxySQL's do.
"""

import json
import pathlib
import re

from wire import ServerError

ORACLE = pathlib.Path(__file__).resolve().parent.parent / "oracle"
ERROR_PREFIX = "ProxySQL Admin Error: "


def cases():
    with open(ORACLE / "admin-oracle.jsonl", encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def differences():
    with open(ORACLE / "admin-differences.json", encoding="utf-8") as file:
        return json.load(file)


def expectations(case):
    """What to expect of each step: the recording, or what a difference puts in its place; {step: partial answer}."""
    replaced = {}
    for difference in differences():
        replaced.update({int(step): answer for step, answer in difference["cases"].get(case["id"], {}).items()})
    return replaced


def observe(connection, step):
    """The answer to a step, in the form of the recording."""
    want = step.get("check", ["kind"])
    try:
        result = connection.query(step["sql"])
    except ServerError as error:
        return {"kind": "error", "errno": error.errno, "sqlstate": error.sqlstate, "message": error.message}
    if not result.columns:
        return {"kind": "ok"} if "kind_only" in want else \
            {"kind": "ok", "affected_rows": result.affected, "info": result.info, "warnings": result.warnings}
    seen = {"kind": "rows", "columns": [column.name for column in result.columns]}
    if "kind_only" in want:
        return {"kind": "rows"}
    rows = [list(row) for row in result.texts()]
    if "count" in want or "values" in want:
        seen["row_count"] = len(rows)
    if "some" in want:
        seen["has_rows"] = bool(rows)
    if "values" in want:
        seen["values"] = rows
    if "ddl_columns" in want and rows:
        seen["table"], seen["ddl_columns"] = rows[0][0], ddl_columns(rows[0][1])
    return seen


def ddl_columns(ddl):
    """The columns that a CREATE TABLE statement names, in order."""
    parts, depth, part = [], 0, ""
    for character in ddl[ddl.index("(") + 1:ddl.rindex(")")]:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and depth == 0:
            parts.append(part)
            part = ""
        else:
            part += character
    parts.append(part)
    return [part.split()[0] for part in parts if not re.match(r"\s*(PRIMARY|UNIQUE|CHECK|FOREIGN|CONSTRAINT)\b", part)]


def _compare(step, seen, want, exact_errors):
    if want["kind"] == "error" and seen["kind"] == "error" and not exact_errors:
        return ""
    wrong = {key: value for key, value in want.items() if seen.get(key) != value}
    return f"{step['sql']!r}: expected {wrong}, got {seen}" if wrong else ""


def disagreement(step, seen, replaced):
    """What is wrong with the answer `seen`, or an empty text. `replaced` is what a difference expects, or None."""
    if seen["kind"] == "error" and not seen["message"].startswith(ERROR_PREFIX):
        return f"the error does not begin with {ERROR_PREFIX!r}: {seen}"
    if replaced is None:
        return _compare(step, seen, step["expect"], exact_errors=False)
    if not _compare(step, seen, step["expect"], exact_errors=False):
        return f"{step['sql']!r} is answered as recorded: this difference is gone, remove it"
    return _compare(step, seen, replaced, exact_errors=True)
