"""What is aimed at: ratios to the peers and to the machine, both of the same run."""

from collections.abc import Mapping
from typing import NamedTuple


class Aim(NamedTuple):
    """At least `best` times the best peer (`next` times the one behind it, where that is asked)."""

    best: float
    next: float | None = None


PEERS = {
    "admin-get-user": Aim(3, 10),
    "admin-list-groups-for-user": Aim(3, 10),
    "admin-add-user-to-group": Aim(4),
    "admin-create-user": Aim(4),
    "get-user": Aim(4),
    "list-users-walk": Aim(4),
    "list-users-in-group": Aim(4),
}
MACHINE = {
    "srp-sign-in": ("SRP", 0.7),
    "password-sign-in": ("password", 0.7),
    "refresh": ("refresh", 0.7),
    "admin-get-user": ("bare uvicorn", 0.3),
    "list-users-in-group": ("bare page", 0.4),
}
"""Scenario -> a rate of the machine, and the share of it that is to be reached."""


def of_peers(aim: Aim, ours: float, theirs: list[float]) -> tuple[str, bool]:
    """The ratios in words, and whether they are what is aimed at. A peer that does not do it at all is not counted."""
    ranked = sorted(theirs, reverse=True)
    wanted = [aim.best, *([] if aim.next is None else [aim.next])]
    found = [ours / rate for rate in ranked[: len(wanted)]]
    words = ", ".join(f"{ratio:.1f} (aim {least:g})" for ratio, least in zip(found, wanted, strict=False))
    return words or "no peer does it", all(ratio >= least for ratio, least in zip(found, wanted, strict=False))


def of_machine(scenario: str, ours: float, machine: Mapping[str, float]) -> tuple[str, bool] | None:
    """The share of the machine's own rate in words, and whether it is what is aimed at; None without an aim."""
    name, least = MACHINE.get(scenario, ("", 0.0))
    if name not in machine:
        return None
    share = ours / machine[name]
    return f"{share:.0%} of {name} alone (aim {least:.0%})", share >= least
