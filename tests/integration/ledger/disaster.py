"""What happens meanwhile: to the servers, to the network, and to Weir itself. All of it comes from the seed."""

from wire import ServerError

from ..week.steps import Fate

CLIENTS = "clients"
WEIGHTS = {"kill": 2, "restart": 4, "pause": 2, "resume": 6, "cut": 4, "heal": 6, "refuse": 1, "accept": 6,
           "kill_threads": 2, "kill_weir": 2, "start_weir": 6, "pause_weir": 1, "resume_weir": 6, "end_weir": 1}
# A kind that has not been seen yet is so much more likely.
NEWS = 6
NO_SUCH_THREAD = 1094


class Disaster(Fate):
    """No server becomes a primary in another's place. Some clients have a machine of their own."""

    def __init__(self, cluster, network, weir, weir_machine, random):
        super().__init__(cluster, network, None, weir_machine, random)
        self.weir, self.weir_state = weir, "up"
        self.refuses = False  # the primary, to write
        self.seen = set()
        self.weights = {kind: weight * NEWS for kind, weight in WEIGHTS.items()}

    def step(self):
        words = super().step()
        kind = words.split()[0]
        self.seen.add(kind)
        self.weights[kind] = WEIGHTS[kind]
        return words

    def has_seen_all(self):
        return self.seen == set(WEIGHTS)

    def _choices(self, kind):
        primary, weir = self.cluster.primary.name, self.weir_state
        if kind == "cut":  # what the primary does not hear is worth most
            cuts = [cut for cut in super()._choices(kind) + self._cuts_of_clients() if cut]
            return cuts + [cut for cut in cuts if primary in cut and self.weir_machine in cut]
        if kind in ("kill", "pause"):
            names = super()._choices(kind)
            return names + [name for name in names if name == (primary,)]
        up = self.state[primary] == "up"
        own = {"refuse": up and not self.refuses, "accept": up and self.refuses, "kill_threads": up, "kill_weir": weir == "up", "start_weir": weir == "killed",
               "pause_weir": weir == "up", "resume_weir": weir == "paused", "end_weir": weir == "up"}
        return ([()] if own[kind] else []) if kind in own else super()._choices(kind)

    def _cuts_of_clients(self):
        pair = (CLIENTS, self.weir_machine)
        return [] if {pair, pair[::-1]} & self.cuts else [(*pair, way) for way in ("both", "there", "back")]

    def _refuse(self):
        self.set_read_only(self.cluster.primary.name, "on")
        self.refuses = True

    def _accept(self):
        self.set_read_only(self.cluster.primary.name, "off")
        self.refuses = False

    # --- what happens to connections ---------------------------------------------------------------------------

    def _kill_threads(self):
        """All connections of the clients to the primary, whatever they are doing."""
        with self.cluster.primary.connect_as_root() as root:
            for (number,) in root.query("SELECT ID FROM information_schema.PROCESSLIST WHERE USER = 'app'").texts():
                try:
                    root.query(f"KILL {number}")
                except ServerError as error:
                    if error.errno != NO_SUCH_THREAD:
                        raise

    # --- what happens to Weir ----------------------------------------------------------------------------------

    def _kill_weir(self):
        self.weir.kill()
        self.weir_state = "killed"

    def _start_weir(self):
        self.weir.start_again()
        self.weir_state = "up"

    def _pause_weir(self):
        self.weir.pause()
        self.weir_state = "paused"

    def _resume_weir(self):
        self.weir.resume()
        self.weir_state = "up"

    def _end_weir(self):
        """SIGTERM, and another in its place."""
        self.weir.restart()

    # --- the end -----------------------------------------------------------------------------------------------

    def end_all(self):
        super().end_all()
        self._accept()
        if self.weir_state == "paused":
            self._resume_weir()
        elif self.weir_state == "killed":
            self._start_weir()
