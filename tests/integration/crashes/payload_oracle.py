"""What lies in tables and bucket, read in their raw form: the payloads that are there, and those that records refer to."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from chalicelib.config import Settings


@dataclass(frozen=True)
class PayloadOracle:
    """Raw clients of what is looked at."""

    settings: Settings
    dynamodb: Any
    s3: Any

    def lying(self, org_id: str) -> set[str]:
        """Every payload of an organization, as `table pk sk` or as the path of an object."""
        items = {
            f"{table} {item['pk']['S']} {item['sk']['S']}"
            for table, item in self._items(org_id)
            if item["sk"]["S"].startswith("p#")
        }
        listed = self.s3.list_objects_v2(Bucket=self.settings.bucket, Prefix=f"{org_id}/")
        assert not listed["IsTruncated"]
        return items | {found["Key"] for found in listed.get("Contents", [])}

    def referred(self, org_id: str) -> set[str]:
        """Every payload that some record names, spelled in the same way."""
        return {
            _spelled(table, item["pk"]["S"], value["S"])
            for table, item in self._items(org_id)
            if not item["sk"]["S"].startswith("p#")
            for name, value in item.items()
            if name not in ("pk", "sk") and value.get("S", "").startswith(("p#", "o#"))
        }

    def _items(self, org_id: str) -> Iterator[tuple[str, dict[str, Any]]]:
        settings = self.settings
        for table in (settings.runs_table, settings.tasks_table, settings.run_data_table):
            pages = self.dynamodb.get_paginator("scan").paginate(
                TableName=table,
                FilterExpression="begins_with(pk, :org)",
                ExpressionAttributeValues={":org": {"S": f"{org_id}#"}},
            )
            yield from ((table, item) for page in pages for item in page["Items"])


def _spelled(table: str, pk: str, ref: str) -> str:
    if ref.startswith("o#"):
        org_id, address, *_ = pk.split("#")
        return f"{org_id}/{address}/{ref[2:]}"
    where = pk.removesuffix("d") + "p" if pk.endswith("#d") else pk
    return f"{table} {where} {ref.split('~')[0]}"
