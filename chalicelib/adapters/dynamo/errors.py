"""What DynamoDB's refusals mean: whose condition failed, or that somebody else was there at the same moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from chalicelib.adapters.dynamo.attributes import Item
from chalicelib.adapters.errors import code_of
from foreman_engine.domain.errors import EngineError

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

_FAILED: Final = "ConditionalCheckFailed"
_CROWDED: Final = frozenset(
    {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded", "RequestLimitExceeded"}
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What became of one action of a write: whether its condition failed, and the item that was there if it was asked for."""

    failed: bool
    old: Item | None = None


class RefusedError(EngineError):
    """A condition failed and nothing was written; `refusals` are in the order of the write's actions. Stays in here."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        super().__init__("a condition failed")
        self.refusals = tuple(refusals)


def refusals_of(error: "ClientError") -> list[Refusal]:
    """Which conditions failed; empty when that was not the reason."""
    if code_of(error) == "ConditionalCheckFailedException":
        return [Refusal(failed=True, old=_response(error).get("Item"))]
    reasons = _response(error).get("CancellationReasons", [])
    refusals = [Refusal(reason.get("Code") == _FAILED, reason.get("Item")) for reason in reasons]
    return refusals if any(refusal.failed for refusal in refusals) else []


def is_crowded(error: "ClientError") -> bool:
    """Whether the write met another one on the same item, or a throttle, and may simply be tried again."""
    if code_of(error) == "TransactionConflictException":
        return True
    codes = {reason.get("Code") for reason in _response(error).get("CancellationReasons", [])}
    return bool(codes & _CROWDED)


def _response(error: "ClientError") -> Mapping[str, Any]:
    """The answer as it came; botocore's types know only some of its members."""
    return error.response
