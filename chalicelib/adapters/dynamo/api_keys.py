"""API keys and idempotency records on DynamoDB."""

from typing import TYPE_CHECKING, Final

from chalicelib.adapters.dynamo import keys
from chalicelib.adapters.dynamo.attributes import Item, Value, flag, number, text
from chalicelib.adapters.dynamo.codec import Field, decode, encode, flag_field, int_field, text_field
from chalicelib.adapters.dynamo.idempotency import read_record
from chalicelib.adapters.dynamo.reads import get, in_range, query
from chalicelib.adapters.dynamo.tables import Tables
from chalicelib.adapters.dynamo.writes import transact
from foreman_engine.domain.idempotency import IdempotencyRecord
from foreman_engine.domain.keys import ApiKey
from foreman_engine.domain.rates import RateLimit

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import UpdateTypeDef

_LIMIT: Final = "rl"
_UNLIMITED: Final = "un"
_REVOKED: Final = "re"


def _encode_limit(limit: RateLimit) -> Value:
    return text(f"{limit.requests}/{limit.window_s}")


def _decode_limit(value: Value) -> RateLimit:
    requests, _, window_s = value["S"].partition("/")
    return RateLimit(int(requests), int(window_s))


FIELDS: Final = (
    text_field("key_id", "ki"),
    text_field("env", "en"),
    int_field("created_at", "ca"),
    Field("rate_limit", _LIMIT, _encode_limit, _decode_limit),
    flag_field("unlimited", _UNLIMITED),
    int_field("revoked_at", _REVOKED),
)


class DynamoKeyStore:
    """KeyStore."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def add(self, key: ApiKey) -> None:
        """Store a key, and its organization in the list of all, in one transaction."""
        items: list[Item] = [
            {**keys.api_key(key.org_id, key.hash), **encode(FIELDS, key)},
            keys.organization(key.org_id),
        ]
        table = self._tables.keys
        transact(self._tables.client, lambda: [{"Put": {"TableName": table, "Item": item}} for item in items])

    def find(self, org_id: str, key_hash: str) -> ApiKey | None:
        """The key of that hash in that organization, revoked or not; strongly consistent."""
        item = get(self._tables.client, self._tables.keys, keys.api_key(org_id, key_hash))
        return _read(org_id, item) if item is not None else None

    def of_org(self, org_id: str) -> list[ApiKey]:
        """Every key of an organization, oldest first."""
        items = query(self._tables.client, in_range(self._tables.keys, keys.api_keys(org_id)))
        return sorted((_read(org_id, item) for item in items), key=lambda key: (key.created_at, key.key_id))

    def organizations(self) -> list[str]:
        """Every organization that ever got a key, sorted."""
        items = query(self._tables.client, in_range(self._tables.keys, keys.organizations()))
        return [keys.organization_id(item) for item in items]

    def revoke(self, org_id: str, key_id: str, now: int) -> bool:
        """Mark the key revoked; False when there is no such key. Revoking twice keeps the first instant."""
        return self._update(
            org_id, key_id, f"SET {_REVOKED} = if_not_exists({_REVOKED}, :now)", {":now": number(now)}
        )

    def set_limit(self, org_id: str, key_id: str, rate_limit: RateLimit | None, *, unlimited: bool) -> bool:
        """Change the key's rate limit; False when there is no such key."""
        given = {
            _LIMIT: None if rate_limit is None else _encode_limit(rate_limit),
            _UNLIMITED: flag(True) if unlimited else None,
        }
        values = {f":{name}": value for name, value in given.items() if value is not None}
        parts = {
            "SET": [f"{name} = :{name}" for name, value in given.items() if value is not None],
            "REMOVE": [name for name, value in given.items() if value is None],
        }
        expression = " ".join(f"{verb} {', '.join(each)}" for verb, each in parts.items() if each)
        return self._update(org_id, key_id, expression, values)

    def _update(self, org_id: str, key_id: str, expression: str, values: Item) -> bool:
        found = next((key for key in self.of_org(org_id) if key.key_id == key_id), None)
        if found is None:
            return False
        update: UpdateTypeDef = {
            "TableName": self._tables.keys,
            "Key": keys.api_key(org_id, found.hash),
            "UpdateExpression": expression,
        }
        if values:
            update["ExpressionAttributeValues"] = values
        transact(self._tables.client, lambda: [{"Update": update}])
        return True

    def record(self, org_id: str, scope: str) -> IdempotencyRecord | None:
        """The idempotency record of that scope, if it has not expired; strongly consistent."""
        item = get(self._tables.client, self._tables.keys, keys.idempotency(org_id, scope))
        return read_record(scope, item, self._tables.clock.now_ms()) if item is not None else None


def _read(org_id: str, item: Item) -> ApiKey:
    return ApiKey(org_id=org_id, hash=keys.api_key_hash(item), **decode(FIELDS, item))
