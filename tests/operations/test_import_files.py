"""Files of users, in and out: nothing is lost on the way, and nothing else gets in."""

import asyncio
import csv
import io

import bcrypt
import msgspec
import pytest
from cases import each
from hypothesis import given, settings
from hypothesis import strategies as st
from operations.causes import by_command
from operations.stage import EMAIL, PASSWORD, Stage, build, refused, said

from poolhouse.crypto import srp
from poolhouse.errors import InvalidParameterException
from poolhouse.operations import (
    arrivals,
    credentials,
    exports,
    import_csv,
    import_files,
    password_storage,
    user_records,
)
from poolhouse.operations.credentials import Elsewhere, Hash, MovedVerifier
from poolhouse.operations.import_settling import Import
from poolhouse.operations.user_records import GroupRecord, SrpRecord, UserRecord
from poolhouse.store import groups, pools, users

BCRYPT = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
INCORRECT = ("NotAuthorized", "Incorrect username or password.")


@pytest.fixture
async def stage(services, invoke) -> Stage:
    return await build(services, invoke)


@pytest.fixture
async def other(services, invoke) -> Stage:
    """Another pool."""
    return await build(services, invoke, nth=1)


async def row_of(stage: Stage, name: str = EMAIL):
    async with stage.services.database.read() as tx:
        pool = await pools.get(tx, stage.pool)
        user = await users.find(tx, pool, name)
        return pool, user, [] if user is None else await groups.of_user(tx, user.id)


async def exported(stage: Stage, *, hashes: bool = True) -> bytes:
    """The pool as JSON Lines."""
    pool = (await row_of(stage))[0]
    records = [*await exports.every_group(stage.services, pool)]
    async for user, _ in exports.every_user(stage.services, pool, hashes=hashes):
        records.append(user)
    return b"\n".join(map(user_records.encode, records))


async def brought(stage: Stage, data: bytes | list, *, dry_run: bool = False) -> list[tuple[str, str]]:
    """What became of the lines of a file."""
    if isinstance(data, list):
        data = b"\n".join(map(msgspec.json.encode, data))
    pool = (await row_of(stage))[0]
    entries = import_files.json_entries([data])
    if dry_run:
        found = import_files.try_out(stage.services, pool, entries)
    else:
        found = import_files.bring_in(Import(stage.services, pool, by_command(pool)), entries)
    return [(row.outcome, row.message) async for row in found]


async def test_everything_comes_along(stage, other, clock):
    """Users, sub, status, attributes, groups, disabled ones, times; a second time all of them are there already."""
    await stage.person()
    await stage.sign_up("bob@example.com")
    await stage.admin("AdminCreateUser", Username="cy@example.com", MessageAction="SUPPRESS")
    await stage.admin("AdminDisableUser", Username="bob@example.com")
    await stage.group("ADMINS", 3, "arn:aws:iam::000000000000:role/admins")
    clock.advance(seconds=99)
    data = await exported(stage)
    assert {outcome for outcome, _ in await brought(other, data)} == {"Imported"}
    for name in (EMAIL, "bob@example.com", "cy@example.com"):
        (_, before, one), (_, after, two) = await row_of(stage, name), await row_of(other, name)
        kept = ("username", "sub", "status", "enabled", "attributes", "created", "temporary_until")
        assert [getattr(before, member) for member in kept] == [getattr(after, member) for member in kept]
        assert [(group.name, group.precedence, group.role_arn) for group in one] == [
            (group.name, group.precedence, group.role_arn) for group in two
        ]
    assert {outcome for outcome, _ in await brought(other, data)} == {"Skipped"}
    assert sorted((await exported(other)).splitlines()) == sorted(data.splitlines())


async def test_passwords_come_along(stage, other):
    """A verifier is bound to its pool's name: in another pool the plain password proves it once, then SRP works."""
    await stage.person()
    await brought(other, await exported(stage))
    assert said(await refused(other.srp())) == INCORRECT
    assert said(await refused(other.by_password(password="Wrong-Horse9"))) == INCORRECT
    again = await exported(other)
    assert again == await exported(stage)
    await other.tokens()
    assert "AuthenticationResult" in await other.srp()


async def test_verifier_in_its_own_pool(stage):
    """Deleted and brought back into the same pool, a user signs in with SRP at once."""
    await stage.person()
    data = await exported(stage)
    await stage.admin("AdminDeleteUser", Username=EMAIL)
    await brought(stage, data)
    assert "AuthenticationResult" in await stage.srp()


async def test_hashes_of_a_pool_come_along(stage, other):
    """argon2id from one pool to another one that keeps it: the hash itself goes on, byte by byte."""
    for pool in (stage, other):
        async with stage.services.database.write() as tx:
            await password_storage.change(tx, pool.pool, "argon2id", 1)
    await stage.person()
    await brought(other, await exported(stage))
    _, before, _ = await row_of(stage)
    await other.tokens()
    _, after, _ = await row_of(other)
    vault = stage.services.vault
    assert credentials.unseal(vault, before) == credentials.unseal(vault, after)


