"""What tests of a cluster have that decides by itself who writes: one for all of them, for it takes long to start."""

from cluster import Unavailable

from .case import Environment
from .pair import MonitorTest

WRITERS, READERS, BACKUPS, OFFLINE = 0, 1, 2, 3


class SharedClusterTest(MonitorTest):
    """`make_cluster` makes one of three nodes, a, b and c; `of_engine` are its servers; `moves` are the columns of
    test.moves beside its key."""

    make_cluster = of_engine = moves = shared = None
    why_not = ""

    @classmethod
    def setUpClass(cls):
        if Environment.engine != cls.of_engine or Environment.binary is None:
            cls.why_not = f"it is tested with {cls.of_engine}, behind Weir"
            return
        try:
            cls.shared = cls.make_cluster().__enter__()
        except Unavailable as reason:
            cls.why_not = str(reason)
            return
        cls.shared.nodes[0].execute(f"CREATE TABLE test.moves (id INT PRIMARY KEY AUTO_INCREMENT, {cls.moves})")

    @classmethod
    def tearDownClass(cls):
        if cls.shared:
            cls.shared.stop()
            cls.shared = None

    def setUp(self):
        super().setUp()
        if self.why_not:
            self.skipTest(self.why_not)
        self.a, self.b, self.c = self.nodes = self.shared.nodes
        self.addCleanup(self.shared.repair)
