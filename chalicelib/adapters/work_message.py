"""The body of a message on the internal work queue: `{"kind": "settle", "orgId", "runId", "taskId"?}`."""

import json

from foreman_contract.fields import is_uuid
from foreman_engine.domain.keys import ORG_PATTERN
from foreman_engine.service.ports import Work

_SETTLE = "settle"


def encode_work(work: Work) -> str:
    """The message body of a hint."""
    body = {"kind": _SETTLE, "orgId": work.org_id, "runId": work.run_id}
    if work.task_id is not None:
        body["taskId"] = work.task_id
    return json.dumps(body, separators=(",", ":"))


def decode_work(body: str) -> Work:
    """The hint in a message body; unknown fields are ignored.

    Raises:
        ValueError: the body is no such hint.

    """
    fields = json.loads(body)
    if not isinstance(fields, dict) or fields.get("kind") != _SETTLE:
        raise ValueError("not a hint to settle")
    org_id, run_id, task_id = fields.get("orgId"), fields.get("runId"), fields.get("taskId")
    if not (isinstance(org_id, str) and ORG_PATTERN.fullmatch(org_id)):
        raise ValueError("orgId is missing or malformed")
    if not (isinstance(run_id, str) and is_uuid(run_id)):
        raise ValueError("runId is missing or malformed")
    if not (task_id is None or (isinstance(task_id, str) and is_uuid(task_id))):
        raise ValueError("taskId is malformed")
    return Work(org_id, run_id, task_id)
