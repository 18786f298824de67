"""Execution, progress, failures with their cause first, and what follows an interruption."""

import pytest
from emulator.faults import Cut, Refusal

from poolhouse.deploy.push import following, run, stacks
from poolhouse.errors import AwsError, PushFailed, PushRefused

BUSY = Refusal(400, "Throttling", "Rate exceeded")


def broken(template):
    """A client for a pool that does not exist: its creation fails."""
    template["Resources"]["Broken"] = {
        "Type": "AWS::Cognito::UserPoolClient",
        "Properties": {"UserPoolId": "eu-central-1_nobody"},
    }
    return template


def test_progress_is_told_by_resource(world, template):
    """Each once, in the order in which it happened."""
    stack = world.push(template)
    assert stack.status == "CREATE_COMPLETE"
    assert world.told[0] == "CREATE_IN_PROGRESS shop-dev"
    assert world.told[-1] == "CREATE_COMPLETE shop-dev"
    assert len(world.told) == len(set(world.told)) == 2 * len(template["Resources"]) + 2


def test_busy_answers_and_cut_lines_are_waited_out(world, template, faults):
    """Throttling, then a connection that ends without an answer: nothing is missed or told twice."""

    def before(action: str, count: int) -> Refusal | None:
        if action == "DescribeStackEvents" and count == 2:
            return BUSY
        if action == "DescribeStackEvents" and count == 3:
            raise Cut
        return None

    faults.before = before
    world.push(template)
    assert len(world.told) == len(set(world.told)) == 2 * len(template["Resources"]) + 2


def test_a_failure_begins_with_its_cause(world, template):
    """Resource, type and reason are the first words; then what became of the stack."""
    world.push(template)
    with pytest.raises(PushFailed) as caught:
        world.push(broken(template))
    assert caught.value.message.startswith("Broken (AWS::Cognito::UserPoolClient) could not be")
    assert "eu-central-1_nobody does not exist" in caught.value.message
    assert caught.value.resolution == "Everything is as it was before. Mend it and push again."
    assert "Broken" not in stacks.resources(world.account, world.name)


def event(logical_id: str, status: str, reason: str = "", *, is_stack: bool = False) -> following.Event:
    return following.Event(f"{logical_id}-{status}", logical_id, "AWS::X::Y", status, reason, "", is_stack)


def test_the_cause_is_no_consequence():
    """CloudFormation cancels what runs beside a failure, sometimes before it tells of it; the stack repeats it all."""
    ending = following.Ending(
        "UPDATE_ROLLBACK_COMPLETE",
        (
            event("A", "CREATE_FAILED", "Resource creation cancelled"),
            event("B", "UPDATE_FAILED", "Resource update cancelled"),
            event("C", "CREATE_FAILED", "The domain is taken."),
            event("shop-dev", "UPDATE_FAILED", "The following resource(s) failed: [A, B, C]", is_stack=True),
        ),
    )
    assert ending.cause.logical_id == "C"
    told = following.failure(ending, "The push").message
    assert (
        told
        == "C (AWS::X::Y) could not be created: The domain is taken. 2 other resources were given up because of it."
    )


def test_a_missing_permission_is_named_in_a_failure():
    """The person needs it, since CloudFormation acts with the pushing person's permissions."""
    reason = (
        "User: arn:aws:iam::1:user/x is not authorized to perform: iam:CreateRole on resource: arn:aws:iam::1:role/y"
    )
    ending = following.Ending("ROLLBACK_COMPLETE", (event("Role", "CREATE_FAILED", reason),))
    resolution = following.failure(ending, "The push").resolution
    assert resolution.startswith("Allow iam:CreateRole on arn:aws:iam::1:role/y.")


def test_a_failed_first_push_is_removed_and_made_anew(world, template):
    """Nothing can become of a stack whose creation was rolled back."""
    with pytest.raises(PushFailed, match="Broken"):
        world.push(broken(template))
    stack = stacks.find(world.account, world.name)
    assert (stack.status, stack.state) == ("ROLLBACK_COMPLETE", "never-created")
    run.remove(world.account, stack, world.tell)
    assert stacks.find(world.account, world.name) is None
    del template["Resources"]["Broken"]
    assert world.push(template).status == "CREATE_COMPLETE"


def test_following_takes_up_what_an_earlier_push_began(world, template):
    """All of the last operation, and nothing before it."""
    world.push(template)
    template["Resources"]["Log"] = {"Type": "AWS::Logs::LogGroup"}
    world.push(template)
    world.told.clear()
    stack = stacks.find(world.account, world.name)
    assert run.resume(world.account, stack, world.tell).status == "UPDATE_COMPLETE"
    assert world.told[0] == "UPDATE_IN_PROGRESS shop-dev"
    assert "CREATE_COMPLETE UserPool" not in world.told
    assert world.told[-1] == "UPDATE_COMPLETE shop-dev"


def test_a_resumed_push_tells_why_it_failed(world, template):
    """As if nobody had interrupted it."""
    world.push(template)
    with pytest.raises(PushFailed):
        world.push(broken(template))
    with pytest.raises(PushFailed, match=r"^Broken"):
        run.resume(world.account, stacks.find(world.account, world.name), world.tell)


def test_a_plan_that_somebody_overtook_is_not_carried_out(world, template):
    """Their change made ours void; nothing of ours happens."""
    world.push(template)
    template["Resources"]["Log"] = {"Type": "AWS::Logs::LogGroup"}
    mine = world.propose(template)
    template["Resources"]["Other"] = {"Type": "AWS::Logs::LogGroup"}
    world.push(template)
    with pytest.raises(PushRefused, match="changed by somebody else"):
        run.execute(world.account, mine, world.tell)
    assert "Other" in stacks.resources(world.account, world.name)


def test_a_line_that_stays_cut_says_that_the_stack_goes_on(world, template, faults):
    """And how to follow it again."""
    world.push(template)

    def before(action: str, _count: int) -> None:
        if action == "DescribeStackEvents":
            raise Cut

    faults.before = before
    with pytest.raises(AwsError, match="could not be reached") as caught:
        run.resume(world.account, stacks.find(world.account, world.name), world.tell)
    assert "the same command follows it again" in caught.value.resolution


def test_a_failed_rollback_is_continued(world, template, faults):
    """The emulator's rollbacks do not fail by themselves: the proxy tells the state, the operation is its own."""
    stack = world.push(template)
    with pytest.raises(PushRefused, match="no failed rollback"):
        run.continue_rollback(world.account, stack, (), world.tell)
    faults.after = lambda action, text: (
        text.replace("UPDATE_COMPLETE<", "UPDATE_ROLLBACK_FAILED<").replace(
            "CREATE_COMPLETE<", "UPDATE_ROLLBACK_FAILED<"
        )
        if action == "DescribeStacks"
        else text
    )
    broken_stack = stacks.find(world.account, world.name)
    assert broken_stack.state == "half-rolled-back"
    with pytest.raises(AwsError, match="ContinueUpdateRollback"):
        run.continue_rollback(world.account, broken_stack, ["Log"], world.tell)


def test_protection_keeps_a_stack(world, template):
    """On, the stack cannot be deleted; off, it can."""
    stack = world.push(template)
    run.protect(world.account, stack, on=True)
    protected = stacks.find(world.account, world.name)
    assert protected.is_protected
    with pytest.raises(AwsError, match="TerminationProtection"):
        run.remove(world.account, protected, world.tell)
    assert stacks.find(world.account, world.name).status == "CREATE_COMPLETE"
    run.protect(world.account, protected, on=False)
    run.remove(world.account, protected, world.tell)
    assert stacks.find(world.account, world.name) is None
