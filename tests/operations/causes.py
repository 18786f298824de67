"""Who is said to have begun what a test begins."""

from poolhouse.operations import audit
from poolhouse.operations.audit import Cause
from poolhouse.store.pools import Pool

OPERATOR = "arn:aws:iam::000000000000:root"


def by_command(pool: Pool) -> Cause:
    """A command of the operator's that reads a file."""
    return audit.operators_cause(OPERATOR, pool.id, "the-run", From="people.jsonl")