@pytest.mark.parametrize("hashes", [True, False])
async def test_a_password_that_follows_comes_along(stage, other, hashes):
    """A pulled user is one in the next pool too, invited or not: its migration function is asked for his password."""
    source = "eu-central-1_OldPool99"
    for name, status in ((EMAIL, "CONFIRMED"), ("bob@example.com", "FORCE_CHANGE_PASSWORD")):
        line = {"username": name, "attributes": {"email": name}, "status": status, "password_in": source}
        assert await brought(stage, [line]) == [("Imported", "The import succeeded.")]
    data = await exported(stage, hashes=hashes)
    assert {outcome for outcome, _ in await brought(other, data)} == {"Imported"}
    for name in (EMAIL, "bob@example.com"):
        (_, before, _), (_, after, _) = await row_of(stage, name), await row_of(other, name)
        assert credentials.unseal(other.services.vault, after) == Elsewhere(source)
        assert arrivals.is_awaited(other.services.vault, after)
        kept = ("sub", "status", "temporary_until", "created")
        assert [getattr(before, member) for member in kept] == [getattr(after, member) for member in kept]
    assert await exported(other, hashes=hashes) == data
    assert said(await refused(other.by_password())) == INCORRECT


@pytest.mark.parametrize(
    ("more", "told"),
    [({"password_hash": "$2b$12$x"}, "only one can be given"), ({"password_in": "no pool"}, "password_in")],
)
async def test_a_place_of_a_password_that_cannot_be(stage, more, told):
    line = {"username": EMAIL, "password_in": "eu-central-1_OldPool99", **more}
    ((outcome, message),) = await brought(stage, [line])
    assert (outcome, told in message) == ("Failed", True), message
    assert (await row_of(stage))[1] is None


async def test_without_hashes(stage, other):
    """The file holds no password; the user cannot sign in with one and is otherwise complete."""
    await stage.person()
    data = await exported(stage, hashes=False)
    assert b"srp" not in data
    assert b"hash" not in data
    await brought(other, data)
    assert said(await refused(other.by_password())) == INCORRECT
    assert (await other.user())["UserStatus"] == "CONFIRMED"


async def test_foreign_hash(stage):
    """A user of another system signs in with the password that he had there."""
    await brought(stage, [{"username": EMAIL, "password_hash": BCRYPT}])
    assert (await stage.user())["UserStatus"] == "CONFIRMED"
    assert "AccessToken" in await stage.tokens()
    assert "AuthenticationResult" in await stage.srp()


