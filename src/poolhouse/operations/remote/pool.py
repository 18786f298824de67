"""The pool at AWS that this server works in front of, and whose tokens it takes."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from poolhouse.access.delegation import Ranked, Rules
from poolhouse.access.resources import user_pool_arn
from poolhouse.config import Settings
from poolhouse.crypto import tokens
from poolhouse.crypto.tokens import BadToken
from poolhouse.define.manifest import ReferencedAuth
from poolhouse.errors import (
    AccessTokenExpired,
    AccessTokenRevoked,
    AwsUnreachable,
    InternalErrorException,
    InvalidAccessToken,
    ServiceError,
    SettingError,
)

from .aws import LIMITS, Aws, Limits
from .keys import Keys
from .members import Members, Use, username_of

_USES: Final[tuple[Use, ...]] = ("access", "id")


@dataclass(frozen=True, slots=True)
class RemoteBearer:
    """The holder of a good token. `groups` are those that he is in at AWS, as of a moment ago."""

    claims: Mapping[str, Any]
    token_use: Use
    groups: tuple[str, ...]


class RemotePool:
    """`rules` are those of its delegation; None delegates nothing. `changing` is held by what takes members away."""

    def __init__(
        self,
        reference: ReferencedAuth,
        settings: Settings,
        rules: Rules | None,
        clock: Callable[[], int],
        limits: Limits = LIMITS,
    ) -> None:
        self.reference = reference
        self.id = reference.user_pool_id
        self.rules = rules
        self.aws = Aws(reference.region, user_pool_arn(reference.region, settings.account_id, self.id), limits)
        self.members = Members(self.aws, self.id, settings.live_groups_seconds, clock)
        self.changing = asyncio.Lock()
        self._settings = settings
        self._clock = clock
        self._keys = Keys(self._fetched_keys, clock)

    async def open(self) -> None:
        """Nothing is sent. Raises SettingError where the AWS configuration leads back here."""
        await self.aws.open()
        own = {urlsplit(url).netloc for url in (self._settings.public_url, self._settings.inner_url) if url}
        if urlsplit(self.aws.endpoint_url).netloc in own:
            raise SettingError(
                f"The AWS configuration names this server itself, {self.aws.endpoint_url}, in the place of AWS, where "
                f"the user pool {self.id} of reference_auth() is.",
                resolution="Unset AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER for this server.",
            )

    @property
    def issuers(self) -> tuple[str, ...]:
        """The `iss` of its tokens. A server in the place of AWS may sign in its own name, or in that of AWS."""
        region = self.reference.region
        suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
        official = f"https://cognito-idp.{region}.{suffix}/{self.id}"
        return (f"{self.aws.endpoint_url}/{self.id}", official) if self.aws.is_elsewhere else (official,)

    @property
    def sign_in_url(self) -> str:
        """Where people sign in."""
        return self.issuers[0].rpartition("/")[0]

    async def bearer(self, token: str, *, live: bool) -> RemoteBearer:
        """The holder of an access or ID token of the referenced app client. With `live` AWS is asked whether it holds,
        and for his groups, a moment ago at most.

        Raises InvalidAccessToken, AccessTokenExpired, AccessTokenRevoked, AwsUnreachable.
        """
        claims, use = await self._verified(token)
        username = username_of(claims)
        if not live:
            return RemoteBearer(claims, use, ())
        groups = await self._groups(claims, use, token, username)
        return RemoteBearer(claims, use, tuple(group.name for group in groups))

    async def _groups(self, claims: Mapping[str, Any], use: Use, token: str, username: str) -> tuple[Ranked, ...]:
        """Of somebody whose token still holds. What cannot be learnt is this server's trouble, not a bad token."""
        standing, groups = self.members.require_standing(claims, use, token), self.members.groups(username)
        try:
            return (await asyncio.gather(standing, groups))[1]
        except (AccessTokenRevoked, InternalErrorException):
            raise
        except ServiceError as error:
            if error.code == "UserNotFoundException":
                raise AccessTokenRevoked from error
            raise AwsUnreachable(f"AWS did not say whether a token holds ({error.code}).") from error

    async def _verified(self, token: str) -> tuple[Mapping[str, Any], Use]:
        """The signature is judged last: nobody makes us fetch keys with a token that could never be good."""
        try:
            said = tokens.claims_unverified(token)
            use = self._use(said)
            claims = await self._keys.claims(token)
        except BadToken as error:
            raise InvalidAccessToken from error
        if self._use(claims) != use:
            raise InvalidAccessToken
        if not isinstance(claims.get("exp"), int) or claims["exp"] * 1_000_000 <= self._clock():
            raise AccessTokenExpired
        return claims, use

    def _use(self, claims: Mapping[str, Any]) -> Use:
        """What a token is for, if it is this pool's and this app client's."""
        use = next((use for use in _USES if claims.get("token_use") == use), None)
        audience = claims.get("client_id" if use == "access" else "aud")
        if (
            use is None
            or claims.get("iss") not in self.issuers
            or audience != self.reference.user_pool_client_id
            or not isinstance(claims.get("sub"), str)
        ):
            raise InvalidAccessToken
        return use

    async def _fetched_keys(self) -> bytes:
        return await self.aws.fetch(f"{self.issuers[0]}/.well-known/jwks.json")


class Remote:
    """The one pool that the applied definitions refer to; most have none."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self.pool: RemotePool | None = None
        self._limits = limits

    def of(self, pool_id: str) -> RemotePool | None:
        return self.pool if self.pool is not None and self.pool.id == pool_id else None

    async def refer(
        self, reference: ReferencedAuth | None, settings: Settings, rules: Rules | None, clock: Callable[[], int]
    ) -> None:
        """Work in front of this pool from now on; the connection to the same one is kept."""
        before = self.pool
        if before is not None and before.reference == reference:
            before.rules = rules
            return
        made = None if reference is None else RemotePool(reference, settings, rules, clock, self._limits)
        if made is not None:
            try:
                await made.open()
            except BaseException:
                made.aws.close()
                raise
        self.pool = made
        if before is not None:
            before.aws.close()

    def close(self) -> None:
        if self.pool is not None:
            self.pool.aws.close()
