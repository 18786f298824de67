"""The formats of `poolhouse generate outputs --format`: which there are, and what each is for."""

from collections.abc import Sequence
from difflib import get_close_matches

from poolhouse.errors import UserError
from poolhouse.outputs import DEFAULT_FORMATS, FORMATS


def checked(asked: Sequence[str] | None) -> tuple[str, ...]:
    """The formats that are asked for; raises UserError for one that there is not."""
    for name in asked or ():
        if name not in FORMATS:
            near = get_close_matches(name, FORMATS, n=1)
            raise UserError(
                f"There is no format {name!r}.",
                resolution=f"Did you mean {near[0]}?" if near else f"Choose from: {', '.join(FORMATS)}.",
            )
    return tuple(dict.fromkeys(asked)) if asked else DEFAULT_FORMATS


def described() -> str:
    """One line for each."""
    width, longest = max(map(len, FORMATS)), max(len(one.file) for one in FORMATS.values())
    return "\n".join(f"{name:<{width}}  {one.file:<{longest}}  {one.about}" for name, one in FORMATS.items())
