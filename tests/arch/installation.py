"""What systemd and logrotate say of the files in etc/. A tool that is not installed has nothing against them."""

import pathlib
import re
import shutil
import subprocess
import tempfile

from tree import ROOT

MOST_EXPOSED = 2.0  # of 10, as `systemd-analyze security` counts


def output_of(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, stdin=subprocess.DEVNULL)
    return done.stdout + done.stderr


def systemd_complaints(unit):
    if not shutil.which("systemd-analyze"):
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder, unit.name)  # with a program that exists
        copy.write_text(re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", unit.read_text()))
        yield from (line for line in output_of("systemd-analyze", "verify", str(copy)).splitlines() if unit.name in line)
    exposure = re.search(r"exposure level for \S+: ([\d.]+)",
                         output_of("systemd-analyze", "security", "--offline=yes", str(unit)))
    if exposure and float(exposure.group(1)) > MOST_EXPOSED:
        yield f"exposure is {exposure.group(1)}, more than {MOST_EXPOSED}"


def logrotate_complaints(path):
    if shutil.which("logrotate"):
        said = output_of("logrotate", "--debug", "--state", "/dev/null", str(path))
        yield from (line for line in said.splitlines() if line.startswith("error:"))


def installation():
    """systemd and logrotate, where they are installed, accept the files in etc/."""
    for name, complaints in (("weir.service", systemd_complaints), ("weir.logrotate", logrotate_complaints)):
        for line in complaints(ROOT / "etc" / name):
            yield f"etc/{name}: {line.strip()}"
