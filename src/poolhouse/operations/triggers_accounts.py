"""The triggers around an account: what is said before it is made, and who is told that it is confirmed."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

import msgspec

from poolhouse.errors import InvalidLambdaResponseException
from poolhouse.operations.context import Services
from poolhouse.store.names import VERIFIABLE
from poolhouse.store.pools import Pool
from poolhouse.store.users import User

from . import triggers
from .usernames import NewName

Confirmation = Literal["PostConfirmation_ConfirmSignUp", "PostConfirmation_ConfirmForgotPassword"]


class SignedUp(NamedTuple):
    """The new user as the function leaves him, and whether he is confirmed without a code."""

    named: NewName
    is_confirmed: bool


class _Answer(msgspec.Struct, frozen=True):
    autoConfirmUser: bool | None = None  # noqa: N815 - AWS's members
    autoVerifyEmail: bool | None = None  # noqa: N815 - AWS's member
    autoVerifyPhone: bool | None = None  # noqa: N815 - AWS's member


async def pre_sign_up(
    services: Services,
    pool: Pool,
    named: NewName,
    *,
    client_id: str | None,
    validation: Mapping[str, str],
    metadata: Mapping[str, str] | None,
) -> SignedUp:
    """Without `client_id` an administrator makes the user, and the function may refuse him but verify nothing.

    Raises the errors of triggers.
    """
    if triggers.configured(pool, "PreSignUp") is None:
        return SignedUp(named, is_confirmed=False)
    answer = await triggers.run(
        services,
        pool,
        "PreSignUp",
        "PreSignUp_SignUp" if client_id else "PreSignUp_AdminCreateUser",
        client_id=client_id,
        username=named.username,
        request={
            "userAttributes": triggers.aliased(pool, named.attributes),
            "validationData": validation or None,
            "clientMetadata": metadata or {},
        },
        response={"autoConfirmUser": False, "autoVerifyEmail": False, "autoVerifyPhone": False},
    )
    try:
        said = msgspec.convert(answer, _Answer)
    except msgspec.ValidationError as error:
        raise InvalidLambdaResponseException(f"PreSignUp: unrecognizable lambda output: {error}") from error
    if client_id is None:
        return SignedUp(named, is_confirmed=False)
    return SignedUp(_verified(named, said), is_confirmed=bool(said.autoConfirmUser))


async def post_confirmation(
    services: Services,
    pool: Pool,
    user: User,
    source: Confirmation,
    *,
    client_id: str | None,
    metadata: Mapping[str, str] | None,
) -> None:
    """Behind the commit: what the function refuses stays confirmed. Raises the errors of triggers."""
    if triggers.configured(pool, "PostConfirmation") is None:
        return
    await triggers.run(
        services,
        pool,
        "PostConfirmation",
        source,
        client_id=client_id,
        username=user.username,
        request={"userAttributes": triggers.attributes(pool, user), "clientMetadata": metadata or {}},
        response={},
    )


def _verified(named: NewName, said: _Answer) -> NewName:
    """Raises InvalidLambdaResponseException for a contact to verify that the user does not have."""
    after = dict(named.attributes)
    for contact, member in (("email", "autoVerifyEmail"), ("phone_number", "autoVerifyPhone")):
        verifies = getattr(said, member)
        if verifies and not after.get(contact):
            raise InvalidLambdaResponseException(f"PreSignUp: {member} is true, but the user has no {contact}.")
        if verifies:
            after[VERIFIABLE[contact]] = "true"
    return named._replace(attributes=after)
