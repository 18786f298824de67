"""Pieces of a sealed stream: what was sealed comes back, and nothing else does."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poolhouse.crypto.sealed_stream import TAG, Stream, key_of_master, key_of_passphrase, proof
from poolhouse.crypto.vault import BrokenSeal

KEY = bytes(range(32))
PIECES = [b"first", b"second", b"third"]


def sealed(pieces=PIECES, key=KEY, header=b"head"):
    stream = Stream(key, header)
    return [stream.seal(piece, last=place == len(pieces) - 1) for place, piece in enumerate(pieces)]


def opened(parts, key=KEY, header=b"head"):
    stream = Stream(key, header)
    return [stream.open(part, last=place == len(parts) - 1) for place, part in enumerate(parts)]


@settings(max_examples=30)
@given(st.lists(st.binary(max_size=50), min_size=1, max_size=6))
def test_what_was_sealed_comes_back(pieces):
    parts = sealed(pieces)
    assert opened(parts) == pieces
    assert [len(part) - TAG for part in parts] == [len(piece) for piece in pieces]


def turned(part, place=0):
    return part[:place] + bytes([part[place] ^ 1]) + part[place + 1 :]


CHANGES = {
    "cut off": lambda parts: parts[:-1],
    "first missing": lambda parts: parts[1:],
    "swapped": lambda parts: [parts[1], parts[0], parts[2]],
    "twice": lambda parts: [parts[0], *parts],
    "one bit": lambda parts: [turned(parts[0]), *parts[1:]],
    "more behind": lambda parts: [*parts, parts[-1]],
    "of another stream": lambda parts: [sealed(key=bytes(32))[0], *parts[1:]],
}


@pytest.mark.parametrize("change", CHANGES)
def test_no_change_goes_unnoticed(change):
    with pytest.raises(BrokenSeal):
        opened(CHANGES[change](sealed()))


def test_the_header_belongs_to_every_piece():
    with pytest.raises(BrokenSeal):
        opened(sealed(), header=b"another")


def test_keys():
    """Another salt is another key, a passphrase is none of a master key; the proof tells keys and headers apart."""
    salts = os.urandom(32), os.urandom(32)
    keys = {key_of_master(KEY, salt) for salt in salts} | {key_of_passphrase("a passphrase", salts[0])}
    assert len(keys) == 3
    assert key_of_passphrase("a passphrase", salts[0]) in keys
    assert len({proof(key, header) for key in keys for header in (b"a", b"b")}) == 6
