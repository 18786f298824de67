"""By what an answer, its log lines and the run of a function are found again."""

import os


def new_request_id() -> str:
    """A random UUID, formatted here because `uuid.uuid4` is on every hot path."""
    text = os.urandom(16).hex()
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-8{text[17:20]}-{text[20:]}"
