"""The one way of saying that a server flavour cannot be had on this machine."""


class Unavailable(Exception):
    """The flavour is not here and cannot be fetched; the text says why. Callers report a skip with this reason."""
