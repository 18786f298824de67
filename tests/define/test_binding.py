"""Whether the file of a function has its handler."""

import pytest

from poolhouse.define.binding import binds


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("def handler(event, context): ...", True),
        ("async def handler(event, context): ...", True),
        ("handler = lambda event, context: 1", True),
        ("from app import main as handler", True),
        ("import handler", True),
        ("if True:\n    def handler(event, context): ...", True),
        ("try:\n    from app import handler\nexcept ImportError:\n    raise", True),
        ("from app import *", True),
        ("globals()['handler'] = print", True),
        ("def __getattr__(name): ...", True),
        ("# -*- coding: latin-1 -*-\ntext = 'é'\ndef handler(event, context): ...", True),
        ("", False),
        ("def handle(event, context): ...", False),
        ("def outer():\n    def handler(event, context): ...", False),
        ("class handlers:\n    def handler(event, context): ...", False),
        ("handler", False),
        ("def run(handler): ...", False),
    ],
)
def test_a_module_binds_its_handler(tmp_path, source, found):
    """As an import of it would; what only an import can tell counts as there."""
    path = tmp_path / "handler.py"
    path.write_bytes(source.encode("latin-1"))
    assert binds(path, "handler") is found


@pytest.mark.parametrize("source", [b"def handler(", b"text = '\xff'", b"\x00"])
def test_source_that_is_none(tmp_path, source):
    path = tmp_path / "handler.py"
    path.write_bytes(source)
    with pytest.raises((SyntaxError, ValueError)):
        binds(path, "handler")
