"""Changes of files: tried out first, shown, and made all or none."""

import os
import signal

import pytest

from poolhouse.cli.drafts import Draft
from poolhouse.errors import DefinitionError, ProjectError

AUTH = "amplify/auth/resource.py"


def test_what_does_not_work_is_told_before_it_is_written(project):
    """The rehearsal raises what the definitions raise, and the files are as they were."""
    before = (project / AUTH).read_text()
    draft = Draft(project)
    draft.put(AUTH, before.replace('["ADMINS"]', '["OTHERS"]'))
    with pytest.raises(DefinitionError, match="ADMINS"):
        draft.rehearse()
    assert (project / AUTH).read_text() == before


def test_a_rehearsal_sees_what_lies_beside_the_folder(project):
    """Definitions may import the project's other modules."""
    (project / "names.py").write_text("GROUPS = ['ADMINS', 'MORE']\n")
    draft = Draft(project)
    text = (project / AUTH).read_text().replace('groups=["ADMINS"]', "groups=GROUPS")
    draft.put(AUTH, f"from names import GROUPS\n{text}")
    assert [group.name for group in draft.rehearse().auth.groups] == ["ADMINS", "MORE"]


def test_a_file_that_changed_meanwhile_is_not_overwritten(tmp_path):
    """The editor of the user was faster."""
    (tmp_path / "a.txt").write_text("one\n")
    draft = Draft(tmp_path)
    draft.put("a.txt", "two\n")
    (tmp_path / "a.txt").write_text("three\n")
    with pytest.raises(ProjectError, match="changed while"):
        draft.write()
    assert (tmp_path / "a.txt").read_text() == "three\n"


def test_a_failure_takes_everything_back(tmp_path):
    """The second file cannot be written: the first is as before, and nothing new is left."""
    (tmp_path / "a.txt").write_text("one\n")
    draft = Draft(tmp_path)
    draft.put("a.txt", "two\n")
    draft.put("b/c.txt", "new\n")
    (tmp_path / "b").write_text("a file where a folder is needed")
    with pytest.raises(ProjectError, match="nothing was changed"):
        draft.write()
    assert (tmp_path / "a.txt").read_text() == "one\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.txt", "b"]


def test_an_interrupt_waits_for_the_last_file(tmp_path):
    """Ctrl-C while files are written comes through when all of them are."""

    class Interrupting(str):
        __slots__ = ()

        def encode(self, *arguments: str) -> bytes:
            os.kill(os.getpid(), signal.SIGINT)
            return super().encode(*arguments)

    draft = Draft(tmp_path)
    draft.put("a.txt", "one")
    draft.put("b.txt", "two")
    list(draft._changed())
    draft._after["a.txt"] = Interrupting("one")
    paths = ["a.txt", "b.txt"]
    with pytest.raises(KeyboardInterrupt):
        _write(draft, paths)
    assert [(tmp_path / path).read_text() for path in paths] == ["one", "two"]


def _write(draft: Draft, paths: list[str]) -> None:
    from poolhouse.cli.drafts import _make, _undisturbed

    with _undisturbed():
        for path in paths:
            _make(draft.project / path, draft._after[path])


def test_the_diff_shows_lines_and_names_what_is_long(tmp_path, capsys):
    """A unified diff; files that are only listed say how long they are."""
    (tmp_path / "a.txt").write_text("one\ntwo\n")
    draft = Draft(tmp_path)
    draft.put("a.txt", "one\nthree\n")
    draft.put("long.py", "x\n" * 90, listed=True)
    draft.show()
    shown = capsys.readouterr().out
    assert "--- a.txt\n+++ a.txt\n" in shown
    assert "-two\n+three\n" in shown
    assert "+ long.py (90 lines)" in shown


def test_empty_folders_go_with_their_last_file(tmp_path):
    """But not the folder amplify/ itself."""
    (tmp_path / "amplify" / "auth").mkdir(parents=True)
    (tmp_path / AUTH).write_text("x = 1\n")
    draft = Draft(tmp_path)
    draft.remove(AUTH)
    draft.write()
    assert list((tmp_path / "amplify").iterdir()) == []


def test_modes_and_links_stay(tmp_path):
    """An edited file keeps its mode, and a link stays a link."""
    (tmp_path / "real.txt").write_text("one")
    (tmp_path / "real.txt").chmod(0o640)
    (tmp_path / "link.txt").symlink_to("real.txt")
    draft = Draft(tmp_path)
    draft.put("link.txt", "two")
    draft.write()
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_text() == "two"
    assert (tmp_path / "real.txt").stat().st_mode & 0o777 == 0o640
