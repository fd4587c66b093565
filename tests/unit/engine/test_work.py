"""Hints on the work queue as text."""

import json

import pytest

from foreman_engine.domain.work import Work, decode_work, encode_work

RUN = "019b76da-a800-7abc-8123-456789abcdef"
TASK = "019b76da-a800-8abc-8000-000000200002"


@pytest.mark.parametrize("work", [Work("acme", RUN), Work("acme", RUN, TASK)])
def test_a_hint_survives(work: Work) -> None:
    assert decode_work(encode_work(work)) == work
    assert json.loads(encode_work(work))["kind"] == "settle"


def test_unknown_fields_are_ignored() -> None:
    body = json.loads(encode_work(Work("acme", RUN))) | {"new": 1}
    assert decode_work(json.dumps(body)) == Work("acme", RUN)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{}",
        '{"kind":"other"}',
        f'{{"kind":"settle","orgId":"a#b","runId":"{RUN}"}}',
        '{"kind":"settle","orgId":"acme","runId":"x"}',
        f'{{"kind":"settle","orgId":"acme","runId":"{RUN}","taskId":5}}',
    ],
)
def test_anything_else_is_refused(body: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - json's own error is one
        decode_work(body)
