"""MariaDB's plugins that Debian packages with mariadb-server: the bare server has none of them.

That package, of the version that the machine's server has, is downloaded with apt into a folder of the cache and unpacked
there; nothing is installed.
"""

import pathlib
import subprocess

from .cache import built_once, cache_root
from .unavailable import Unavailable

INSTALLED = pathlib.Path("/usr/lib/mysql/plugin")
DOWNLOAD_TIMEOUT_S = 300


def plugin_directory(needed):
    """A --plugin-dir in which the file `needed` is."""
    if (INSTALLED / needed).exists():
        return INSTALLED
    version = _installed_version()
    root = built_once(cache_root() / f"mariadb-plugins-{version.replace(':', '_')}",
                      lambda fresh: _download_and_unpack(fresh, version))
    directory = root / "usr/lib/mysql/plugin"
    if not (directory / needed).exists():
        raise Unavailable(f"MariaDB: no {needed} in Debian's package mariadb-server {version}")
    return directory


def _installed_version():
    asked = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", "mariadb-server-core"], capture_output=True, text=True)
    if asked.returncode or not asked.stdout:
        raise Unavailable("MariaDB: the server is not of a Debian package, and its plugins are not known")
    return asked.stdout


def _download_and_unpack(root, version):
    try:
        subprocess.run(["apt-get", "-q", "-oAPT::Sandbox::User=root", "download", f"mariadb-server={version}"], cwd=root,
                       check=True, capture_output=True, timeout=DOWNLOAD_TIMEOUT_S)
        (package,) = root.glob("mariadb-server_*.deb")
        subprocess.run(["dpkg", "-x", package, root], check=True, capture_output=True)
        package.unlink()
    except (OSError, ValueError, subprocess.SubprocessError) as reason:
        raise Unavailable(f"MariaDB: its plugins cannot be had: {reason}") from None
