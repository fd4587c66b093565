"""How keys are spelled: a change here moves stored records."""

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.adapters.dynamo import index_keys, keys, run_data_keys
from chalicelib.adapters.dynamo.attributes import Item
from foreman_contract.enums import RunStatus, TaskStatus
from foreman_engine.domain.ids import make_run_id, make_task_id
from foreman_engine.domain.links import AFTER_IDS, FIRST, LAST, Link, TagLink
from foreman_engine.domain.payload import Payload
from foreman_engine.domain.runs import RunState
from foreman_engine.domain.tasks import TaskState

RUN = "019b76da-a800-7abc-8123-456789abcdef"
TASK = "019b76da-a800-8abc-8000-000000200002"
SHARDED = "019b76da-a800-8abc-8000-000000218002"
ENTRY = "019b76da-a800-7123-8000-000000000005"


@pytest.mark.parametrize(
    ("key", "pk", "sk"),
    [
        (keys.run("acme", RUN), "acme#019b76daa800abc", "#run"),
        (keys.counter("acme", RUN, 7), "acme#019b76daa800abc", "#c#07"),
        (keys.task("acme", TASK), "acme#019b76daa800abc", "t#0000000000200002"),
        (keys.task("acme", SHARDED), "acme#019b76daa800abc#3", "t#0000000000218002"),
        (keys.rate_window("acme", "ab12", 900, 7), "acme#rate#ab12", "900#000000000007"),
        (run_data_keys.entry("acme", RUN, ENTRY), "acme#019b76daa800abc#d", ENTRY),
        (run_data_keys.link("acme", RUN, Link("k", ENTRY)), "acme#019b76daa800abc#k", f"k\x1f{ENTRY}"),
        (
            run_data_keys.link("acme", RUN, TagLink("t", "k", ENTRY)),
            "acme#019b76daa800abc#t",
            f"t\x1fk\x1f{ENTRY}",
        ),
        (keys.run_at("acme", "019b76daa800abc"), "acme#019b76daa800abc", "#run"),
        (keys.coming_run("acme", RUN), "acme#new#4", "019b76daa800abc"),
        (keys.api_key("acme", "ab"), "acme#keys", "ab"),
        (keys.organization("acme"), "#orgs", "acme"),
        (keys.idempotency("acme", "scope"), "acme#idem#scope", "-"),
        (keys.payload(keys.task_place("acme", SHARDED), "p#x"), "acme#019b76daa800abc#3", "p#x"),
        (keys.payload(keys.run_place("acme", RUN), "p#x"), "acme#019b76daa800abc", "p#x"),
        (keys.payload(run_data_keys.entry_place("acme", RUN), "p#x"), "acme#019b76daa800abc#p", "p#x"),
    ],
)
def test_vectors(key: Item, pk: str, sk: str) -> None:
    assert key == {"pk": {"S": pk}, "sk": {"S": sk}}


def test_runs_are_indexed_by_their_times_and_status() -> None:
    pending = RunState(
        RUN, "acme", RunStatus.PENDING, Payload("1"), created_at=1_767_225_600_000, updated_at=0
    )
    entries = {"gpk": {"S": "acme#7"}, "gsk": {"S": f"001767225600000#{RUN}"}}
    assert index_keys.run_entries(pending) == {**entries, "hpk": {"S": "acme#pending#7"}}
    ended = replace(pending, status=RunStatus.FAILED, started_at=5, completed_at=6)
    assert index_keys.run_entries(ended) == {
        **entries,
        "hpk": {"S": "acme#failed#7"},
        "spk": {"S": "acme#7"},
        "ssk": {"S": f"000000000000005#{RUN}"},
        "cpk": {"S": "acme#7"},
        "csk": {"S": f"000000000000006#{RUN}"},
    }


