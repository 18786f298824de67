"""What AWS publishes about its API: operations, input structs, constraints, declared errors and secret marks.

Decodes and validates requests; knows nothing about who may call what.
"""

from .answers import check_answer
from .decoding import decode, from_params, from_query, prepare
from .drafts import draft
from .model import Operation, by_action, by_target, operation, operations, sensitive_members

__all__ = [
    "Operation",
    "by_action",
    "by_target",
    "check_answer",
    "decode",
    "draft",
    "from_params",
    "from_query",
    "operation",
    "operations",
    "prepare",
    "sensitive_members",
]
