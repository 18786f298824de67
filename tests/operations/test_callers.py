"""The caller of a function: sealed for its role and for a day, and never taken for nobody when it is forged."""

import dataclasses

import pytest
from cases import each

from poolhouse.access.policies import PolicySet
from poolhouse.access.principals import CognitoIdentity, Person, RoleSession, Root
from poolhouse.errors import DelegationRefused
from poolhouse.functions import Invocation
from poolhouse.operations.callers import Asker, Handed, OnBehalf, person_of, sealed

ROLE = "arn:aws:iam::000000000000:role/poolhouse-app-fn-promote"
PERSON = Person("us-east-1_AAAAAAAAA", "sub", "ada", "jti", "192.0.2.1", "graphql", "000000000000", "us-east-1")
ASKER = Asker("us-east-1_AAAAAAAAA", "sub", "ada", "jti", "192.0.2.1", "graphql")
TRACE = "Root=1-00000000-000000000000000000000000;Sampled=0"


def session(arn: str = ROLE, identity: CognitoIdentity | None = None) -> RoleSession:
    return RoleSession(arn, arn.rpartition("/")[2], "s", "000000000000", "us-east-1", PolicySet(), identity=identity)


async def test_round_trip(services):
    """What was sealed is what is opened, out of a header as the SDK sends it."""
    token = sealed(services, PERSON, ROLE)
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert person_of(services, session(), f"{TRACE};Caller={token}") == PERSON
    assert person_of(services, session(), f"Caller={token}; {TRACE}") == PERSON


@each("trace", ["", TRACE, "Self=1;Root=2", "NoCaller=x", "Root=1;caller=x"])
async def test_nobody(services, trace):
    assert person_of(services, session(), trace) is None


async def test_a_token_counts_with_its_own_role_only(services):
    """Another role's credentials, those of an identity, the root key: refused, not taken for a call of nobody."""
    trace = f"{TRACE};Caller={sealed(services, PERSON, ROLE)}"
    identity = CognitoIdentity("us-east-1:1", "us-east-1:2", "authenticated")
    for principal in (session(f"{ROLE}-two"), session(identity=identity), Root("000000000000", "us-east-1")):
        with pytest.raises(DelegationRefused, match="not sealed for the role"):
            person_of(services, principal, trace)


async def test_changed_tokens(services):
    token = sealed(services, PERSON, ROLE)
    foreign = services.vault.seal_token("paging", (ROLE,))
    wrong = (
        "",
        token[:-1],
        token + "A",
        token[:20] + ("A" if token[20] != "A" else "B") + token[21:],
        f"{token};Caller={token}",
        f"{token};Caller=",
        foreign,
        "A" * 10_000,
        "ä",
    )
    for text in wrong:
        with pytest.raises(DelegationRefused, match="not sealed for the role"):
            person_of(services, session(), f"{TRACE};Caller={text}")


async def test_a_token_lives_for_a_day(services, clock):
    trace = f"{TRACE};Caller={sealed(services, PERSON, ROLE)}"
    clock.advance(hours=23)
    assert person_of(services, session(), trace) == PERSON
    clock.advance(hours=1)
    with pytest.raises(DelegationRefused, match="more than a day ago"):
        person_of(services, session(), trace)


class Recorded:
    """Stands where the functions are, and keeps what callers they were given."""

    def __init__(self) -> None:
        self.callers: list[str] = []

    async def invoke(self, name: str, event: bytes, *, caller: str = "") -> Invocation:
        self.callers.append(caller)
        return Invocation(b"null", None, name, 1)

    async def invoke_async(self, name: str, event: bytes, *, caller: str = "") -> str:
        self.callers.append(caller)
        return name


async def test_functions_are_told_who_called(services):
    """A user by his token or credentials, through a chain of functions; nobody where nobody asked."""
    functions = Recorded()
    behalf = OnBehalf(services, functions, {"promote": ROLE})
    await behalf.invoke("promote", b"{}", asker=ASKER)
    await behalf.invoke_async("promote", b"{}", asker=ASKER)
    handed = Handed(session(), f"{TRACE};Caller={functions.callers[0]}")
    await behalf.invoke("promote", b"{}", asker=handed)
    found = [person_of(services, session(), f"Caller={caller}") for caller in functions.callers]
    assert found == [dataclasses.replace(PERSON)] * 3
    await behalf.invoke("promote", b"{}")
    await behalf.invoke("promote", b"{}", asker=Handed(session(), TRACE))
    await behalf.invoke("without-role", b"{}", asker=ASKER)
    assert functions.callers[3:] == ["", "", ""]


async def test_a_forged_caller_runs_nothing(services):
    functions = Recorded()
    behalf = OnBehalf(services, functions, {"promote": ROLE})
    with pytest.raises(DelegationRefused):
        await behalf.invoke("promote", b"{}", asker=Handed(session(), "Caller=forged"))
    assert functions.callers == []
