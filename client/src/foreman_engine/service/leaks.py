"""Leaks: payloads to which no record refers. A write that died left them, or lost, or a later one took their place.

A payload is written before the record that refers to it, so a young one may still be awaited. An old one that is not referred
to never will be: names never come back. Names are read before records, so that nothing is taken for a leak that was written
in between.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

from foreman_engine.domain.ids import run_address
from foreman_engine.service.all_runs import all_rows
from foreman_engine.service.outside_payloads import StoredPayload
from foreman_engine.service.ports import Ports

SETTLED_MS: Final = 10 * 60_000
"""Older than this no write is under way: a request ends within 30 s. The rest is for clocks that differ.

Source: "Signature Version 4": AWS refuses a request whose clock is over 5 minutes off.
"""
SETTLED_BY_ONE_CLOCK_MS: Final = 60_000
"""The same where the servers and whoever judges have one clock, as on one machine."""


@dataclass(frozen=True, slots=True)
class Leaks:
    """Payloads of one run that nobody refers to: how many were removed, and how many were too `young` to be sure.

    `run_id` is None when there is no run at the address. Payloads that share an item count as one.
    """

    org_id: str
    address: str
    run_id: str | None
    removed: int
    young: int


def remove_leaks(ports: Ports, org_id: str, idle_ms: int, settled_ms: int = SETTLED_MS) -> Iterator[Leaks]:
    """Remove the organization's leaks that are older than `idle_ms`, and than `settled_ms`; what was found, run by run.

    Raises:
        UnavailableError: a store was away; running it again does the rest.
    """
    before = ports.clock.now_ms() - max(idle_ms, settled_ms)
    created = (run_address(row.id) or "" for rows in all_rows(ports, org_id) for row in rows)
    for address in chain(created, ports.payloads.never_created(org_id)):
        yield from _remove(ports, org_id, address, ports.payloads.beside(org_id, address), before)
    for address, stored in ports.payloads.apart(org_id):
        yield from _remove(ports, org_id, address, stored, before)


def _remove(
    ports: Ports, org_id: str, address: str, stored: Sequence[StoredPayload], before: int
) -> Iterator[Leaks]:
    if not stored:
        return
    referred = ports.payloads.referred(org_id, address)
    leaked = [each for each in stored if each.name not in referred.names]
    old = [each.name for each in leaked if each.at < before]
    ports.payloads.remove(org_id, address, old)
    if leaked:
        yield Leaks(org_id, address, referred.run_id, len(old), len(leaked) - len(old))
