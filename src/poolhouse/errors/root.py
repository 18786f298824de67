"""The class that all errors have in common."""


class PoolhouseError(Exception):
    """The root of all errors that Poolhouse raises on purpose."""
