"""Answers as Chalice takes them."""

from collections.abc import Mapping

from chalice.app import Response

from chalicelib.api.cors import ON_EVERY_ANSWER
from foreman_engine.api.answers import Answer
from foreman_engine.domain.payload import compact


def to_response(
    answer: Answer, request_id: str, own: Mapping[str, str], *, bodiless: bool = False
) -> Response:
    """The answer as Chalice takes it; `own` are headers that any answer to this request has.

    `bodiless` keeps the body back and changes nothing else.
    """
    kind = {} if answer.body is None else {"Content-Type": "application/json"}
    headers: dict[str, str | list[str]] = {
        **kind,
        **ON_EVERY_ANSWER,
        "X-Request-Id": request_id,
        **own,
        **answer.headers,
    }
    text = "" if answer.body is None or bodiless else compact(answer.body)
    return Response(body=text, status_code=answer.status, headers=headers)
