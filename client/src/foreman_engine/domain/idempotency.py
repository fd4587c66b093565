"""The record that makes a creating request repeatable."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class IdempotencyRecord:
    """What a creating request with an idempotency key leaves behind, in the same transaction as its objects.

    `scope` is a hash of method, path and key; `body_hash` of the body; `object_ids` what the request made.
    """

    scope: str
    body_hash: str
    object_ids: tuple[str, ...]
    expires_at_s: int
