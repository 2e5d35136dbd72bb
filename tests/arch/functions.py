"""How long functions are, in C++ and in Python. A meter, not a parser: it trusts the formatting clang-format gives."""

import ast
import re

from tree import bare_code

_CONTAINER = re.compile(r"\b(namespace|class|struct|enum|union)\b(?![^{]*\))|extern\s*$")


def _opens_function(before):
    """Whether the `{` after the text `before` (since the last `;`, `{` or `}`) opens a function's body."""
    if not before.endswith((" ", ")", "\n")) or before.rstrip().endswith(("=", ",", "(", "return")):
        return False
    return ")" in before and not _CONTAINER.search(before)


def cpp_functions(text):
    """(first line, number of lines, signature) of every function outside other functions."""
    code = bare_code(text)
    code = re.sub(r"^[ \t]*#(?:\\\n|[^\n])*", lambda found: re.sub(r"[^\n]", " ", found.group()), code, flags=re.M)
    found, stack, start = [], [], 0
    for at, letter in enumerate(code):
        if letter == "{":
            before = code[start:at]
            inside = any(stack)
            is_function = not inside and _opens_function(before)
            stack.append((at - len(before.lstrip()), " ".join(before.split())) if is_function else None)
        elif letter == "}" and stack:
            opened = stack.pop()
            if opened:
                first = code.count("\n", 0, opened[0]) + 1
                found.append((first, code.count("\n", 0, at) + 2 - first, opened[1]))
        if letter in "{};":
            start = at + 1
    return found


def python_functions(text):
    return [(node.lineno, node.end_lineno - node.lineno + 1, node.name) for node in ast.walk(ast.parse(text))
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
