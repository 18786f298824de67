"""Results of every kind, and failures."""

import time
from datetime import UTC, datetime
from decimal import Decimal

RESULTS = {
    "dict": {"a": 1},
    "list": [1, "two", None],
    "true": True,
    "one": 1,
    "none": None,
    "text": "hello",
    "rich": {
        "at": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        "bytes": b"\x00\xff",
        "price": Decimal("12.50"),
        "whole": Decimal(3),
    },
}


def handler(event, _context):
    name, arguments = event["fieldName"], event["arguments"]
    if name == "pipeline":
        return {"saw": event["prev"]["result"], "by": "play"}
    if name == "slow":
        time.sleep(10)
    if name == "shaped":
        return RESULTS[arguments["kind"]]
    if name == "fails":
        raise ValueError(arguments["text"])
    return event
