"""The links of a run's data as they are stored, and what they must be."""

from foreman_engine.domain.links import AFTER_KEYS, FIRST, LAST, Link, TagLink
from foreman_engine.domain.run_data import EntryState
from foreman_engine.service.ports import Ports

_ALL = 10_000


def entries_of(ports: Ports, org_id: str, run_id: str) -> list[EntryState]:
    """Every entry, oldest first."""
    return list(ports.run_data.of_run(org_id, run_id, _ALL, None, ascending=True).entries)


def links_of(ports: Ports, org_id: str, run_id: str) -> list[Link | TagLink]:
    """Every link of a key or a tag."""
    everywhere = TagLink("", "", ""), TagLink(AFTER_KEYS, "", "")
    return [
        *ports.run_data.links(org_id, run_id, None, FIRST, LAST, _ALL, ascending=True),
        *ports.run_data.tag_links(org_id, run_id, *everywhere, _ALL, ascending=True),
    ]


def check_links(ports: Ports, org_id: str, run_id: str) -> list[EntryState]:
    """The run's entries, whose links are there, and no others; payloads can be loaded."""
    entries = entries_of(ports, org_id, run_id)
    wanted: list[Link | TagLink] = [Link(entry.key, entry.id) for entry in entries]
    wanted += [TagLink(tag, entry.key, entry.id) for entry in entries for tag in entry.tags]
    assert sorted(links_of(ports, org_id, run_id)) == sorted(wanted)
    assert len(ports.run_data.load(entries)) == len(entries)
    return entries
