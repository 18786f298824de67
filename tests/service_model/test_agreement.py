"""The fast decoder and the exact validator are two readings of one model and always agree."""

import msgspec
from cases import each
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from service_model.samples import ANYTHING, minimal_input, right_type

from poolhouse.errors import InvalidParameterException, SerializationException
from poolhouse.service_model import decode, operations
from poolhouse.service_model.decoding import DECODERS
from poolhouse.service_model.violations import refuse

ALL = [op for service in ("cognito-idp", "cognito-identity", "sts") for op in operations(service)]
RELAXED = settings(
    deadline=None, max_examples=400, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def accepted_fast(op, body) -> bool:
    try:
        DECODERS[op].decode(body)
    except msgspec.ValidationError:
        return False
    return True


def accepted_exactly(op, value) -> bool:
    try:
        refuse(op.service, op.input_shape, value)
    except (InvalidParameterException, SerializationException):
        return False
    return True


@RELAXED
@given(st.data())
def test_both_validators_agree(data):
    """For any JSON object, the decoder accepts exactly when the validator finds nothing."""
    op = data.draw(st.sampled_from(ALL))
    value = data.draw(right_type(op.service, op.input_shape))
    assert accepted_fast(op, msgspec.json.encode(value)) == accepted_exactly(op, value)


@each("op", ALL)
def test_required_members_are_required_by_both(op):
    """Each required member may neither be left out nor be null."""
    value = minimal_input(op)
    for member in value:
        for wrong in ({**value, member: None}, {name: entry for name, entry in value.items() if name != member}):
            assert not accepted_fast(op, msgspec.json.encode(wrong))
            assert not accepted_exactly(op, wrong)


@RELAXED
@given(st.data())
def test_one_changed_member_is_judged_alike(data):
    """Around a valid request, where most real mistakes are, both agree too."""
    op = data.draw(st.sampled_from([op for op in ALL if op.input.__struct_fields__]))
    member = data.draw(st.sampled_from(op.input.__struct_fields__))
    value = {**minimal_input(op), member: data.draw(ANYTHING)}
    assert accepted_fast(op, msgspec.json.encode(value)) == accepted_exactly(op, value)


@RELAXED
@given(
    st.sampled_from(ALL),
    st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")),
)
def test_any_bytes_are_accepted_or_refused_in_words(op, body):
    """Nothing but the two declared errors leaves the decoder, and each has a text."""
    try:
        outcome = decode(op, body)
    except (InvalidParameterException, SerializationException) as error:
        outcome = error.message
    assert isinstance(outcome, op.input | str)
    assert outcome != ""
