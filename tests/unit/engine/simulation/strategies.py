"""What hypothesis chooses from."""

from typing import Any

from hypothesis import strategies as st

from foreman_contract.enums import ReportStatus, RunStatus, TaskStatus
from foreman_contract.tasks import RetryPolicy
from tests.unit.engine.simulation.applications import Order
from tests.unit.engine.simulation.faults import Fault, Kind, When
from tests.unit.engine.simulation.workers import Hearing, How

picks = st.integers(0, 11)
masks = st.integers(1, 63)
moments = st.sampled_from(list(When))
places = st.builds(lambda call: (call, True), st.integers(1, 5)) | st.tuples(
    st.integers(1, 12), st.just(False)
)


def failing(kinds: st.SearchStrategy[Kind]) -> st.SearchStrategy[Fault]:
    return st.builds(lambda kind, when, place: Fault(kind, when, *place), kinds, moments, places)


faults = st.none() | failing(st.sampled_from(list(Kind)))
stalls = failing(st.just(Kind.STALL))
hearings = st.builds(Hearing, faults, st.booleans(), st.booleans()) | st.just(Hearing())
orders = st.lists(
    st.builds(
        Order,
        enqueue=st.sampled_from([True, True, True, False]),
        max_retries=st.integers(0, 2),
        timeout_s=st.sampled_from([None, None, 20, 100]),
        policy=st.sampled_from([None, RetryPolicy(initial_seconds=2000, factor=1, max_seconds=2000)]),
        delay_s=st.sampled_from([None, None, None, 3, 2000]),
        behind=st.sampled_from([(), ()]) | st.lists(picks, max_size=2).map(tuple),
        inner=st.sampled_from([0, 1, 2, 3, 3, 3]),
        fan_in=st.sampled_from([None, None, "all", "any", 1, 2]),
        allow_failure=st.sampled_from([False, False, True]),
    ),
    min_size=1,
    max_size=3,
)
reports = st.builds(
    How,
    st.sampled_from(list(ReportStatus)),
    retryable=st.sampled_from([True, True, False]),
    delay_s=st.sampled_from([None, 0, 1.5, 40, 1000, 7200]),
)
others = st.sampled_from([{}, {}, {"attempt": 1}, {"output_data": "patched"}, {"output_data": "p" * 300}])
task_patches = st.builds(
    lambda given, more: {**given, **more},
    st.builds(dict, status=st.sampled_from(list(TaskStatus))) | st.just({"metadata": {"m": 1}}),
    others,
)
run_patches: st.SearchStrategy[dict[str, Any]] = st.builds(
    dict, status=st.sampled_from(list(RunStatus))
) | st.just({"output_data": "patched"})
WORDS = {
    "report": How(),
    "fail": How(ReportStatus.FAILED),
    "release": How(ReportStatus.RELEASED),
}
verbs = st.sampled_from(
    [
        "claim",
        "heartbeat",
        "end_run",
        "work",
        "sweep",
        "cancel_run",
        "retry_run",
        "cancel_task",
        "retry_task",
        *WORDS,
    ]
)
visibilities = st.sampled_from([1000, 30_000, 65_000])
