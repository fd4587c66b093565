"""Clients that answer as scripted, for what no emulator does by itself."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError


def client_error(code: str, **members: Any) -> ClientError:
    """What boto3 raises when AWS answers with an error."""
    response: Any = {"Error": {"Code": code, "Message": code}, **members}
    return ClientError(response, "Operation")


def cancelled(*codes: str) -> ClientError:
    """A cancelled transaction with one reason an action."""
    return client_error(
        "TransactionCanceledException", CancellationReasons=[{"Code": code} for code in codes]
    )


class Scripted:
    """A client whose every method takes the next answer of the script; exceptions are raised."""

    def __init__(self, *answers: Any) -> None:
        self._answers = list(answers)
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(**request: Any) -> Any:
            self.calls.append((name, request))
            answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call
