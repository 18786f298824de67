"""The audit trail: what was done or refused, by whom, to whom and by which rule, linked so that changes are noticed."""

from .background import flush, follow
from .chain import Head, link, link_rows
from .edges import Edge, Told
from .reading import Event, Hour, events, hours
from .recording import SIGN_INS, access_refused, is_recorded, operator_did, record, refused
from .sign_ins import asked, failed, failed_as, signed
from .streaming import follow as stream
from .verification import Problem, Report, verify

__all__ = [
    "SIGN_INS",
    "Edge",
    "Event",
    "Head",
    "Hour",
    "Problem",
    "Report",
    "Told",
    "access_refused",
    "asked",
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
    "record",
    "refused",
    "signed",
    "stream",
    "verify",
]
