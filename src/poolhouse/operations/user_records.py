"""Users and groups as lines of JSON, the form that our own export writes and our import reads without loss.

Users of other systems come in the same form, with the hash that the other system made of the password.
"""

from collections.abc import Sequence
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from poolhouse.crypto import password_hashes, srp
from poolhouse.crypto.group import N
from poolhouse.crypto.password_hashes import BadHash
from poolhouse.crypto.srp import Verifier
from poolhouse.crypto.vault import Vault
from poolhouse.errors import InvalidParameterException
from poolhouse.store import users
from poolhouse.store.groups import Group
from poolhouse.store.users import Status, User

from . import credentials
from .credentials import Credential, Elsewhere, Hash, MovedVerifier
from .import_users import NewUser

_SECOND: Final = 1_000_000
_HIDDEN: Final = ("sub", "identities")
_Seconds = Annotated[float, Meta(ge=0, lt=1e11)]


class GroupRecord(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A group, as CreateGroup would make it."""

    name: Annotated[str, Meta(min_length=1, max_length=128, pattern=r"^\S+$")]
    description: Annotated[str, Meta(max_length=2048)] | None = None
    role_arn: Annotated[str, Meta(min_length=20, max_length=2048)] | None = None
    precedence: Annotated[int, Meta(ge=0, le=2**31 - 1)] | None = None


class SrpRecord(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An SRP verifier and what went into it besides the password; `salt` and `verifier` are hexadecimal."""

    pool: Annotated[str, Meta(min_length=1, max_length=55)]
    username: Annotated[str, Meta(min_length=1, max_length=128)]
    salt: Annotated[str, Meta(max_length=510)]
    verifier: Annotated[str, Meta(min_length=768, max_length=768)]

    def __repr__(self) -> str:
        return "SrpRecord(<secret>)"


class UserRecord(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A user. Times are epoch seconds. Without a `status` who has a password is CONFIRMED, others RESET_REQUIRED.

    `password_in` is the pool at AWS that still has the password of a pulled user: it follows at the first sign-in.
    """

    username: str
    sub: str | None = None
    status: Status | None = None
    enabled: bool = True
    attributes: dict[str, str] = {}
    groups: tuple[str, ...] = ()
    sms_mfa: bool = False
    password_hash: str | None = None
    srp: SrpRecord | None = None
    password_in: Annotated[str, Meta(max_length=55, pattern=r"^[\w-]+_[0-9a-zA-Z]+$")] | None = None
    temporary_until: _Seconds | None = None
    created: _Seconds | None = None


class _GroupLine(Struct, frozen=True, forbid_unknown_fields=True):
    group: GroupRecord


_group_decoder = msgspec.json.Decoder(_GroupLine)
_user_decoder = msgspec.json.Decoder(UserRecord)
_encoder = msgspec.json.Encoder()


def decode(line: bytes) -> GroupRecord | UserRecord:
    """`{"group": {...}}` is a group, any other object a user. Raises InvalidParameterException."""
    try:
        if line.lstrip().startswith(b'{"group":'):
            return _group_decoder.decode(line).group
        return _user_decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidParameterException(f"The line is not a user or a group: {error}") from None


def encode(record: GroupRecord | UserRecord) -> bytes:
    return _encoder.encode(_GroupLine(record) if isinstance(record, GroupRecord) else record)


def new_user(record: UserRecord) -> NewUser:
    """Raises InvalidParameterException."""
    held = _credential(record)
    return NewUser(
        username=record.username,
        sub=record.sub,
        status=record.status or ("RESET_REQUIRED" if held is None else "CONFIRMED"),
        enabled=record.enabled,
        attributes=record.attributes,
        groups=record.groups,
        sms_mfa=record.sms_mfa,
        credential=held,
        temporary_until=_microseconds(record.temporary_until),
        created=_microseconds(record.created),
        complete=False,
    )


def _credential(record: UserRecord) -> Credential | None:
    if sum(given is not None for given in (record.password_hash, record.srp, record.password_in)) > 1:
        raise InvalidParameterException("Of password_hash, srp and password_in only one can be given.")
    if record.password_in is not None:
        return Elsewhere(record.password_in)
    if record.password_hash is not None:
        try:
            password_hashes.parse(record.password_hash)
        except BadHash as error:
            raise InvalidParameterException(f"password_hash: {error}") from None
        return Hash(record.password_hash)
    return None if record.srp is None else MovedVerifier(_verifier(record.srp), record.srp.pool, record.srp.username)


def _verifier(record: SrpRecord) -> Verifier:
    try:
        salt, verifier = bytes.fromhex(record.salt), bytes.fromhex(record.verifier)
        found = Verifier.from_bytes(Verifier(salt, verifier).to_bytes())
    except ValueError:
        raise InvalidParameterException("srp: salt and verifier are not those of an SRP verifier.") from None
    if not 0 < int.from_bytes(verifier, "big") < N:
        raise InvalidParameterException("srp: the verifier is out of range.")
    return found


def of_group(group: Group) -> GroupRecord:
    return GroupRecord(
        name=group.name, description=group.description, role_arn=group.role_arn, precedence=group.precedence
    )


def of_user(vault: Vault, user: User, group_names: Sequence[str], *, sms_mfa: bool, hashes: bool) -> UserRecord:
    """`sms_mfa`: text messages are a second factor. With `hashes` the password goes along, no longer sealed; the name
    of the pool that still has it, which is no secret, always does.
    """
    found = credentials.unseal(vault, user)
    held = found if hashes else None
    return UserRecord(
        username=user.username,
        sub=user.sub,
        status=user.status,
        enabled=user.enabled == 1,
        attributes={name: value for name, value in users.attributes_of(user).items() if name not in _HIDDEN},
        groups=tuple(group_names),
        sms_mfa=sms_mfa,
        password_hash=held.text if isinstance(held, Hash) else None,
        srp=None if held is None or isinstance(held, Hash | Elsewhere) else _srp(user, held),
        password_in=found.pool_id if isinstance(found, Elsewhere) else None,
        temporary_until=None if user.temporary_until is None else user.temporary_until / _SECOND,
        created=user.created / _SECOND,
    )


def _srp(user: User, held: Verifier | MovedVerifier) -> SrpRecord:
    if isinstance(held, Verifier):
        held = MovedVerifier(held, srp.pool_name(user.pool_id), user.username)
    found = held.verifier
    return SrpRecord(pool=held.pool_name, username=held.username, salt=found.salt.hex(), verifier=found.verifier.hex())


def _microseconds(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * _SECOND)
