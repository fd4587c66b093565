"""API keys at the terminal: issue, list, limit, revoke."""

import json
from typing import Any, Final

from foreman_engine.domain.keys import ApiKey
from foreman_engine.domain.rates import OFF, RateLimit, format_rate, parse_rate
from foreman_engine.service.keys import create_key, limit_key, list_keys, revoke_key
from infra.clock import local_time
from infra.errors import OperatorError
from infra.opened import Stack, told

_DEFAULT: Final = "default"


def create(stack: Stack, org_id: str, rate_limit: str | None, *, as_json: bool) -> None:
    """Issue a key and print it, this once. `rate_limit` None leaves the deployment's default.

    Raises:
        OperatorError: the organization, the stage or the limit is malformed, or the stack does not answer.
    """
    limit = None if rate_limit is None else _parsed(rate_limit)
    with told(stack.name):
        key, text = create_key(stack.ports, org_id, stack.stage, limit, unlimited=rate_limit == OFF)
    if as_json:
        print(json.dumps({"apiKey": text, "keyId": key.key_id, "orgId": key.org_id}))
        return
    print(f"A key for {key.org_id} on {stack.name}; it is shown this once:\n\n  {text}\n")
    print(f"Revoke it with: python -m infra keys revoke {key.key_id}")


def list_all(stack: Stack, org_id: str | None, *, as_json: bool) -> None:
    """Print every key, or one organization's, oldest first within each.

    Raises:
        OperatorError: the stack does not answer.
    """
    with told(stack.name):
        keys = list_keys(stack.ports, org_id)
    if as_json:
        print(json.dumps([_describe(key) for key in keys]))
        return
    print(f"{len(keys)} {'key' if len(keys) == 1 else 'keys'} on {stack.name}")
    rows = (
        [("KEY", "ORGANIZATION", "STAGE", "RATE LIMIT", "CREATED", "REVOKED"), *map(_row, keys)]
        if keys
        else []
    )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def revoke(stack: Stack, key_id: str, *, as_json: bool) -> None:
    """Revoke a key; doing it twice is no error.

    Raises:
        OperatorError: there is no such key, or the stack does not answer.
    """
    with told(stack.name):
        key = revoke_key(stack.ports, key_id)
    if as_json:
        print(json.dumps({"keyId": key.key_id, "orgId": key.org_id, "revoked": True}))
    else:
        print(f"Revoked {key.key_id} of {key.org_id} on {stack.name}; it stops working within a minute.")


def limit(stack: Stack, key_id: str, rate_limit: str, *, as_json: bool) -> None:
    """Change a key's rate limit: such as `100/15m`, `off`, or `default` for the deployment's.

    Raises:
        OperatorError: there is no such key, the limit is malformed, or the stack does not answer.
    """
    given = None if rate_limit == _DEFAULT else _parsed(rate_limit)
    with told(stack.name):
        key = limit_key(stack.ports, key_id, given, unlimited=rate_limit == OFF)
    if as_json:
        print(json.dumps({"keyId": key.key_id, "orgId": key.org_id, "rateLimit": _limit(key)}))
    else:
        print(
            f"The rate limit of {key.key_id} of {key.org_id} on {stack.name} is {_limit(key)} within a minute."
        )


def _parsed(rate_limit: str) -> RateLimit | None:
    try:
        return parse_rate(rate_limit)
    except ValueError as error:
        raise OperatorError(f"{error}.") from None


def _describe(key: ApiKey) -> dict[str, Any]:
    revoked = {} if key.revoked_at is None else {"revokedAt": key.revoked_at}
    return {
        "keyId": key.key_id,
        "orgId": key.org_id,
        "env": key.env,
        "rateLimit": _limit(key),
        "createdAt": key.created_at,
        **revoked,
    }


def _limit(key: ApiKey) -> str:
    if key.unlimited:
        return OFF
    return _DEFAULT if key.rate_limit is None else format_rate(key.rate_limit)


def _row(key: ApiKey) -> tuple[str, ...]:
    revoked = "" if key.revoked_at is None else local_time(key.revoked_at)
    return key.key_id, key.org_id, key.env, _limit(key), local_time(key.created_at), revoked
