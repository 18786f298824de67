"""What was applied last is noted, and taken over by processes that have the same files."""

from operations.backend.world import manifest

from poolhouse.define.manifest import Function
from poolhouse.errors import ProjectError
from poolhouse.operations.backend import apply
from poolhouse.operations.backend.record import Following, recorded, sources_of

FUNCTION = Function(name="fn", entry="amplify/fn/handler.py")


async def noted(database):
    async with database.read() as tx:
        return await recorded(tx, "app")


async def test_what_is_applied_is_noted(services, database, clock):
    """The Manifest, the digests and the time; the same again is not noted anew."""
    wanted = manifest("ADMINS")
    await apply(services, wanted, sources={"fn": "1"})
    first = await noted(database)
    assert (first.manifest, first.sources, first.at) == (wanted, {"fn": "1"}, clock())
    clock.advance(seconds=5)
    await apply(services, wanted, sources={"fn": "1"})
    assert await noted(database) == first
    await apply(services, wanted, sources={"fn": "2"})
    assert (await noted(database)).at == first.at + 5_000_000


async def test_a_digest_follows_the_source(tmp_path):
    """Contents and names count; what the interpreter leaves behind does not."""
    folder = tmp_path / "amplify" / "fn"
    folder.mkdir(parents=True)
    (folder / "handler.py").write_text("one")
    wanted = manifest(functions=(FUNCTION,))
    first = sources_of(tmp_path, wanted)
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "handler.pyc").write_text("x")
    assert sources_of(tmp_path, wanted) == first
    (folder / "handler.py").write_text("two")
    assert sources_of(tmp_path, wanted) != first


async def test_the_same_files_follow(services, database, tmp_path):
    """Once, and not what this process applied itself."""
    wanted = manifest("ADMINS")
    following = Following(database, tmp_path, lambda _project: wanted)
    assert await following.news("app") is None
    await apply(services, wanted, sources=sources_of(tmp_path, wanted))
    assert await following.news("app") == wanted
    assert await following.news("app") is None
    await apply(services, wanted, sources={"fn": "2"})
    await following.see("app")
    assert await following.news("app") is None


async def test_other_files_do_not_follow_until_they_are_the_same(services, database, tmp_path):
    """Nor do broken ones. The files are read again when they have changed."""
    (tmp_path / "amplify").mkdir()
    wanted, own = manifest("ADMINS"), {"manifest": manifest("OTHERS")}
    following = Following(database, tmp_path, lambda _project: own["manifest"])
    await apply(services, wanted, sources=sources_of(tmp_path, wanted))
    assert await following.news("app") is None
    own["manifest"] = wanted
    assert await following.news("app") is None
    (tmp_path / "amplify" / "backend.py").write_text("x = 1\n")
    assert await following.news("app") == wanted


async def test_broken_files_do_not_follow(services, database, tmp_path):
    """A server goes on with what it has."""

    def broken(_project):
        raise ProjectError("x", resolution="y")

    await apply(services, manifest("ADMINS"))
    assert await Following(database, tmp_path, broken).news("app") is None
