"""What the use cases of API keys and idempotency need from storage."""

from typing import Protocol

from foreman_engine.domain.idempotency import IdempotencyRecord
from foreman_engine.domain.keys import ApiKey
from foreman_engine.domain.rates import RateLimit


class KeyStore(Protocol):
    """API keys and idempotency records."""

    def add(self, key: ApiKey) -> None:
        """Store a new key."""

    def find(self, org_id: str, key_hash: str) -> ApiKey | None:
        """The key of that hash in that organization, revoked or not."""

    def of_org(self, org_id: str) -> list[ApiKey]:
        """Every key of an organization, oldest first."""

    def organizations(self) -> list[str]:
        """Every organization that ever got a key, sorted."""

    def revoke(self, org_id: str, key_id: str, now: int) -> bool:
        """Mark the key revoked; False when there is no such key. Revoking twice keeps the first instant."""

    def set_limit(self, org_id: str, key_id: str, rate_limit: RateLimit | None, *, unlimited: bool) -> bool:
        """Change the key's rate limit; False when there is no such key."""

    def record(self, org_id: str, scope: str) -> IdempotencyRecord | None:
        """The idempotency record of that scope, if it has not expired."""
