"""Checks the `layers` of a function. Nothing here fetches a layer."""

import re
from collections.abc import Mapping
from typing import Final

from poolhouse.errors import InvalidLayerFormatError, MaximumLayersReachedError

from .places import Place
from .words import shown

LIMIT: Final = 5
_ARN: Final = re.compile(r"arn:[a-z-]+:lambda:[a-z0-9-]+:[0-9]{12}:layer:[A-Za-z0-9_-]+:[0-9]+")
_SHORT: Final = re.compile(r"[A-Za-z0-9_-]+:[0-9]+")


def check_layers(layers: object, place: Place) -> None:
    """Raise unless `layers` maps module names to at most five distinct layer ARNs or `name:version` texts."""
    if not isinstance(layers, Mapping):
        raise InvalidLayerFormatError(
            f"layers must be a dict from module to layer, not {shown(layers)}.",
            resolution='Write for example {"numpy": "numpy-layer:3"}.',
            location=str(place),
        )
    for module, layer in layers.items():
        if not (isinstance(layer, str) and (_ARN.fullmatch(layer) or _SHORT.fullmatch(layer))):
            raise InvalidLayerFormatError(
                f"The layer of {module!r} cannot be {shown(layer)}.",
                resolution="Write a layer version's ARN, or name:version.",
                location=str(place),
            )
    if len(set(layers.values())) > LIMIT:
        raise MaximumLayersReachedError(
            f"A function can have {LIMIT} layers, not {len(set(layers.values()))}.",
            resolution=f"Remove layers until {LIMIT} are left.",
            location=str(place),
        )
