"""The files of the tree, and C++ text without what only looks like code."""

import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
CPP = (".cpp", ".hpp")
SCRIPTS = (".py", ".sh", ".js", ".go", ".java", ".php")


def tracked_files():
    """Paths git knows or would add, relative to the root; everything outside build folders if there is no git."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode == 0:
        names = listed.stdout.splitlines()
    else:
        names = [str(path.relative_to(ROOT)) for path in ROOT.rglob("*") if path.is_file()]
    return [pathlib.Path(name) for name in names
            if (ROOT / name).is_file() and name.split("/")[0] not in ("build", ".git")]


def is_script(path):
    """Whether a file is a program in a scripting language, by its ending or its first line."""
    if path.suffix in SCRIPTS:
        return True
    return not path.suffix and (ROOT / path).read_bytes()[:2] == b"#!"


def sources():
    return [path for path in tracked_files() if path.suffix in CPP or is_script(path)]


_NOT_CODE = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<fence>[^(\s]*)\(.*?\)(?P=fence)"|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Fa-f])\'(?:\\.|[^\'\\\n])+\'',
    re.DOTALL)


def bare_code(text):
    """C++ with comments and literals blanked; line numbers stay as they were."""
    return _NOT_CODE.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), text)
