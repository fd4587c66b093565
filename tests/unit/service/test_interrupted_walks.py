"""Cancel and retry of a run that die, or are overtaken, at any port call: what they began is finished by itself."""

import pytest

from foreman_contract.enums import RunStatus
from foreman_contract.runs import PatchRun
from tests.unit.engine.simulation.applications import Application, Order
from tests.unit.engine.simulation.faults import Fault, Kind, When
from tests.unit.engine.simulation.rest import check_rest, come_to_rest
from tests.unit.engine.simulation.world import World

CALLS = range(1, 12)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def app(world: World) -> Application:
    return Application(world)


@pytest.fixture
def run_id(app: Application) -> str:
    app.create_run(False, None)
    [run_id] = app.run_ids()
    app.create_tasks(run_id, [Order()], "k", None)
    return run_id


def rest(world: World) -> None:
    come_to_rest(world)
    check_rest(world)


@pytest.mark.parametrize("call", CALLS)
def test_a_cancel_that_was_overtaken_by_a_cancel_and_a_retry_leaves_a_hint_for_its_own_epoch(
    world: World, app: Application, run_id: str, call: int
) -> None:
    app.cancel_run(run_id, Fault(Kind.STALL, When.BEFORE, 4))
    app.cancel_run(run_id, None)
    app.retry_run(run_id, None)
    world.resume(0, Fault(Kind.CRASH, When.AFTER, call))
    rest(world)


@pytest.mark.parametrize("call", CALLS)
def test_a_run_that_is_ended_by_patch_while_a_retry_of_it_was_interrupted(
    world: World, app: Application, run_id: str, call: int
) -> None:
    app.cancel_run(run_id, None)
    come_to_rest(world)
    app.retry_run(run_id, Fault(Kind.CRASH, When.AFTER, call))
    app.patch_run(run_id, PatchRun(status=RunStatus.COMPLETED), None)
    rest(world)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("when", [When.BEFORE, When.AFTER])
def test_a_cancel_that_passes_what_another_wrote_before_it_died(
    world: World, app: Application, run_id: str, call: int, when: When
) -> None:
    app.cancel_run(run_id, Fault(Kind.STALL, When.AFTER, 4))
    app.cancel_run(run_id, Fault(Kind.CRASH, when, call))
    world.resume(0, None)
    rest(world)
