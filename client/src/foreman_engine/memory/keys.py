"""API keys and idempotency records in memory."""

from collections.abc import Callable
from dataclasses import replace

from foreman_engine.domain.idempotency import IdempotencyRecord
from foreman_engine.domain.keys import ApiKey
from foreman_engine.domain.rates import RateLimit
from foreman_engine.memory.state import MemoryState


class MemoryKeyStore:
    """KeyStore."""

    def __init__(self, state: MemoryState) -> None:
        self._state = state

    def add(self, key: ApiKey) -> None:
        """Store a new key."""
        with self._state.lock:
            self._state.keys[key.org_id, key.hash] = key

    def find(self, org_id: str, key_hash: str) -> ApiKey | None:
        """The key of that hash in that organization, revoked or not."""
        with self._state.lock:
            return self._state.keys.get((org_id, key_hash))

    def of_org(self, org_id: str) -> list[ApiKey]:
        """Every key of an organization, oldest first."""
        with self._state.lock:
            mine = [key for key in self._state.keys.values() if key.org_id == org_id]
        return sorted(mine, key=lambda key: (key.created_at, key.key_id))

    def organizations(self) -> list[str]:
        """Every organization that ever got a key, sorted."""
        with self._state.lock:
            return sorted({org_id for org_id, _ in self._state.keys})

    def revoke(self, org_id: str, key_id: str, now: int) -> bool:
        """Mark the key revoked; False when there is no such key. Revoking twice keeps the first instant."""
        return self._change(
            org_id, key_id, lambda key: key if key.revoked_at is not None else replace(key, revoked_at=now)
        )

    def set_limit(self, org_id: str, key_id: str, rate_limit: RateLimit | None, *, unlimited: bool) -> bool:
        """Change the key's rate limit; False when there is no such key."""
        return self._change(
            org_id, key_id, lambda key: replace(key, rate_limit=rate_limit, unlimited=unlimited)
        )

    def _change(self, org_id: str, key_id: str, change: Callable[[ApiKey], ApiKey]) -> bool:
        with self._state.lock:
            for key in self.of_org(org_id):
                if key.key_id == key_id:
                    self._state.keys[org_id, key.hash] = change(key)
                    return True
            return False

    def record(self, org_id: str, scope: str) -> IdempotencyRecord | None:
        """The idempotency record of that scope, if it has not expired."""
        with self._state.lock:
            return self._state.record(org_id, scope)
