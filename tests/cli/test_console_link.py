"""`poolhouse console-link`, and the link that the development server prints: each opens the console once."""

import re
import shutil
import signal

import httpx
from cli.command import run, started


def arguments(project, database):
    return ("console-link", "--project", str(project), "--database", database)


def opens(link: str, url: str) -> bool:
    """Whether somebody with the link gets in, as a browser does it."""
    with httpx.Client(base_url=url) as browser:
        page = browser.get(link)
        fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.text))
        entered = browser.post("/console/enter", data=fields)
        return entered.status_code == 303 and browser.get("/console", follow_redirects=True).status_code == 200


def test_links_open_the_console_once(project, database):
    """The one that is printed and one that is made, each its own; under a foreign name there is no console."""
    with started("dev", "--project", str(project), "--port", "0", "--database", database, cwd=project) as server:
        link = server.says(r"Console +(\S+)")[1]
        url = link.partition("/console/")[0]
        made = run(*arguments(project, database), cwd=project)
        assert (made.returncode, made.stdout.count("\n"), "Good once" in made.stderr) == (0, 1, True)
        assert made.stdout.startswith(f"{url}/console/enter?")
        for each in (link, made.stdout.strip()):
            assert opens(each, url)
            assert not opens(each, url)
        rebound = httpx.get(f"{url}/console", headers={"host": "evil.example"})
        assert rebound.status_code == 403


def test_a_server_that_does_not_run(project, tmp_path):
    """Neither one that ended nor one that was killed has a link; nor has the one of another database."""
    database = f"sqlite:///{tmp_path}/one.db"
    for number in (signal.SIGINT, signal.SIGKILL):
        with started("dev", "--project", str(project), "--port", "0", "--database", database, cwd=project) as server:
            server.says("is ready")
            shutil.copy(tmp_path / "one.db", tmp_path / "two.db")
            other = run(*arguments(project, f"sqlite:///{tmp_path}/two.db"), cwd=project)
            assert run(*arguments(project, database), cwd=project).returncode == 0
            server.end(number)
        made = run(*arguments(project, database), cwd=project)
        for each in (other, made):
            assert (each.returncode, each.stdout, "No development server" in each.stderr) == (1, "", True)
    given = {"POOLHOUSE_PUBLIC_URL": "https://id.example.com"}
    named = run(*arguments(project, database), cwd=project, given=given)
    assert named.stdout.startswith("https://id.example.com/console/enter?")
    told = run(*arguments(project, database), "--url", "https://other.example.com", cwd=project, given=given)
    assert told.stdout.startswith("https://other.example.com/console/enter?")


def test_mistakes_are_told(project):
    """A database that is not there, and an address that is none."""
    missing = run("console-link", "--project", str(project), "--database", "sqlite:///none.db", cwd=project)
    assert (missing.returncode, "There is no database" in missing.stderr) == (1, True)
    for url in ("example.com", "ftp://example.com", "https://example.com/path", "https://"):
        odd = run("console-link", "--project", str(project), "--url", url, cwd=project)
        assert (odd.returncode, "is not the address of a server" in odd.stderr) == (1, True)
        assert odd.stdout == ""
