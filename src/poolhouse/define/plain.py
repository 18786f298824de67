"""What every part of the Manifest is made of, and how its names become those of variables."""

import msgspec


class Plain(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Immutable data. Written in full, so that equal manifests are equal bytes; absent members mean their default."""


def upper_snake(name: str) -> str:
    """`myCoolAuth2` -> `MY_COOL_AUTH_2`, the word split that Amplify uses for injected variables."""
    words: list[str] = []
    for index, char in enumerate(name):
        previous = name[index - 1] if index else ""
        following = name[index + 1] if index + 1 < len(name) else ""
        starts = not words or not char.isalnum() or not previous.isalnum()
        starts |= char.isupper() and (not previous.isupper() or following.islower())
        starts |= char.isdigit() != previous.isdigit()
        if not char.isalnum():
            continue
        if starts:
            words.append(char)
        else:
            words[-1] += char
    return "_".join(words).upper()
