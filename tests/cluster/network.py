"""Machines with addresses of their own, in network namespaces, between which packets can be lost.

    network = Network(["primary", "replica1", "weir"])
    cluster = Cluster("mariadb", replicas=1, network=network)     # a node runs on the machine of its name
    network.cut("weir", "primary")                                # silently: nobody is told, no connection is reset

Everything is in namespaces that end with the thread that made them: nothing of the machine's own network is touched, and
nothing is left behind. What runs inside is reached from outside by Unix sockets. Packets are lost by a false hardware
address of the receiver in the sender's table, which needs no firewall. Only root can have this.
"""

import ctypes
import os
import pathlib
import subprocess
import tempfile

from . import process

PREFIX = "192.0.2."  # kept for documentation: nobody has it
NOBODY = "02:00:00:00:00:ff"
START_S = 20
CLONE_NEWNET = 0x40000000


class Machine:
    """One of a network's; `wrapper` is what the command line of whoever runs there begins with."""

    def __init__(self, number, log):
        self.address = f"{PREFIX}{number}"
        self.hardware = f"02:00:00:00:00:{number:02x}"
        self._identity = process.launch(["unshare", "-n", "sleep", "infinity"], log, tied=True)
        outside = os.readlink("/proc/self/ns/net")
        if not process.wait_for(lambda: self._namespace() not in (None, outside), START_S):
            raise RuntimeError(f"no network namespace: {pathlib.Path(log).read_text(errors='replace')}")
        self.wrapper = ["nsenter", "-t", str(self._identity.pid), "-n", "--"]
        self.run("ip link set lo up")

    def _namespace(self):
        try:
            return os.readlink(f"/proc/{self._identity.pid}/ns/net")
        except FileNotFoundError:
            return None

    @property
    def pid(self):
        return self._identity.pid

    def run(self, script):
        done = subprocess.run([*self.wrapper, "sh", "-ec", script], capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{script}: {done.stderr}")

    def take_thread(self):
        """The sockets that the calling thread makes from now on are on this machine."""
        libc = ctypes.CDLL(None, use_errno=True)
        with open(f"/proc/{self.pid}/ns/net", "rb") as namespace:
            if libc.setns(namespace.fileno(), CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")

    def close(self):
        process.end(self._identity, 0)


class Network:
    """`names` of up to 200 machines, all of which reach each other at first. Raises RuntimeError where missing() says so."""

    def __init__(self, names):
        with tempfile.NamedTemporaryFile() as log:
            self._bridge = Machine(254, log.name)
            self._machines = {name: Machine(number, log.name) for number, name in enumerate(names, 1)}
        self._bridge.run("ip link add bridge type bridge && ip link set bridge up")
        for number, machine in enumerate(self._machines.values(), 1):
            self._bridge.run(f"ip link add to{number} type veth peer name eth0 address {machine.hardware} "
                             f"netns {machine.pid} && ip link set to{number} master bridge up")
            machine.run(f"ip addr add {machine.address}/24 dev eth0 && ip link set eth0 up")
        self.heal_all()

    @staticmethod
    def missing():
        """What keeps this machine from having one, or an empty text."""
        if os.geteuid() != 0:
            return "only root makes network namespaces"
        tried = subprocess.run(
            ["unshare", "-n", "sh", "-ec", "ip link add br0 type bridge; ip link add veth0 type veth "
             "peer name veth1; ip link set veth0 master br0"], capture_output=True, text=True)
        return tried.stderr.strip() if tried.returncode else ""

    def machine(self, name):
        return self._machines[name]

    # --- what is lost ------------------------------------------------------------------------------------------

    def cut_one_way(self, sender, receiver):
        """What `sender` sends to `receiver` is lost from now on, also on connections that exist."""
        self._tell(sender, receiver, NOBODY)

    def cut(self, one, other):
        self.cut_one_way(one, other)
        self.cut_one_way(other, one)

    def heal(self, one, other):
        for sender, receiver in ((one, other), (other, one)):
            self._tell(sender, receiver, self._machines[receiver].hardware)

    def heal_all(self):
        for sender, machine in self._machines.items():
            machine.run("\n".join(self._told(other.address, other.hardware)
                                  for receiver, other in self._machines.items() if receiver != sender) or "true")

    def _tell(self, sender, receiver, hardware):
        self._machines[sender].run(self._told(self._machines[receiver].address, hardware))

    @staticmethod
    def _told(address, hardware):
        return f"ip neigh replace {address} lladdr {hardware} dev eth0 nud permanent"

    def close(self):
        for machine in (*self._machines.values(), self._bridge):
            machine.close()