async def test_temporary_hash(stage, clock):
    """A hash of a password that has to be changed expires like one that was set here."""
    await brought(stage, [{"username": EMAIL, "password_hash": BCRYPT, "status": "FORCE_CHANGE_PASSWORD"}])
    assert (await stage.by_password())["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    clock.advance(seconds=8 * 86_400)
    assert "expired" in (await refused(stage.by_password())).message


@each(
    "line, words",
    [
        ({"username": "no email"}, "username"),
        ({"username": "ada"}, "should be an email"),
        ({"username": EMAIL, "attributes": {"sub": "x"}}, "sub"),
        ({"username": EMAIL, "attributes": {"identities": "[]"}}, "identities"),
        ({"username": EMAIL, "attributes": {"custom:no": "x"}}, "custom:no"),
        ({"username": EMAIL, "attributes": {"email": "eve@example.com"}}, "differs"),
        ({"username": EMAIL, "attributes": {"name": "a\0b"}}, "null character"),
        ({"username": EMAIL, "sub": "../../etc"}, "UUID"),
        ({"username": EMAIL, "status": "ARCHIVED"}, "ARCHIVED"),
        ({"username": EMAIL, "groups": ["NOPE"]}, "NOPE"),
        ({"username": EMAIL, "password_hash": "plain"}, "password_hash"),
        ({"username": EMAIL, "password_hash": BCRYPT.replace("$04", "$31")}, "password_hash"),
        ({"username": EMAIL, "password": PASSWORD}, "password"),
        ({"username": EMAIL, "created": -1}, "created"),
        ({"username": EMAIL, "sms_mfa": True}, "MFA"),
        ({"username": EMAIL, "srp": {"pool": "x", "username": "y", "salt": "", "verifier": "0" * 768}}, "srp"),
        ({"username": EMAIL, "srp": {"pool": "x", "username": "y", "salt": "ab", "verifier": "0" * 768}}, "range"),
        ({"username": EMAIL, "srp": {"pool": "x", "username": "y", "salt": "ab", "verifier": "f" * 768}}, "range"),
        ({"group": {"name": ""}}, "group"),
        ({"group": {"name": "a b"}}, "name"),
        ([], "line"),
        (7, "line"),
    ],
)
async def test_line_that_is_refused(stage, line, words):
    """It is told with a reason, in a dry run too, and leaves nothing behind."""
    for dry_run in (True, False):
        ((outcome, message),) = await brought(stage, [line], dry_run=dry_run)
        assert (outcome, words in message) == ("Failed", True), message
        assert PASSWORD not in message
    assert (await stage.admin("ListUsers"))["Users"] == []
    assert (await stage.admin("ListGroups"))["Groups"] == []


async def test_sub_of_somebody_else(stage):
    """Neither as a sub nor as a username can a line take what finds another user."""
    sub = await stage.person()
    lines = [
        {"username": "eve@example.com", "sub": sub},
        {"username": sub, "attributes": {"email": "eve@example.com"}},
        {"username": EMAIL},
    ]
    assert [outcome for outcome, _ in await brought(stage, lines)] == ["Skipped"] * 3
    assert len((await stage.admin("ListUsers"))["Users"]) == 1


async def test_dry_run(stage):
    """It says what would happen, duplicates and new groups in the file included, and writes nothing."""
    await stage.person()
    lines = [
        {"group": {"name": "NEW"}},
        {"username": "bob@example.com", "groups": ["NEW"]},
        {"username": "BOB@example.com"},
        {"username": EMAIL},
        {"group": {"name": "NEW"}},
    ]
    planned = [outcome for outcome, _ in await brought(stage, lines, dry_run=True)]
    assert planned == ["Imported", "Imported", "Skipped", "Skipped", "Skipped"]
    assert len((await stage.admin("ListUsers"))["Users"]) == 1
    assert (await stage.admin("ListGroups"))["Groups"] == []
    assert [outcome for outcome, _ in await brought(stage, lines)] == planned


async def test_csv_there_and_back(stage, other):
    """Who has a verified address comes back with the same sub and attributes, and has to reset the password."""
    await stage.person()
    attributes = [{"Name": "name", "Value": '=1+1, "x"\n\\y'}, {"Name": "email_verified", "Value": "true"}]
    await stage.admin("AdminUpdateUserAttributes", Username=EMAIL, UserAttributes=attributes)
    pool, before, _ = await row_of(stage)
    columns, text = import_csv.header(pool.settings), io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_NONE, escapechar="\\")
    writer.writerow(columns)
    async for user, _ in exports.every_user(stage.services, pool, hashes=False):
        cells = exports.csv_cells(columns, user)
        assert not any(cell[:1] in "=+-@\t\r" for cell in cells if cell)
        writer.writerow(cells)
    target = (await row_of(other))[0]
    entries = import_files.csv_entries(target, [text.getvalue().encode()])
    of = Import(stage.services, target, by_command(target))
    found = [row.outcome async for row in import_files.bring_in(of, entries)]
    _, after, _ = await row_of(other)
    assert (found, after.status, after.credential) == (["Imported"], "RESET_REQUIRED", None)
    assert (after.sub, after.username) == (before.sub, before.username)
    assert users.attributes_of(after) == users.attributes_of(before)


async def test_many_at_once(stage):
    """Lines are settled in their order and every one once."""
    lines = [{"username": f"u{number % 70}@example.com"} for number in range(100)]
    outcomes = [outcome for outcome, _ in await brought(stage, lines)]
    assert (outcomes.count("Imported"), outcomes.count("Skipped")) == (70, 30)
    again = await asyncio.gather(brought(stage, lines), brought(stage, lines))
    assert {outcome for found in again for outcome, _ in found} == {"Skipped"}


def test_long_line():
    """A line of many megabytes is refused; the next one is read."""
    data = b'{"username": "' + b"x" * 3_000_000 + b'"}\n{"username": "ada"}'
    found = list(import_files.json_entries([data[at : at + 65_536] for at in range(0, len(data), 65_536)]))
    assert [entry.line for entry in found if entry.found is None] == [1]
    assert found[1].found.username == "ada"


@settings(deadline=None)
@given(st.one_of(st.binary(max_size=60), st.text(max_size=60).map(str.encode)))
def test_any_line(data):
    """Any line is a user, a group, or a reason."""
    try:
        record = user_records.decode(data)
    except InvalidParameterException:
        return
    assert isinstance(record, GroupRecord | UserRecord)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
SRP = st.builds(
    SrpRecord,
    pool=TEXT,
    username=TEXT,
    salt=st.binary(min_size=1, max_size=32).map(bytes.hex),
    verifier=st.just(srp.make_verifier("p", "u", "pw", b"salt").verifier.hex()),
)


@given(st.builds(UserRecord, username=TEXT, attributes=st.dictionaries(TEXT, TEXT), srp=SRP, groups=st.tuples(TEXT)))
def test_what_is_written_is_read(record):
    """Every record comes back from its line; its verifier is kept with the names that it was made for."""
    assert user_records.decode(user_records.encode(record)) == record
    held = user_records.new_user(record).credential
    assert isinstance(held, MovedVerifier)
    assert (held.pool_name, held.username, held.verifier.salt.hex()) == (
        record.srp.pool,
        record.srp.username,
        record.srp.salt,
    )
    assert "secret" in repr(record.srp)
    assert "secret" in repr(held)
    assert "secret" in repr(Hash("x"))