def test_tasks_are_indexed_by_creation_and_the_failed_and_cancelled_alone_as_well() -> None:
    task = TaskState(TASK, RUN, "acme", "t", TaskStatus.QUEUED, Payload("1"), created_at=258, updated_at=0)
    entries = {"gpk": {"S": "acme#2"}, "gsk": {"B": b"\x00\x00\x00\x00\x01\x02" + UUID(TASK).bytes}}
    assert index_keys.task_entries(task) == entries
    for status in (TaskStatus.FAILED, TaskStatus.CANCELLED):
        found = index_keys.task_entries(replace(task, status=status))
        assert found == {**entries, "epk": {"S": f"acme#{status}#2"}}


def test_links_are_spread_over_the_partitions_of_their_index_by_their_entry() -> None:
    assert run_data_keys.indexed("acme", Link("k", ENTRY)) == {"kpk": {"S": "acme#5"}}
    assert run_data_keys.indexed("acme", TagLink("t", "k", ENTRY[:-1] + "f")) == {"tpk": {"S": "acme#7"}}


def test_objects_lie_below_their_organization_and_run() -> None:
    ref = keys.payload_object("abc")
    assert keys.object_path(keys.task_place("acme", TASK), ref) == "acme/019b76daa800abc/abc"
    assert keys.object_path(keys.task_place("acme", TASK), keys.payload_item("abc")) is None


@given(
    st.integers(0, (1 << 47) - 1),
    st.integers(0, (1 << 74) - 1),
    st.integers(0, 1 << 40),
    st.integers(0, (1 << 15) - 1),
    st.integers(0, 63),
)
def test_a_tasks_key_tells_its_id(now: int, random74: int, since: int, sequence: int, shard: int) -> None:
    uid = make_task_id(make_run_id(now, random74), now + since, sequence, shard)
    key = keys.task("acme", uid)
    assert keys.task_id(key) == uid
    spread = keys.tasks("acme", make_run_id(now, random74))
    assert spread.low <= key["sk"]["S"] <= spread.high


def test_ranges_hold_their_own_and_nothing_else() -> None:
    for spread, inside, outside in (
        (keys.counters("acme", RUN), ["#c#00", "#c#15"], ["#run", "p#x"]),
        (keys.run_and_counters("acme", RUN), ["#c#00", "#c#15", "#run"], ["p#x"]),
        (keys.tasks("acme", RUN), ["t#0000000000000000", "t#ffffffffffffffff"], ["p#zzz"]),
        (
            run_data_keys.links("acme", RUN, None, Link("k", ""), Link("k", AFTER_IDS)),
            [f"k\x1f{ENTRY}"],
            [f"ka\x1f{ENTRY}", f"k \x1f{ENTRY}", f"j\x1f{ENTRY}"],
        ),
        (
            run_data_keys.links("acme", RUN, "t", FIRST, LAST),
            [f"t\x1fk\x1f{ENTRY}", f"t\x1f{chr(0x10FFFF) * 120}\x1f{ENTRY}"],
            [f"t \x1fk\x1f{ENTRY}", f"tt\x1fk\x1f{ENTRY}", f"s\x1fk\x1f{ENTRY}"],
        ),
        (
            run_data_keys.tag_links("acme", RUN, TagLink("t", "", ""), TagLink("u", "", "")),
            [f"t\x1fk\x1f{ENTRY}", f"tz\x1fk\x1f{ENTRY}"],
            [f"u\x1fk\x1f{ENTRY}", f"s\x1fk\x1f{ENTRY}"],
        ),
        (
            keys.rate_windows("acme", "ab12", 90),
            ["90#000000000001", "90#999999999999"],
            ["9#000000000001", "900#000000000001"],
        ),
        (keys.organizations(), ["-", "0", "a-b", "z" * 32], []),
    ):
        assert all(spread.low <= sk <= spread.high for sk in inside)
        assert not any(spread.low <= sk <= spread.high for sk in outside)


def test_a_key_is_made_of_the_right_kind_of_id() -> None:
    with pytest.raises(ValueError, match="not a run id"):
        keys.run("acme", TASK)
    with pytest.raises(ValueError, match="not a task id"):
        keys.task("acme", RUN)
