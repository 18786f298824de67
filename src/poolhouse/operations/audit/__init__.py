"""The audit trail: what was done or refused, by whom, to whom and by which rule, linked so that changes are noticed."""

from .background import flush, follow
from .causes import Cause, Effect, cause, operators_cause, record_effects
from .chain import link, link_rows
from .edges import Edge, Told
from .reading import Event, Hour, events, hours
from .recording import (
    OK,
    SENT,
    SIGN_INS,
    access_refused,
    became,
    changes,
    is_recorded,
    operator_did,
    record,
    refused,
    sent,
)
from .seals import Head
from .sign_ins import IN_PROGRESS, asked, challenged, failed, failed_as, signed
from .streaming import follow as stream
from .verification import Problem, Report, verify

__all__ = [
    "IN_PROGRESS",
    "OK",
    "SENT",
    "SIGN_INS",
    "Cause",
    "Edge",
    "Effect",
    "Event",
    "Head",
    "Hour",
    "Problem",
    "Report",
    "Told",
    "access_refused",
    "asked",
    "became",
    "cause",
    "challenged",
    "changes",
    "events",
    "failed",
    "failed_as",
    "flush",
    "follow",
    "hours",
    "is_recorded",
    "link",
    "link_rows",
    "operator_did",
    "operators_cause",
    "record",
    "record_effects",
    "refused",
    "sent",
    "signed",
    "stream",
    "verify",
]
