"""Short forms of what the kit measures, on one small server."""

import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from bench import (
    admin_queries,  # noqa: F401 - registers its scenarios
    pages,
    running,
    scale,
    sign_in,  # noqa: F401 - registers its scenarios
)
from bench.__main__ import _options
from bench.children import ROOT, bare_uvicorn
from bench.load import Cpu, Load, Watched, figures, measure
from bench.scenarios import SCENARIOS, Scenario, again, asking
from bench.seed import TARGETS, Seeded
from bench.wire import WrongAnswer, call, get

MEMBERS = "SELECT count(*) FROM memberships m JOIN groups g ON g.id = m.group_id WHERE g.name = ?"
NO_CPU = Cpu(0.0, 0.0, 0.0, 0.0, 0.0)
LOAD = Load(callers=4, warm_up=0.05, seconds=0.15)
CHOSEN = (
    "admin-get-user",
    "list-users-in-group-deep",
    "list-users-walk",
    "mixed",
    "admin-create-user",
    "srp-sign-in",
    "refresh",
)


def options(*arguments):
    return replace(_options(arguments), seconds=LOAD.seconds)


async def test_scenarios_give_figures(site, people):
    """Answers of every chosen scenario are checked, and counted with their latencies and CPU time."""
    made, watched = site
    found = {}
    for name in CHOSEN:
        step = await SCENARIOS[name].prepare(made, people)
        found[name] = await measure([made.address], step, watched, LOAD)
    for name, got in found.items():
        assert got.answers > 0, name
        assert 0 < got.p50 <= got.p95 <= got.p99 < 5, name
        assert got.resident > 10_000_000, name
    assert sum(got.cpu.server for got in found.values()) > 0


async def test_wrong_answer_ends_a_scenario(site):
    made, watched = site
    step = asking(again([(made.call("AdminGetUser", Username=made.seeded.crowd[0]), b"somebody else")]))
    with pytest.raises(ExceptionGroup) as raised:
        await measure([made.address], step, watched, LOAD)
    assert raised.group_contains(WrongAnswer, match="somebody else")


async def test_peer_that_cannot_is_listed_with_its_error(site, people):
    """What it answers instead becomes part of the line, and the next scenario is tried."""
    made, watched = site

    async def refused(site, _people):
        return asking(again([(site.call("DescribeRiskConfiguration"), b"")]))

    own = Scenario("own", "Own", refused, 0.0, "lacks it", extra=False)
    scenarios = [own._replace(name="refused", title="Refused", own=""), own, SCENARIOS["admin-get-user"]]
    asked = replace(options("--callers", "2"), scenarios=scenarios)
    refusal, lacking, good = await running.measured(
        replace(made, name="peer"), people, [made.address], watched, asked, "peer 1"
    )
    assert refusal.figures is None
    assert "DescribeRiskConfiguration is not implemented" in refusal.error
    assert (lacking.figures, lacking.error) == (None, "lacks it")
    assert good.figures.answers > 0
    assert (good.error, good.subject, good.callers) == ("", "peer 1", 2)


async def test_bare_server_answers_and_transfers_a_page():
    with bare_uvicorn() as child:
        request = call(f"127.0.0.1:{child.port}", "AdminGetUser", {}, ROOT)
        paged = get(f"127.0.0.1:{child.port}", "/page/20000", {})
        step = asking(again([(request, b"bare"), (paged, b"x" * 20_000)]))
        got = await measure([child.address], step, Watched(servers=[child.process]), LOAD)
    assert got.answers > 10


async def test_walk_and_memberships_at_scale(site):
    """The listing counts everybody, and everybody is a member afterwards."""
    made, watched = site
    findings = scale.Findings()
    await scale.walk(made, len(made.seeded.crowd), findings)
    some = Seeded(made.seeded.pool_id, "", made.seeded.crowd[:30])
    await scale.join(replace(made, seeded=some), watched, (TARGETS[7], 30), findings)
    assert [row[0] for row in findings.rows] == ["ListUsers, all pages, one caller", "30 memberships, a request each"]
    answer = await scale.ask(made, made.call("ListUsersInGroup", GroupName=TARGETS[7], Limit=60))
    assert {user["Username"] for user in answer["Users"]} == set(some.crowd)


def test_memberships_by_a_file_are_made_in_a_copy(site, tmp_path):
    """The command is timed and has added everybody; the database itself, and the folder, are as they were."""
    made, _ = site
    database = f"sqlite:///{tmp_path / 'bench.db'}"
    with (
        closing(sqlite3.connect(made.database.removeprefix("sqlite:///"))) as source,
        closing(sqlite3.connect(tmp_path / "bench.db")) as copy,
    ):
        source.backup(copy)
    before, findings = sorted(tmp_path.iterdir()), scale.Findings()
    where = scale.Place(project=tmp_path, database=database, key=b"k" * 32)
    scale.join_by_file(where, tmp_path, made.seeded.crowd, findings)
    assert [row[0] for row in findings.rows] == [f"{len(made.seeded.crowd)} memberships by a file"]
    assert sorted(tmp_path.iterdir()) == before
    with closing(sqlite3.connect(tmp_path / "bench.db")) as kept:
        assert kept.execute(MEMBERS, (TARGETS[-2],)).fetchone() == (0,)
    with pytest.raises(RuntimeError, match="User does not exist"):
        scale.join_by_file(where, tmp_path, ["nobody"], findings)


def test_figures_without_cpu_give_no_verdict():
    """A measurement that is shorter than the machine counts CPU is told as that."""
    none = figures([0.1], 1.0, (NO_CPU, NO_CPU), 0)
    some = figures([0.1] * 2, 1.0, (NO_CPU, NO_CPU._replace(server=0.5)), 0)
    findings = scale.Findings()
    for before, after in ((none, some), (some, none)):
        scale.ratio("grew", before, after, 1.25, findings)
    assert {row[3] for row in findings.rows} == {""}
    assert findings.rows[0][1:3] == ("too short to tell the CPU, 1/s to 2/s", "x 1.25")
    scale.ratio("grew", some, some, 1.25, findings)
    assert findings.rows[-1][1:] == ("CPU x 1.00, 2/s to 2/s", "x 1.25", "reached")


async def test_listing_that_lacks_somebody_is_refused(site):
    made, _ = site
    with pytest.raises(RuntimeError, match="ListUsers gave"):
        await scale.walk(made, 1_000_000, scale.Findings())


def test_page_that_is_not_full_is_a_wrong_answer():
    assert pages.following(b'{"Users": [{}]}') is None
    with pytest.raises(WrongAnswer, match="a page of 1 users"):
        pages.following(b'{"Users": [{}], "PaginationToken": "t"}')


@pytest.mark.parametrize("given", [["--callers", "0"], ["--callers", "257"], ["--users", "50"], ["--processes", "2"]])
def test_impossible_options_are_refused(given, capsys):
    with pytest.raises(SystemExit):
        _options(given)
    assert "error:" in capsys.readouterr().err


def test_options_of_the_table():
    asked = _options(["--peers", "--callers", "1,256"])
    assert (asked.peers, asked.callers, asked.users) == ((), (1, 256), 1000)
    assert {"admin-get-user", "code-exchange", "guarded-mutation"} <= {one.name for one in asked.scenarios}
    assert "totp-sign-in" not in {one.name for one in asked.scenarios}
