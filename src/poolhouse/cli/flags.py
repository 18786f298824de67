"""The flags of `add auth` and `update auth`, for scripts: each says what a question would ask."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final, Literal

from poolhouse.cli.answers import LOGIN, Admin, SignIn, Wanted, checked_group
from poolhouse.cli.editing import Keys
from poolhouse.cli.editing_source import REMOVED
from poolhouse.errors import UserError

Mode = Literal["off", "optional", "on"]
_MODES: Final[dict[Mode, str]] = {"off": "OFF", "optional": "OPTIONAL", "on": "REQUIRED"}
ADD_FLAGS: Final = (
    "Say it with flags, for example: poolhouse add auth --pool-group Admins --pool-group Editors --admin-group Admins "
    "--yes. Others: --sign-in, --everyone, --mfa, --callback-url, --logout-url; --headless reads JSON."
)
UPDATE_FLAGS: Final = (
    "Say it with flags, for example: poolhouse update auth --admin-group Editors --yes. Others: --everyone, "
    "--no-admin-queries, --pool-group, --without-group, --mfa, --callback-url, --logout-url; --headless reads JSON."
)


@dataclass(frozen=True, kw_only=True)
class Flags:
    """What was given; the rest is None or empty."""

    name: str | None = None
    sign_in: SignIn | None = None
    pool_groups: Sequence[str] = ()
    without_groups: Sequence[str] = ()
    admin_groups: Sequence[str] = ()
    everyone: bool = False
    no_admin_queries: bool = False
    assignable_groups: str | None = None
    extra_routes: Sequence[str] = ()
    filter_users: bool | None = None
    live_groups: bool | None = None
    protect_stronger_users: bool | None = None
    protected_groups: Sequence[str] = ()
    mfa: Mode | None = None
    mfa_types: Sequence[str] = ()
    callback_urls: Sequence[str] = ()
    logout_urls: Sequence[str] = ()

    def __bool__(self) -> bool:
        return any(getattr(self, one.name) not in (None, False, (), []) for one in fields(self)) or any(
            value is False for value in (self.filter_users, self.live_groups, self.protect_stronger_users)
        )


def new(flags: Flags) -> Wanted:
    """What `add auth` was asked for. Without a word about the API there is none."""
    groups = list(dict.fromkeys(checked_group(name) for name in flags.pool_groups))
    changes: dict[Keys, object] = {("name",): flags.name} if flags.name else {}
    changes["login_with",] = dict(LOGIN[flags.sign_in or "email"])
    return Wanted(changes | _changes(flags), groups, _admin(flags, groups, None))


def changed(flags: Flags, groups: Sequence[str], before: Admin | None) -> Wanted:
    """What `update auth` was asked for: groups that are named are added to those of the pool."""
    if unknown := [name for name in flags.without_groups if name not in groups]:
        raise UserError(
            f"There is no group {unknown[0]!r}.", resolution=f"The pool has: {', '.join(groups) or 'none'}."
        )
    wanted = [name for name in groups if name not in flags.without_groups]
    wanted += [checked_group(name, groups) for name in flags.pool_groups if name not in wanted]
    said = bool(flags.pool_groups or flags.without_groups)
    admin = _admin(flags, wanted, before)
    return Wanted(_changes(flags), wanted if said else None, admin, without_admin=flags.no_admin_queries)


def _changes(flags: Flags) -> dict[Keys, object]:
    found: dict[Keys, object] = {}
    if flags.mfa is None and flags.mfa_types:
        raise UserError("--mfa-type says which factors, and --mfa is missing.", resolution="Add --mfa optional.")
    if flags.mfa == "off":
        found["multifactor",] = REMOVED
    elif flags.mfa is not None:
        factors: dict[str, object] = dict.fromkeys(flags.mfa_types or ("totp",), True)
        found["multifactor",] = {"mode": _MODES[flags.mfa], **factors}
    for name, urls in (("callback_urls", flags.callback_urls), ("logout_urls", flags.logout_urls)):
        if urls:
            found["login_with", "external_providers", name] = list(urls)
    return found


def _admin(flags: Flags, groups: Sequence[str], before: Admin | None) -> Admin | None:
    options = _options(flags)
    if flags.everyone and flags.admin_groups:
        raise UserError("--everyone and --admin-group exclude each other.", resolution="Keep one of them.")
    if flags.no_admin_queries:
        if flags.everyone or flags.admin_groups or options:
            raise UserError("--no-admin-queries takes the API away.", resolution="Leave the API's other flags out.")
        return None
    if flags.everyone:
        return Admin(None, options)
    if flags.admin_groups:
        return Admin(tuple(dict.fromkeys(checked_group(name, groups) for name in flags.admin_groups)), options)
    if options and before is None:
        raise UserError(
            "Nothing says who may call the admin queries API.", resolution="Add --admin-group or --everyone."
        )
    return Admin(before.groups, options) if options and before is not None else None


def _options(flags: Flags) -> dict[str, object]:
    found: dict[str, object] = {}
    if flags.assignable_groups is not None:
        words: dict[str, object] = {"any": REMOVED, "below": True}
        listed = [name.strip() for name in flags.assignable_groups.split(",") if name.strip()]
        found["assignable_groups"] = words.get(flags.assignable_groups, listed)
    if flags.extra_routes:
        found["extra_routes"] = list(flags.extra_routes)
    if flags.protected_groups:
        found["protected_groups"] = list(flags.protected_groups)
    for name in ("filter_users", "live_groups"):
        if (value := getattr(flags, name)) is not None:
            found[name] = True if value else REMOVED
    if flags.protect_stronger_users is not None:
        found["protect_stronger_users"] = flags.protect_stronger_users
    return found
