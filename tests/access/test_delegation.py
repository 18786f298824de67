"""What rules allow, decided over groups; and that no sequence of allowed operations makes anybody stronger."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poolhouse.access.delegation import WEAKEST, OwnAuthority, Question, Ranked, Rules, decide, permitted, strength
from poolhouse.define.delegable import CHANGES_GROUP, DELEGABLE, MEMBERSHIP, ON_USER
from poolhouse.define.manifest import Delegate, Delegation

RANKS = {"ADMINS": 0, "LEADS": 1, "SUPPORT": 2, "CUSTOMERS": 3, "PLAIN": None}
ALL = tuple(sorted(DELEGABLE))
SHOWN = 'allow.group("LEADS").to(["manageUsers"])'


def ranked(*names: str) -> tuple[Ranked, ...]:
    return tuple(Ranked(name, RANKS[name]) for name in names)


def rule(group: str, *operations: str, **narrowed: tuple[str, ...]) -> Delegate:
    return Delegate(group=group, names=("manageUsers",), operations=operations or ALL, **narrowed)


def rules(*delegates: Delegate, protected: tuple[str, ...] = ("ADMINS",), **more: object) -> Rules:
    return Rules(Delegation(delegates=delegates, protected=protected), tuple(RANKS), **more)


def ask(made: Rules, operation: str, person: tuple[Ranked, ...], **facts: object) -> str | None:
    """None when it is allowed, else why not."""
    verdict = decide(made, Question(operation=operation, person=person, **facts))
    return None if verdict.allowed else verdict.text


def test_an_allowed_operation_names_its_rule():
    verdict = decide(rules(rule("LEADS")), Question(operation="AdminGetUser", person=ranked("LEADS"), target=()))
    assert verdict == (True, SHOWN)


@pytest.mark.parametrize("operation", sorted(ON_USER))
def test_users_by_strength(operation: str):
    """Weaker and equal users may be acted on, stronger ones may not; without a group everybody is weakest."""
    made = rules(rule("LEADS"), protected=())
    group = {"group": ranked("CUSTOMERS")[0], "group_name": "CUSTOMERS"} if operation in MEMBERSHIP else {}
    for target in ((), ranked("SUPPORT"), ranked("LEADS"), ranked("PLAIN")):
        assert ask(made, operation, ranked("LEADS"), target=target, **group) is None
    told = ask(made, operation, ranked("LEADS"), target=ranked("CUSTOMERS", "ADMINS"), **group)
    assert told == (
        f"Members of LEADS may not perform {operation} on a member of ADMINS, which outranks their own groups."
    )


@pytest.mark.parametrize(
    ("operation", "told"),
    [
        ("AdminAddUserToGroup", "put users into ADMINS, which outranks their own groups"),
        ("AdminRemoveUserFromGroup", "take users out of ADMINS, which outranks their own groups"),
        ("UpdateGroup", "change ADMINS, which outranks their own groups"),
        ("DeleteGroup", "delete ADMINS, which outranks their own groups"),
        ("ListUsersInGroup", "list the members of ADMINS, which outranks their own groups"),
    ],
)
def test_groups_by_strength(operation: str, told: str):
    made = rules(rule("SUPPORT"), protected=())
    facts = {"target": (), "group_name": "ADMINS", "group": ranked("ADMINS")[0]}
    assert ask(made, operation, ranked("SUPPORT"), **facts) == f"Members of SUPPORT may not {told}."
    own = {"target": (), "group_name": "SUPPORT", "group": ranked("SUPPORT")[0]}
    assert ask(made, operation, ranked("SUPPORT"), **own) is None


@pytest.mark.parametrize(
    ("operation", "facts", "told"),
    [
        ("CreateGroup", {"group_name": "x", "precedence": 1}, "give a group the precedence 1, which outranks"),
        ("UpdateGroup", {"group_name": "x", "precedence": 0}, "give a group the precedence 0, which outranks"),
        ("CreateGroup", {"group_name": "x", "sets_role": True}, "give a group an IAM role"),
        ("UpdateGroup", {"group_name": "x", "sets_role": True}, "give a group an IAM role"),
        ("CreateGroup", {"group_name": "LEADS"}, "create LEADS: the name belongs to the definitions"),
        ("AdminCreateUser", {"forces_alias": True}, "take a sign-in name from one user for another"),
        ("DeleteGroup", {"group_name": "SUPPORT"}, "delete SUPPORT, which is protected"),
        ("DeleteGroup", {"group_name": "CUSTOMERS", "stronger_member": True}, "delete CUSTOMERS: one of its members"),
        ("AdminDisableUser", {"target": (), "last_of": ("SUPPORT",)}, "on the last enabled member of SUPPORT"),
        ("AdminDeleteUser", {"target": (), "last_of": ("SUPPORT",)}, "on the last enabled member of SUPPORT"),
        ("AdminRemoveUserFromGroup", {"target": (), "last_of": ("SUPPORT",)}, "on the last enabled member of SUPPORT"),
    ],
)
def test_what_no_rule_can_allow(operation: str, facts: dict, told: str):
    made = rules(rule("SUPPORT"), protected=("SUPPORT",))
    refused = ask(made, operation, ranked("SUPPORT"), **facts)
    assert refused is not None
    assert refused.startswith(f"Members of SUPPORT may not {'perform ' + operation + ' ' if 'on the' in told else ''}")
    assert told in refused


def test_members_of():
    """Users outside of the circle, and users whom nobody knows, are out of reach; so are other groups' lists."""
    made = rules(rule("SUPPORT", members_of=("CUSTOMERS", "PLAIN")))
    assert ask(made, "AdminGetUser", ranked("SUPPORT"), target=ranked("CUSTOMERS")) is None
    for target in ((), None, ranked("SUPPORT")):
        told = ask(made, "AdminGetUser", ranked("SUPPORT"), target=target)
        assert told is not None
        assert told.endswith("perform AdminGetUser on a user who is not a member of CUSTOMERS or PLAIN.")
    assert ask(made, "ListUsersInGroup", ranked("SUPPORT"), group_name="CUSTOMERS") is None
    assert "another group than CUSTOMERS or PLAIN" in ask(made, "ListUsersInGroup", ranked("SUPPORT"), group_name="X")


