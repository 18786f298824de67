"""docs/rest-apis.md is true: its project runs, and answers as the page says."""

import re
from pathlib import Path

import pytest
from acceptance.world import World
from app.conftest import settings_for
from app.running import PASSWORD, serving

from poolhouse.client import Outputs, sign_in

PAGE = (Path(__file__).parents[4] / "docs" / "rest-apis.md").read_text(encoding="utf-8")
FILES = re.findall(r"```python\n# (amplify/\S+)\n(.*?)```", PAGE, re.DOTALL)
ANSWERS = re.findall(r"^GET http://127\.0\.0\.1:4500(\S+) +(\d+) (\{.*\})$", PAGE, re.MULTILINE)


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    for name, text in FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    with serving(settings_for(f"sqlite:///{folder}/test.db"), folder) as running:
        yield World(running)


def test_the_printed_answers(shop):
    """To the byte."""
    assert len(FILES) == 4
    assert len(ANSWERS) == 3
    for path, status, body in ANSWERS:
        answer = shop.running.http.get(path)
        assert (answer.status_code, answer.text) == (int(status), body)


@pytest.mark.parametrize(("groups", "status"), [((), 403), (("STAFF",), 200)])
def test_signed_in(shop, groups, status):
    """The function sees the caller's groups, and its grant lets it list users."""
    email = f"{status}@example.com"
    shop.running.person(email, *groups)
    session = sign_in(Outputs.read(shop.outputs, shop.running.url), email, PASSWORD, http=shop.running.http)
    url = shop.outputs["custom"]["API"]["shop"]["endpoint"]
    answer = shop.running.http.get(f"{url}/customers", headers={"authorization": session.access_token})
    assert answer.status_code == status
    assert answer.json() == {"message": "Only for staff."} or "CONFIRMED" in answer.json()
