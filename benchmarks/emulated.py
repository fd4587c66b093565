"""An emulated AWS for a measurement, whose calls are counted."""

import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from chalicelib.adapters.aws import aws_ports
from chalicelib.config import Settings
from foreman_engine.service.ports import Ports
from infra.local import environment
from infra.local.cloud import ensure_state, local_session
from infra.local.home import TEMPLATE, Home, folders
from infra.local.ministack import ministack

WRITES: Final = frozenset({"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchWriteItem"})
_START_S: Final = 30


@dataclass
class Usage:
    """DynamoDB's own word of what calls consumed, in capacity units by operation, and how many calls there were."""

    units: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)

    @property
    def write_units(self) -> float:
        """Write units of everything since the last reset."""
        return sum(units for operation, units in self.units.items() if operation in WRITES)

    def reset(self) -> None:
        """Begin to count anew."""
        self.units.clear()
        self.calls.clear()

    def ask(self, params: dict[str, Any], **_: Any) -> None:
        """Before a call: ask DynamoDB to tell the capacity consumed."""
        params["ReturnConsumedCapacity"] = "TOTAL"

    def note(self, parsed: dict[str, Any], model: Any, **_: Any) -> None:
        """After a call: note what it consumed."""
        consumed = parsed.get("ConsumedCapacity", [])
        parts = consumed if isinstance(consumed, list) else [consumed]
        self.calls[model.name] += 1
        self.units[model.name] += sum(part["CapacityUnits"] for part in parts)


@contextmanager
def emulated_ports() -> Iterator[tuple[Ports, Usage]]:
    """The AWS ports on a MiniStack of their own, and what they consume there. Write units are AWS's; read units are not."""
    ends_at = time.monotonic() + _START_S
    base = dict(os.environ)  # noqa: TID251 - a benchmark is an entry point
    usage = Usage()
    with (
        TemporaryDirectory() as home,
        folders(Home(Path(home)), ephemeral=True) as dirs,
        ministack(dirs, base, None, [], ends_at) as (url, _),
    ):
        session = local_session(environment.REGION)
        outputs = ensure_state(session, url, environment.STAGE, TEMPLATE.read_text(), ends_at)
        for operation in (*WRITES, "GetItem", "BatchGetItem", "Query"):
            session.events.register(f"provide-client-params.dynamodb.{operation}", usage.ask)
            session.events.register(f"after-call.dynamodb.{operation}", usage.note)
        settings = Settings.from_env(environment.server({}, url, outputs))
        yield aws_ports(settings, session), usage