def test_a_new_user_is_in_no_circle():
    """Making one is not acting on one; inviting an existing user again is."""
    made = rules(rule("SUPPORT", members_of=("CUSTOMERS",)))
    assert ask(made, "AdminCreateUser", ranked("SUPPORT")) is None
    assert ask(made, "AdminCreateUser", ranked("SUPPORT"), target=()) is not None


@pytest.mark.parametrize("operation", sorted(MEMBERSHIP | CHANGES_GROUP - {"CreateGroup"}))
def test_assigns(operation: str):
    made = rules(rule("SUPPORT", assigns=("CUSTOMERS",)), protected=())
    assert ask(made, operation, ranked("SUPPORT"), target=(), group_name="CUSTOMERS") is None
    told = ask(made, operation, ranked("SUPPORT"), target=(), group_name="PLAIN")
    assert told is not None
    assert told.endswith("another group than CUSTOMERS.")


def test_one_rule_of_several_is_enough():
    """The rules of all groups of the person count; the refusal is that of his strongest group."""
    made = rules(
        rule("LEADS", "AdminGetUser", members_of=("SUPPORT",)), rule("SUPPORT", "AdminGetUser", members_of=("PLAIN",))
    )
    both = ranked("SUPPORT", "LEADS")
    assert ask(made, "AdminGetUser", both, target=ranked("PLAIN")) is None
    told = ask(made, "AdminGetUser", both, target=ranked("CUSTOMERS"))
    assert told == (
        "Members of LEADS and SUPPORT may not perform AdminGetUser on a user who is not a member of SUPPORT."
    )


def test_without_a_rule():
    """A group without rules may nothing, and neither may who is in no group."""
    made = rules(rule("LEADS", "AdminGetUser"))
    assert permitted(made, ranked("SUPPORT")) == frozenset()
    assert permitted(made, ranked("SUPPORT", "LEADS")) == {"AdminGetUser"}
    for person, who in ((ranked("SUPPORT"), "Members of SUPPORT"), ((), "Users without a group")):
        told = ask(made, "AdminGetUser", person, target=())
        assert told == f"{who} may not perform AdminGetUser: no rule of the pool's delegation allows it to them."
    assert "no rule" in ask(made, "UpdateUserPool", ranked("LEADS"))


def test_own_authority():
    """Of exactly this role, this action, and these groups where the grant names some."""
    made = rules(rule("LEADS"), own=(OwnAuthority("arn:fn", ("cognito-idp:AdminAddUserToGroup",), ("CUSTOMERS",)),))
    assert made.leaves("arn:fn", "cognito-idp:AdminAddUserToGroup", "CUSTOMERS")
    assert not made.leaves("arn:fn", "cognito-idp:AdminAddUserToGroup", "ADMINS")
    assert not made.leaves("arn:other", "cognito-idp:AdminAddUserToGroup", "CUSTOMERS")
    assert not made.leaves("arn:fn", "cognito-idp:AdminDeleteUser", None)


