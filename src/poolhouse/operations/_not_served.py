"""How a setting of AWS's that this version does not serve is refused: by name, never accepted and ignored."""

from poolhouse.errors import InvalidParameterException


def refuse(member: str, asked: bool, feature: str = "") -> None:
    """Raises InvalidParameterException when the member was `asked` for."""
    if asked:
        what = f" ({feature})" if feature else ""
        raise InvalidParameterException(f"{member}: this version of Poolhouse does not serve this setting{what}.")
