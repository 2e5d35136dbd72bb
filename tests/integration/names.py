"""An /etc/hosts that only one Weir sees."""

import os
import pathlib
import subprocess


class HostsOfItsOwn:
    """An /etc/hosts for one process and its children, in a mount namespace, where no name server is asked. `wrapper` is
    what their command line begins with."""

    def __init__(self, directory):
        self._path = pathlib.Path(directory) / "hosts"
        self.say({})
        only_files = pathlib.Path(directory) / "nsswitch.conf"
        only_files.write_text("hosts: files\n")
        prepare = 'mount --bind "$0" /etc/hosts && mount --bind "$1" /etc/nsswitch.conf && shift && exec "$@"'
        self.wrapper = ["unshare", "-m", "sh", "-c", prepare, str(self._path), str(only_files)]

    @staticmethod
    def missing():
        """What keeps this machine from having one, or an empty text."""
        if os.geteuid() != 0:
            return "only root makes mount namespaces"
        if not pathlib.Path("/etc/nsswitch.conf").exists():
            return "there is no /etc/nsswitch.conf"
        tried = subprocess.run(["unshare", "-m", "mount", "--bind", "/etc/hosts", "/etc/hosts"], capture_output=True,
                               text=True)
        return tried.stderr.strip() if tried.returncode else ""

    def say(self, names):
        """{name: addresses} from now on, in the same file: that is what the namespace has."""
        lines = ["127.0.0.1 localhost"] + [f"{ip} {name}" for name, ips in names.items() for ip in ips]
        self._path.write_text("\n".join(lines) + "\n")
