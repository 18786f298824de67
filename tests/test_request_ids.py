"""Request ids are UUIDs of version 4, as AWS's are."""

import uuid

from poolhouse.telemetry.request_ids import new_request_id


def test_random_uuids():
    made = [new_request_id() for _ in range(100)]
    read = [uuid.UUID(text) for text in made]
    assert [str(one) for one in read] == made
    assert {(one.version, one.variant) for one in read} == {(4, uuid.RFC_4122)}
    assert len(set(made)) == 100