class Model:
    """A pool in a few dictionaries, on which operations are carried out when the rules allow them."""

    def __init__(self, made: Rules, members: dict[str, set[str]]) -> None:
        self.rules = made
        self.groups: dict[str, int | None] = dict(RANKS)
        self.members = {name: set(held) for name, held in members.items()}
        self.enabled = dict.fromkeys(members, True)

    def of(self, user: str) -> tuple[Ranked, ...]:
        return tuple(Ranked(name, self.groups[name]) for name in sorted(self.members.get(user, ())))

    def last_of(self, operation: str, user: str, group: str) -> tuple[str, ...]:
        at_stake = {group} if operation == "AdminRemoveUserFromGroup" else set(self.groups)
        held = self.members.get(user, set()) & at_stake & set(self.rules.delegation.protected)
        others = [name for name in self.members if name != user and self.enabled[name]]
        return tuple(one for one in sorted(held) if not any(one in self.members[other] for other in others))

    def attempt(self, person: str, operation: str, user: str, group: str, precedence: int | None) -> bool:
        if person not in self.members or not self.enabled[person]:
            return False
        own = strength(self.of(person))
        asked = Question(
            operation=operation,
            person=self.of(person),
            target=self.of(user) if operation in ON_USER and user in self.members else None,
            group=Ranked(group, self.groups[group]) if group in self.groups else None,
            group_name=group,
            precedence=precedence if operation in ("CreateGroup", "UpdateGroup") else None,
            last_of=self.last_of(operation, user, group),
            stronger_member=any(group in held and strength(self.of(one)) < own for one, held in self.members.items()),
        )
        if not decide(self.rules, asked).allowed:
            return False
        self.carry_out(operation, user, group, precedence)
        return True

    def carry_out(self, operation: str, user: str, group: str, precedence: int | None) -> None:
        known = user in self.members and group in self.groups
        if operation == "AdminAddUserToGroup" and known:
            self.members[user].add(group)
        elif operation == "AdminRemoveUserFromGroup" and known:
            self.members[user].discard(group)
        elif operation == "AdminCreateUser" and user not in self.members:
            self.members[user], self.enabled[user] = set(), True
        elif operation == "AdminDeleteUser" and user in self.members:
            del self.members[user], self.enabled[user]
        elif operation in ("AdminDisableUser", "AdminEnableUser") and user in self.members:
            self.enabled[user] = operation == "AdminEnableUser"
        elif operation == "DeleteGroup" and group in self.groups:
            del self.groups[group]
            for held in self.members.values():
                held.discard(group)
        elif (operation == "CreateGroup" and group not in self.groups) or (
            operation == "UpdateGroup" and group in self.groups and precedence is not None
        ):
            self.groups[group] = precedence


USERS = ("ann", "ben", "eve", "new")
STEPS = st.tuples(
    st.sampled_from(USERS),
    st.sampled_from(sorted(MEMBERSHIP | CHANGES_GROUP | {"AdminCreateUser", "AdminDeleteUser"}))
    | st.sampled_from(["AdminDisableUser", "AdminEnableUser"]),
    st.sampled_from([*USERS, "top"]),
    st.sampled_from([*RANKS, "FRESH"]),
    st.none() | st.integers(0, 4),
)


@settings(max_examples=300, deadline=None)
@given(
    start=st.fixed_dictionaries({user: st.sets(st.sampled_from(list(RANKS)[1:]), max_size=3) for user in USERS[:3]}),
    steps=st.lists(STEPS, min_size=10, max_size=25),
)
def test_nobody_becomes_stronger_than_the_strongest_who_acted(start: dict, steps: list):
    """Whatever the delegates do in whatever order, nobody gets a group that none of them could have had before; and
    the members of the strongest, whom no delegate equals, stay as they are.
    """
    made = rules(*(rule(group) for group in list(RANKS)[1:]))
    top = {"ADMINS", "CUSTOMERS"}
    model = Model(made, {**start, "top": top})
    bound = min((strength(model.of(user)) for user in start), default=WEAKEST)
    for step in steps:
        model.attempt(*step)
        reached = min((strength(model.of(user)) for user in model.members if user != "top"), default=WEAKEST)
        assert reached >= bound
        assert (model.members["top"], model.enabled["top"], model.groups["ADMINS"]) == (top, True, 0)


@settings(max_examples=300, deadline=None)
@given(steps=st.lists(STEPS, min_size=10, max_size=25))
def test_one_step_never_makes_anybody_stronger_than_who_took_it(steps: list):
    made = rules(*(rule(group) for group in RANKS))
    model = Model(made, {"ann": {"LEADS"}, "ben": {"SUPPORT"}, "eve": {"PLAIN"}, "top": {"ADMINS"}})
    for person, *what in steps:
        own = strength(model.of(person))
        before = {user: strength(model.of(user)) for user in model.members}
        if model.attempt(person, *what):
            raised = [user for user in model.members if strength(model.of(user)) < before.get(user, WEAKEST)]
            assert all(strength(model.of(user)) >= own for user in raised)


@settings(max_examples=300, deadline=None)
@given(steps=st.lists(STEPS, min_size=10, max_size=30))
def test_a_protected_group_keeps_an_enabled_member(steps: list):
    made = rules(*(rule(group) for group in RANKS), protected=("ADMINS", "SUPPORT"))
    model = Model(made, {"ann": {"ADMINS"}, "ben": {"ADMINS", "SUPPORT"}, "eve": {"SUPPORT"}})
    for step in steps:
        model.attempt(*step)
        for name in ("ADMINS", "SUPPORT"):
            assert any(name in held and model.enabled[user] for user, held in model.members.items())
