"""Replicated MariaDB and MySQL clusters on free loopback ports, for tests and for trying things out.

    from cluster import Cluster

    with Cluster("mariadb", replicas=2) as cluster:
        cluster.primary.execute("CREATE TABLE test.t (a INT)")
        cluster.wait_for_replication()

The command line of the same is `tests/cluster/cluster`.
"""

from .engines import ENGINES, Unavailable
from .topology import Cluster

__all__ = ["ENGINES", "Cluster", "Unavailable"]
