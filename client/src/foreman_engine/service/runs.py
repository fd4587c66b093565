"""Runs: create, get, patch, list."""

from dataclasses import dataclass, replace
from typing import Final

from foreman_contract import limits
from foreman_contract.enums import RunStatus
from foreman_contract.runs import CreateRun, PatchRun, Run
from foreman_engine.domain.errors import (
    AlreadyDoneError,
    ConflictError,
    IdTakenError,
    NotFoundError,
    StaleError,
    UnavailableError,
)
from foreman_engine.domain.patches import RunPatch, patch_run
from foreman_engine.domain.payload import Payload, bounded, payload
from foreman_engine.domain.putting_back import retried_run
from foreman_engine.domain.runs import RunState
from foreman_engine.domain.work import Work
from foreman_engine.service import settle, walks
from foreman_engine.service.idempotency import IdempotencyKey, made_before
from foreman_engine.service.ports import Ports
from foreman_engine.service.views import run_view

_TRIES: Final = 8


@dataclass(frozen=True, slots=True)
class Created:
    """A run, and whether an earlier request with the same idempotency key made it."""

    run: Run
    replayed: bool


def create_run(ports: Ports, org_id: str, request: CreateRun, key: IdempotencyKey | None = None) -> Created:
    """Create a run, `pending`.

    Raises:
        TooLargeError: a payload is over its limit.
        KeyReusedError: the idempotency key came with another body before.
    """
    if (made := made_before(ports.keys, org_id, key)) is not None:
        return Created(get_run(ports, org_id, made[0]), replayed=True)
    for _ in range(_TRIES):
        now = ports.clock.now_ms()
        run = new_run(ports.ids.run_id(now), org_id, request, now)
        try:
            ports.runs.create(run, key.record((run.id,), now) if key else None)
        except IdTakenError:
            continue
        except AlreadyDoneError as done:
            if key is None:
                raise
            return Created(get_run(ports, org_id, key.replayed(done)[0]), replayed=True)
        return Created(run_view(run), replayed=False)
    raise UnavailableError("No free run id was drawn.")


def new_run(run_id: str, org_id: str, request: CreateRun, now: int) -> RunState:
    """The run that a request asks for, `pending` and without tasks."""
    return RunState(
        id=run_id,
        org_id=org_id,
        status=RunStatus.PENDING,
        input_data=payload(request.input_data, "inputData"),
        metadata=metadata_payload(request.metadata),
        auto_complete=request.auto_complete,
        result_queue=request.result_queue,
        created_at=now,
        updated_at=now,
    )


def metadata_payload(metadata: dict[str, object] | None) -> Payload | None:
    """`metadata` as stored.

    Raises:
        TooLargeError: it is over 16 KB.
    """
    if metadata is None:
        return None
    return Payload(bounded(metadata, "metadata", limits.MAX_METADATA_BYTES))


def read_run(ports: Ports, org_id: str, run_id: str) -> RunState:
    """The run as stored, strongly consistent, without counts; payloads may be unloaded.

    Raises:
        NotFoundError: this organization has no such run.
    """
    found = ports.runs.get(org_id, [run_id])
    if run_id not in found:
        raise NotFoundError("There is no such run.")
    return found[run_id]


def get_run(ports: Ports, org_id: str, run_id: str) -> Run:
    """A run with its counters, strongly consistent.

    Raises:
        NotFoundError: this organization has no such run.
    """
    return run_view(_whole(ports, read_run(ports, org_id, run_id)))


def _whole(ports: Ports, run: RunState) -> RunState:
    [loaded] = ports.runs.load([run])
    return replace(loaded, counts=ports.runs.counts(run.org_id, run.id))


def update_run(ports: Ports, org_id: str, run_id: str, request: PatchRun) -> Run:
    """Patch a run; an end has all its effects before the answer. Repeating a patch changes nothing.

    Raises:
        NotFoundError: this organization has no such run.
        ConflictError: the run has ended, or the status may not follow.
        TooLargeError: a payload is over its limit.
    """
    patch = _run_patch(request)
    announced: Work | None = None
    for _ in range(_TRIES):
        [run] = ports.runs.load([read_run(ports, org_id, run_id)])
        after = patch_run(run, patch, ports.clock.now_ms())
        if after is not None:
            # Another cancel and a retry may have come between: a hint is good for one epoch.
            if after.ended and announced != (hint := _hint(after)):
                settle.announce(ports, hint)
                announced = hint
            try:
                run = ports.runs.save(run, after)
            except StaleError:
                continue
        _take_effect(ports, run)
        return get_run(ports, org_id, run_id)
    raise UnavailableError("The run is changing too fast to be patched.")


def _hint(run: RunState) -> Work:
    """What the work queue must finish if this request dies after its write."""
    if run.hold:
        return Work(run.org_id, run.id, kind=walks.kind_of(run), epoch=run.epoch)
    return Work(run.org_id, run.id)


def _take_effect(ports: Ports, run: RunState) -> None:
    if run.hold:
        walks.walk(ports, run, walks.INLINE_PAGES)
    elif run.ended:
        settle.settle(ports, run.org_id, run.id)


def cancel_run(ports: Ports, org_id: str, run_id: str) -> Run:
    """Cancel a run at once: from the answer on nothing of it starts. Cancelling again changes nothing.

    Its tasks are marked before the answer when they are few (200), else within two minutes by the work queue.

    Raises:
        NotFoundError: this organization has no such run.
        ConflictError: the run has ended otherwise.
    """
    return update_run(ports, org_id, run_id, PatchRun(status=RunStatus.CANCELLED))


def retry_run(ports: Ports, org_id: str, run_id: str) -> Run:
    """Run an ended run's failed and cancelled tasks again; completed ones keep their output.

    They are put back before the answer when they are few (200), else within two minutes by the work queue.

    Raises:
        NotFoundError: this organization has no such run.
        ConflictError: the run or one of its tasks has not ended.
    """
    for _ in range(_TRIES):
        run = read_run(ports, org_id, run_id)
        open_tasks = run.total_tasks - ports.runs.counts(org_id, run_id).ended
        if not run.ended or run.hold or open_tasks:
            raise ConflictError("Only a run that has ended, and all its tasks with it, can be retried.")
        after = retried_run(run, ports.clock.now_ms())
        settle.announce(ports, _hint(after))
        try:
            run = ports.runs.save(run, after)
        except StaleError:
            continue
        _take_effect(ports, run)
        return get_run(ports, org_id, run_id)
    raise UnavailableError("The run is changing too fast to be retried.")


def _run_patch(request: PatchRun) -> RunPatch:
    given = request.model_fields_set
    return RunPatch(
        status=request.status,
        output_data=payload(request.output_data, "outputData") if "output_data" in given else None,
        error_data=payload(request.error_data, "errorData") if "error_data" in given else None,
        metadata=metadata_payload(request.metadata),
    )
