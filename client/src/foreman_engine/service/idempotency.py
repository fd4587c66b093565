"""Idempotency keys: the same creating request twice makes one set of objects.

The record is written in the same transaction as the objects, so there is no moment at which one exists without the other.
"""

import hashlib
from dataclasses import dataclass

from foreman_contract import limits
from foreman_engine.domain.errors import AlreadyDoneError, KeyReusedError
from foreman_engine.domain.idempotency import IdempotencyRecord
from foreman_engine.service.key_store import KeyStore


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A caller's key for one request: `scope` names the call, `body_hash` what it asked for."""

    scope: str
    body_hash: str

    def record(self, object_ids: tuple[str, ...], now_ms: int) -> IdempotencyRecord:
        """The record to write beside the objects."""
        return IdempotencyRecord(
            self.scope, self.body_hash, object_ids, now_ms // 1000 + limits.IDEMPOTENCY_S
        )

    def replayed(self, done: AlreadyDoneError | IdempotencyRecord) -> tuple[str, ...]:
        """The ids that the first request made.

        Raises:
            KeyReusedError: the first request had another body.
        """
        if done.body_hash != self.body_hash:
            raise KeyReusedError("This Idempotency-Key was used before with another body.")
        return done.object_ids


def made_before(keys: KeyStore, org_id: str, key: IdempotencyKey | None) -> tuple[str, ...] | None:
    """The ids that an earlier request with this key made; None when there was none.

    The transaction that creates decides, but who is told only by it has sent messages and stored payloads that nothing needs.

    Raises:
        KeyReusedError: the first request had another body.
    """
    record = None if key is None else keys.record(org_id, key.scope)
    return None if key is None or record is None else key.replayed(record)


def idempotency_key(method: str, path: str, key: str, body: bytes) -> IdempotencyKey:
    """The key of one HTTP request."""
    scope = hashlib.sha256("\n".join((method, path, key)).encode()).hexdigest()
    return IdempotencyKey(scope, hashlib.sha256(body).hexdigest())
