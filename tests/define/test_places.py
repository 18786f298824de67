"""Places: which folder is the project, and how a file is shown."""

from poolhouse.define.places import Place


def test_the_innermost_amplify_folder_counts(tmp_path):
    """A folder above may have the same name."""
    file = tmp_path / "amplify" / "app" / "amplify" / "auth" / "resource.py"
    place = Place(str(file), 7)
    assert place.root == tmp_path / "amplify" / "app"
    assert str(place) == "amplify/auth/resource.py:7"


def test_a_folder_with_a_backend_is_preferred(tmp_path):
    """A folder named amplify inside of the definitions does not make another project."""
    (tmp_path / "amplify").mkdir()
    (tmp_path / "amplify" / "backend.py").touch()
    place = Place(str(tmp_path / "amplify" / "data" / "amplify" / "resource.py"), 1)
    assert place.root == tmp_path
    assert place.shown == "amplify/data/amplify/resource.py"


def test_outside_of_a_project_the_file_is_shown_as_it_is(tmp_path):
    place = Place(str(tmp_path / "script.py"), 2)
    assert place.root is None
    assert str(place) == f"{tmp_path}/script.py:2"
