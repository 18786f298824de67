"""The file of a backup: a readable head, then compressed messages in sealed pieces."""

import hmac
import secrets
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final, Literal

import msgspec

from poolhouse.crypto.sealed_stream import PIECE, SALT, TAG, Stream, key_of_master, key_of_passphrase, proof
from poolhouse.crypto.vault import BrokenSeal
from poolhouse.errors import BackupRefused
from poolhouse.store.dumping import Contents, Rows

_MAGIC: Final = b"POOLHOUSE-BACKUP-1\n"
_LENGTH: Final = struct.Struct(">I")
_LONGEST_HEAD: Final = 4096
_ANOTHER: Final = "Use a whole, unchanged copy of the file."
Key = Literal["master-key", "passphrase"]
Secret = str | bytes
"""A passphrase, or a master key of 32 bytes."""


class _Head(msgspec.Struct, frozen=True):
    """`made` is epoch microseconds, `by` the version of Poolhouse."""

    key: Key
    salt: str
    made: int
    by: str


class Writer:
    """Writes one backup; it is whole only after `close`."""

    def __init__(self, file: BinaryIO, secret: Secret, *, made: int, by: str) -> None:
        salt = secrets.token_bytes(SALT)
        key = _key(secret, salt)
        head = msgspec.json.encode(_Head(_kind(secret), salt.hex(), made, by))
        self._file = file
        self._stream = Stream(key, head)
        self._compressor = zlib.compressobj(3)
        self._waiting = bytearray()
        file.write(_MAGIC + _LENGTH.pack(len(head)) + head + proof(key, head))

    def put(self, message: object) -> None:
        data = msgspec.msgpack.encode(message)
        self._add(self._compressor.compress(_LENGTH.pack(len(data)) + data))

    def close(self) -> None:
        self._add(self._compressor.flush())
        self._file.write(self._stream.seal(bytes(self._waiting), last=True))
        self._file.flush()

    def _add(self, data: bytes) -> None:
        self._waiting += data
        while len(self._waiting) > PIECE:
            self._file.write(self._stream.seal(bytes(self._waiting[:PIECE]), last=False))
            del self._waiting[:PIECE]


class Backup:
    """A backup that was read to its end and found whole: what it holds, and as often as wanted its rows."""

    def __init__(self, path: Path, secret: Callable[[Key], Secret]) -> None:
        """`secret` is asked for the key that the file wants. Raises BackupRefused; afterwards `batches` does not."""
        self._path = path
        try:
            with path.open("rb") as file:
                head = _head(file)
                self._secret = secret(head.key)
        except OSError as error:
            raise BackupRefused(f"{path} cannot be read ({error.strerror}).", resolution="Name a backup.") from error
        self.made, self.by = head.made, head.by
        messages = self._messages()
        self.contents = msgspec.convert(msgspec.msgpack.decode(next(messages)), Contents)
        rows = sum(len(msgspec.msgpack.decode(message)[1]) for message in messages)
        if rows != self.contents.rows:
            raise BackupRefused(f"{path} holds {rows} of {self.contents.rows} rows.", resolution=_ANOTHER)

    def batches(self) -> Iterator[tuple[int, Rows]]:
        """(place of the table in the contents, some of its rows)."""
        messages = self._messages()
        next(messages)
        for message in messages:
            place, rows = msgspec.msgpack.decode(message)
            yield place, rows

    def _messages(self) -> Iterator[bytes]:
        """Each is given out only after the piece that it lies in was proved."""
        decompressor, waiting = zlib.decompressobj(), bytearray()
        with self._path.open("rb") as file:
            for piece in self._pieces(file):
                waiting += decompressor.decompress(piece)
                while len(waiting) >= 4 and len(waiting) >= 4 + (length := _LENGTH.unpack_from(waiting)[0]):
                    yield bytes(waiting[4 : 4 + length])
                    del waiting[: 4 + length]

    def _pieces(self, file: BinaryIO) -> Iterator[bytes]:
        start = file.tell()
        head = _head(file)
        encoded = _encoded_head(file, start)
        key = _key(self._secret, bytes.fromhex(head.salt))
        if not hmac.compare_digest(file.read(len(proof(key, b""))), proof(key, encoded)):
            what = "passphrase" if head.key == "passphrase" else "master key"
            raise BackupRefused(
                f"{self._path} was made with another {what}, or its head was changed.",
                resolution=f"Give the {what} that it was made with.",
            )
        stream, piece = Stream(key, encoded), file.read(PIECE + TAG)
        while True:
            following = file.read(PIECE + TAG)
            try:
                yield stream.open(piece, last=not following)
            except BrokenSeal as broken:
                text = f"{self._path} was cut off or changed: {broken}"
                raise BackupRefused(text, resolution=_ANOTHER) from broken
            if not following:
                return
            piece = following


def _head(file: BinaryIO) -> _Head:
    """Leaves the file behind it."""
    beginning = file.read(len(_MAGIC) + 4)
    length = _LENGTH.unpack(beginning[-4:])[0] if len(beginning) == len(_MAGIC) + 4 else 0
    if beginning[: len(_MAGIC)] != _MAGIC or not 0 < length <= _LONGEST_HEAD:
        raise BackupRefused("The file is no backup of Poolhouse.", resolution="Name one that poolhouse backup made.")
    try:
        head = msgspec.json.decode(file.read(length), type=_Head)
        bytes.fromhex(head.salt)
    except (msgspec.MsgspecError, ValueError) as error:
        raise BackupRefused("The head of the backup was cut off or changed.", resolution=_ANOTHER) from error
    return head


def _encoded_head(file: BinaryIO, start: int) -> bytes:
    end = file.tell()
    file.seek(start + len(_MAGIC) + 4)
    return file.read(end - file.tell())


def _kind(secret: Secret) -> Key:
    return "passphrase" if isinstance(secret, str) else "master-key"


def _key(secret: Secret, salt: bytes) -> bytes:
    return key_of_passphrase(secret, salt) if isinstance(secret, str) else key_of_master(secret, salt)
