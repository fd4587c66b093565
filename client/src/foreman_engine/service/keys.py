"""API keys: issued and revoked by the operator, believed for 30 seconds at a time by the server."""

from dataclasses import replace

from foreman_contract.service import DEFAULT_RESULT_QUEUE, DEFAULT_TASK_QUEUE
from foreman_engine.domain.errors import Fault, InvalidError, NotFoundError, UnauthorizedError
from foreman_engine.domain.keys import (
    ENV_PATTERN,
    ORG_PATTERN,
    ApiKey,
    ParsedKey,
    hash_key,
    is_same_key,
    parse_key,
)
from foreman_engine.domain.rates import RateLimit
from foreman_engine.service.ports import Ports


def create_key(
    ports: Ports, org_id: str, env: str, rate_limit: RateLimit | None = None, *, unlimited: bool = False
) -> tuple[ApiKey, str]:
    """Issue a key and make the organization's default queues. The text is in this answer and nowhere else.

    Raises:
        InvalidError: `org_id` or `env` is not of the form that a key can carry.
    """
    if not ORG_PATTERN.fullmatch(org_id):
        raise InvalidError(
            "The organization's id must be 1-32 of a-z, 0-9 and '-'.", [Fault("org", "malformed")]
        )
    if not ENV_PATTERN.fullmatch(env):
        raise InvalidError("The stage must be 1-16 of a-z and 0-9.", [Fault("stage", "malformed")])
    text = f"fmn_{env}_{org_id}_{ports.ids.secret()}"
    return _store(ports, text, rate_limit, unlimited=unlimited), text


def ensure_key(ports: Ports, text: str, *, unlimited: bool) -> ApiKey:
    """Make sure that this very key works (a local stack's key outlives its data).

    Raises:
        InvalidError: the text is not formed like a key.
    """
    parsed = parse_key(text)
    if parsed is None:
        raise InvalidError("This is not an API key.", [Fault("apiKey", "malformed")])
    found = ports.keys.find(parsed.org_id, parsed.hash)
    return found or _store(ports, text, None, unlimited=unlimited)


def _store(ports: Ports, text: str, rate_limit: RateLimit | None, *, unlimited: bool) -> ApiKey:
    parsed = parse_key(text)
    if parsed is None:
        raise InvalidError("This is not an API key.", [Fault("apiKey", "malformed")])
    key = ApiKey(
        key_id=f"key_{parsed.hash[:16]}",
        org_id=parsed.org_id,
        env=parsed.env,
        hash=hash_key(text),
        created_at=ports.clock.now_ms(),
        rate_limit=rate_limit,
        unlimited=unlimited,
    )
    ports.messages.resolve(key.org_id, DEFAULT_TASK_QUEUE, DEFAULT_RESULT_QUEUE)
    ports.keys.add(key)
    return key


def list_keys(ports: Ports, org_id: str | None = None) -> list[ApiKey]:
    """Every key of one organization, or of all, oldest first within each."""
    organizations = [org_id] if org_id is not None else ports.keys.organizations()
    return [key for organization in organizations for key in ports.keys.of_org(organization)]


def revoke_key(ports: Ports, key_id: str) -> ApiKey:
    """Revoke a key; it stops working within 60 seconds. Revoking twice changes nothing.

    Raises:
        NotFoundError: there is no such key.
    """
    key = _named(ports, key_id)
    ports.keys.revoke(key.org_id, key_id, ports.clock.now_ms())
    return key


def limit_key(ports: Ports, key_id: str, rate_limit: RateLimit | None, *, unlimited: bool) -> ApiKey:
    """Change a key's rate limit; it holds within 60 seconds. None, and not unlimited: the deployment's default.

    Raises:
        NotFoundError: there is no such key.
    """
    key = _named(ports, key_id)
    ports.keys.set_limit(key.org_id, key_id, rate_limit, unlimited=unlimited)
    return replace(key, rate_limit=rate_limit, unlimited=unlimited)


def _named(ports: Ports, key_id: str) -> ApiKey:
    for key in list_keys(ports):
        if key.key_id == key_id:
            return key
    raise NotFoundError(f"There is no key {key_id}.")


def authenticate(ports: Ports, parsed: ParsedKey) -> ApiKey:
    """The stored key that was given. Costs one read, whether or not its organization exists.

    Raises:
        UnauthorizedError: unknown or revoked; both told alike.
    """
    key = ports.keys.find(parsed.org_id, parsed.hash)
    if key is None or not is_same_key(key, parsed) or key.revoked_at is not None:
        raise UnauthorizedError("The API key is not valid.")
    return key
