"""The benchmark kit, which lies beside the package, and one server that the short forms of its pieces share."""

import asyncio
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))  # `python -m bench` is run from there

USERS = 150


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A seeded server, with the process that is watched."""
    from bench import children
    from bench.load import Watched
    from bench.people import Site
    from bench.seed import seed

    folder = tmp_path_factory.mktemp("bench")
    project, url = children.project(folder), f"sqlite:///{folder / 'bench.db'}"
    with children.poolhouse(project, url, b"k" * 32) as child:
        seeded = asyncio.run(seed(url, USERS))
        made = Site(address=child.address, root=children.ROOT, seeded=seeded, span=0.5, database=url)
        yield made, Watched(servers=[child.process])


@pytest.fixture(scope="module")
def people(site):
    """Users who sign in."""
    from bench.people import create_people

    return asyncio.run(create_people(site[0]))
