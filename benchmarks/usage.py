"""What calls to DynamoDB cost, in its own words."""

import threading
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from boto3.session import Session

from chalicelib.adapters.dynamo.capacity import READS, WRITES, ask, units_of


class RefusedCallError(AssertionError):
    """A call was made that must not be made here; a Scan, for one."""


@dataclass
class Usage:
    """DynamoDB's own word of what calls consumed, in capacity units by operation, and how many calls there were."""

    units: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    calls: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def write_units(self) -> float:
        """Write units of everything since the last reset."""
        return sum(units for operation, units in self.units.items() if operation in WRITES)

    @property
    def read_units(self) -> float:
        """Read units of everything since the last reset."""
        return sum(units for operation, units in self.units.items() if operation in READS)

    def reset(self) -> None:
        """Begin to count anew."""
        with self._lock:
            self.units.clear()
            self.calls.clear()

    def watch(self, session: Session) -> None:
        """Count the calls of clients that the session makes from here on, and refuse all but reads and writes of items.

        A refused call raises RefusedCallError and is not sent: nothing that the service does may scan a table.
        """
        session.events.register("provide-client-params.dynamodb", self._ask)
        session.events.register("after-call.dynamodb", self._note)

    def _ask(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        if model.name not in WRITES | READS:
            raise RefusedCallError(f"DynamoDB's {model.name} is not to be called")
        ask(params)

    def _note(self, parsed: dict[str, Any], model: Any, **_: Any) -> None:
        with self._lock:
            self.calls[model.name] += 1
            self.units[model.name] += units_of(parsed)
