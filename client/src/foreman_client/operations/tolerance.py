"""New server rules reach old workers: an outcome that this worker has no name for still says what to do with the message.

It is read as the outcome whose only meaning is "not yours, do as told"; an unnamed action leaves the message alone.
"""

from enum import StrEnum
from typing import Any

from foreman_contract.enums import ClaimOutcome, HeartbeatOutcome, MessageAction, ReportOutcome, TaskStatus
from foreman_contract.work import ClaimResults, HeartbeatResults, ReportResults


def tolerant_claim(answer: Any) -> ClaimResults:
    """Parse the answer to a claim.

    Raises:
        ValueError: it is not one.
    """
    return ClaimResults.model_validate(_named(answer, ClaimOutcome.LEASED))


def tolerant_report(answer: Any) -> ReportResults:
    """Parse the answer to a report.

    Raises:
        ValueError: it is not one.
    """
    return ReportResults.model_validate(_named(answer, ReportOutcome.STALE))


def tolerant_heartbeat(answer: Any) -> HeartbeatResults:
    """Parse the answer to a heartbeat.

    Raises:
        ValueError: it is not one.
    """
    return HeartbeatResults.model_validate(_named(answer, HeartbeatOutcome.LOST))


def _named(answer: Any, neutral: StrEnum) -> Any:
    results = answer.get("results") if isinstance(answer, dict) else None
    if not isinstance(results, list) or not all(isinstance(each, dict) for each in results):
        return answer
    return {"results": [_rename(each, neutral) for each in results]}


def _rename(element: dict[str, Any], neutral: StrEnum) -> dict[str, Any]:
    known = dict(element)
    if _strange(element, "outcome", type(neutral)):
        known["outcome"] = neutral.value
    if _strange(element, "message", MessageAction):
        known["message"] = MessageAction.LEAVE.value
    if _strange(element, "status", TaskStatus):
        del known["status"]
    return known


def _strange(element: dict[str, Any], field: str, words: type[StrEnum]) -> bool:
    word = element.get(field)
    return isinstance(word, str) and word not in {member.value for member in words}
