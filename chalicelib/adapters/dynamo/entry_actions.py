"""What happens to an entry and its links in one transaction."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from chalicelib.adapters.dynamo import run_data_keys as keys
from chalicelib.adapters.dynamo.attributes import Item, number, texts
from chalicelib.adapters.dynamo.entry_codec import TAGS, UPDATED_AT
from foreman_engine.domain.links import Link, TagLink
from foreman_engine.domain.run_data import EntryState

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    Actions = list[TransactWriteItemTypeDef]


def put_actions(table: str, entry: EntryState, item: Item) -> "Actions":
    """A new entry and its links."""
    return [
        {"Put": {"TableName": table, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}},
        *(_put_link(table, entry, link) for link in _links(entry)),
    ]


def link_items(entry: EntryState) -> list[Item]:
    """The items of all its links."""
    return [_link_item(entry, link) for link in _links(entry)]


def retag_actions(table: str, before: EntryState, after: EntryState) -> "Actions":
    """Other tags and the links that follow, on condition that the tags are those of `before`."""
    old, new = set(_tag_links(before)), set(_tag_links(after))
    condition, values = _tags_are(before)
    values[":ua"] = number(after.updated_at)
    update = "SET #ua = :ua"
    if after.tags:
        update += ", #tg = :new"
        values[":new"] = texts(after.tags)
    else:
        update += " REMOVE #tg"
    return [
        {
            "Update": {
                "TableName": table,
                "Key": keys.entry(before.org_id, before.run_id, before.id),
                "UpdateExpression": update,
                "ConditionExpression": condition,
                "ExpressionAttributeNames": {"#tg": TAGS, "#ua": UPDATED_AT},
                "ExpressionAttributeValues": values,
            }
        },
        *(_delete_link(table, before, link) for link in sorted(old - new)),
        *(_put_link(table, after, link) for link in sorted(new - old)),
    ]


def delete_actions(table: str, entries: Sequence[EntryState]) -> "Actions":
    """The entries, first and in order, each on condition that its tags are those given; then all their links."""
    return [
        *(_delete_entry(table, entry) for entry in entries),
        *(_delete_link(table, entry, link) for entry in entries for link in _links(entry)),
    ]


def _links(entry: EntryState) -> list[Link | TagLink]:
    return [Link(entry.key, entry.id), *_tag_links(entry)]


def _tag_links(entry: EntryState) -> list[TagLink]:
    return [TagLink(tag, entry.key, entry.id) for tag in entry.tags]


def _tags_are(entry: EntryState) -> tuple[str, Item]:
    """The condition that an entry exists with exactly these tags, and its values. An empty list is not stored."""
    if entry.tags:
        return "attribute_exists(pk) AND #tg = :tg", {":tg": texts(entry.tags)}
    return "attribute_exists(pk) AND attribute_not_exists(#tg)", {}


def _delete_entry(table: str, entry: EntryState) -> "TransactWriteItemTypeDef":
    condition, values = _tags_are(entry)
    action: TransactWriteItemTypeDef = {
        "Delete": {
            "TableName": table,
            "Key": keys.entry(entry.org_id, entry.run_id, entry.id),
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {"#tg": TAGS},
        }
    }
    if values:
        action["Delete"]["ExpressionAttributeValues"] = values
    return action


def _put_link(table: str, entry: EntryState, link: Link | TagLink) -> "TransactWriteItemTypeDef":
    return {"Put": {"TableName": table, "Item": _link_item(entry, link)}}


def _link_item(entry: EntryState, link: Link | TagLink) -> Item:
    return {**keys.link(entry.org_id, entry.run_id, link), **keys.indexed(entry.org_id, link)}


def _delete_link(table: str, entry: EntryState, link: Link | TagLink) -> "TransactWriteItemTypeDef":
    return {"Delete": {"TableName": table, "Key": keys.link(entry.org_id, entry.run_id, link)}}
