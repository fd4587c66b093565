"""Of sixteen workers that claim a task at once one gets it: threads where the world is in this process, else processes."""

from collections import Counter

from foreman_contract.enums import TaskStatus
from tests.contract.backends import Backend
from tests.contract.claimers import claim, claim_in_processes
from tests.contract.states import Maker
from tests.contract.test_races import RACERS, race


def test_one_of_sixteen_workers_gets_the_task(backend: Backend, make: Maker) -> None:
    task = make.stored_task(enqueue=True)
    if backend.shared is not None:
        outcomes = claim_in_processes(backend.shared, make.org_id, task.id, RACERS)
    else:
        steps = [
            lambda number=number: claim(backend.ports, make.org_id, task.id, number).outcome.value
            for number in range(RACERS)
        ]
        outcomes = race(steps)
    assert Counter(outcomes) == {"claimed": 1, "leased": RACERS - 1}
    held = make.read_task(task.id)
    assert (held.status, held.attempt, held.rev) == (TaskStatus.RUNNING, 1, 1)
    winner = int((held.claim_id or "").removeprefix("c"))
    again = claim(backend.ports, make.org_id, task.id, winner)
    assert again.outcome.value == "claimed"
    assert make.read_task(task.id).attempt == 1
