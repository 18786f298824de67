"""The plain-data template: what it refuses, and how its parts are written."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poolhouse.deploy.template import MOST_RESOURCES, Resource, Template, arn, encode, join, sub
from poolhouse.errors import DefinitionError


@pytest.mark.parametrize("taken", ["One", "P", "no-hyphens", ""])
def test_an_id_is_given_once(taken):
    """Resources and parameters are one namespace, as `Ref` sees them; a second of a name would hide the first."""
    template = Template("")
    template.resource("One", "AWS::IAM::Role")
    template.parameter("P")
    with pytest.raises(DefinitionError, match="taken or malformed"):
        template.resource(taken, "AWS::IAM::Role")
    assert list(template.document()["Resources"]) == ["One"]


def test_outputs_are_a_namespace_of_their_own():
    template = Template("")
    template.resource("One", "AWS::IAM::Role")
    assert template.output("One", sub("${One.Arn}")) == "One"
    with pytest.raises(DefinitionError):
        template.output("One", "again")


def test_a_resource_says_only_what_is_said():
    """Replacement keeps what deletion keeps."""
    resource = Resource(logical_id="A", type="T", depends_on=("C", "B"), deletion_policy="Retain")
    assert resource.document() == {
        "Type": "T",
        "DependsOn": ["B", "C"],
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
    }
    assert Resource(logical_id="A", type="T").document() == {"Type": "T"}


def test_more_resources_than_a_stack_holds_are_refused():
    template = Template("")
    for number in range(MOST_RESOURCES + 1):
        template.resource(f"R{number}", "AWS::IAM::Role")
    with pytest.raises(DefinitionError, match="501 resources"):
        template.document()


def test_intrinsic_functions_are_written_as_cloudformation_reads_them():
    assert sub("plain") == {"Fn::Sub": "plain"}
    assert sub("${X}", X=1) == {"Fn::Sub": ["${X}", {"X": 1}]}
    assert join("/", ("a", "b")) == {"Fn::Join": ["/", ["a", "b"]]}
    assert arn("sns", "topic") == {"Fn::Sub": "arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:topic"}


@settings(deadline=None)
@given(st.dictionaries(st.text(), st.text() | st.integers() | st.lists(st.text())))
def test_equal_templates_are_equal_bytes(document):
    assert encode(document) == encode(dict(reversed(document.items())))
