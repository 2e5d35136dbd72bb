"""What is worth keeping between runs: unpacked servers and initialised data directories.

Everything lives under $XDG_CACHE_HOME/weir (or ~/.cache/weir), never in the source tree, and may be deleted at any
time: it is built again when missing.
"""

import contextlib
import fcntl
import os
import pathlib
import shutil
import tempfile


def cache_root():
    base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    root = pathlib.Path(base) / "weir"
    root.mkdir(parents=True, exist_ok=True)
    return root


@contextlib.contextmanager
def _locked(path):
    """Holds an exclusive lock beside `path`: two test runs may want the same thing at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path.with_name(path.name + ".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def built_once(path, build):
    """`path`, made by build(new_directory) if it is not there yet. Half-built directories are never seen."""
    if path.exists():
        return path
    with _locked(path):
        if path.exists():
            return path
        fresh = pathlib.Path(tempfile.mkdtemp(prefix=path.name + ".new-", dir=path.parent))
        try:
            build(fresh)
            fresh.rename(path)
        except BaseException:
            shutil.rmtree(fresh, ignore_errors=True)
            raise
    return path
