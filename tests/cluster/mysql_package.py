"""A MySQL server, its command line client, and its Router, on a Debian that does not package them.

Debian's development suite does. Its packages are downloaded with apt from the mirror this machine already uses, into
a folder of the cache, and unpacked there; nothing is installed. The programs then run through the C library and dynamic
linker that came with them, because they need newer ones than the machine has.
"""

import pathlib
import shutil
import subprocess

from .cache import built_once, cache_root
from .unavailable import Unavailable

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
SUITE = "sid"
DOWNLOAD_TIMEOUT_S = 300


def mysql_root():
    """The directory the packages are unpacked in: usr/sbin/mysqld and all it needs. Downloads it at first use."""
    return built_once(cache_root() / "mysql-server" / "root",
                      lambda root: _download_and_unpack(root, "mysql-server-core", "usr/sbin/mysqld"))


def mysql_client(program="mysql"):
    """The command that runs MySQL's own command line client, or mysqldump and its like. Downloads them at first use."""
    root = built_once(cache_root() / "mysql-client" / "root",
                      lambda root: _download_and_unpack(root, "mysql-client-core", "usr/bin/mysql"))
    charsets = [f"--character-sets-dir={root}/usr/share/mysql/charsets"] if program != "mysqlslap" else []
    return [*command(root, f"usr/bin/{program}"), "--no-defaults", *charsets]


def mysql_router():
    """The directory of MySQL Router's packages: usr/bin/mysqlrouter and its plugins. Downloads them at first use."""
    return built_once(cache_root() / "mysql-router" / "root",
                      lambda root: _download_and_unpack(root, "mysql-router", "usr/bin/mysqlrouter"))


def command(root, program):
    """How to run `program` of the packages unpacked in `root`."""
    library_folder = next((root / "usr/lib").glob("*-linux-gnu"))
    (linker,) = (root / "usr/lib64").glob("ld-linux*")
    return [str(linker), "--library-path", str(library_folder), f"{root}/{program}"]


def _mirror():
    """The Debian mirror in the machine's own apt sources, in either of apt's two formats."""
    for path in sorted(pathlib.Path("/etc/apt/sources.list.d").glob("*.sources")):
        text = path.read_text()
        if "debian-archive-keyring" in text or path.name == "debian.sources":
            for line in text.splitlines():
                if line.startswith("URIs:") and "security" not in line:
                    return line.split()[1]
    one_line = pathlib.Path("/etc/apt/sources.list")
    for line in one_line.read_text().splitlines() if one_line.exists() else []:
        words = [word for word in line.split() if not word.startswith(("[", "signed-by", "arch"))]
        if len(words) > 2 and words[0] == "deb" and "security" not in line:
            return words[1]
    raise Unavailable("MySQL: no Debian mirror found in /etc/apt/sources.list or sources.list.d")


def _download_and_unpack(root, package, program):
    if not pathlib.Path(KEYRING).exists() or not shutil.which("apt-get"):
        raise Unavailable("MySQL: this machine has no apt-get or no Debian archive keyring to fetch it with")
    work = root.with_name(root.name + ".download")
    shutil.rmtree(work, ignore_errors=True)
    for folder in ("etc/none", "lists/partial", "debs/partial"):
        (work / folder).mkdir(parents=True)
    (work / "etc/sources.list").write_text(f"deb [signed-by={KEYRING}] {_mirror()} {SUITE} main\n")
    try:
        _apt(work, "update")
        _apt(work, "-y", "-d", "--no-install-recommends", "install", package)
        for file in sorted((work / "debs").glob("*.deb")):
            if not file.name.startswith(("perl", "libperl")):  # only scripts we do not use want it
                subprocess.run(["dpkg", "-x", file, root], check=True, capture_output=True)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    if not (root / program).exists():
        raise Unavailable(f"MySQL: the downloaded packages hold no {program}")


def _apt(work, *arguments):
    """apt-get with every path of its own below `work` and an empty package database, so that it resolves all
    dependencies and touches nothing of the machine's. Mirrors may serve an index past its date; the signature holds."""
    options = {
        "Dir::Etc::sourcelist": work / "etc/sources.list", "Dir::Etc::sourceparts": work / "etc/none",
        "Dir::State::Lists": work / "lists", "Dir::State::status": "/dev/null", "Dir::Cache::archives": work / "debs",
        "Dir::Cache::pkgcache": "", "Dir::Cache::srcpkgcache": "", "Debug::NoLocking": "1",
        "Acquire::Check-Valid-Until": "false", "APT::Sandbox::User": "root",
    }
    command = ["apt-get", "-q", *(f"-o{name}={value}" for name, value in options.items()), *arguments]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=DOWNLOAD_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        raise Unavailable(f"MySQL: apt-get {arguments[0]} took over {DOWNLOAD_TIMEOUT_S} s") from None
    except subprocess.CalledProcessError as failure:
        raise Unavailable(f"MySQL: apt-get failed: {(failure.stderr or failure.stdout).strip()[-300:]}") from None
