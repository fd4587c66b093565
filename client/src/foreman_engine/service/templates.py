"""Templates: the run that a schedule starts, checked when it is written, so that no fire finds out."""

from collections.abc import Sequence
from typing import Final

from foreman_contract import limits
from foreman_contract.runs import CreateRun
from foreman_contract.schedules import Template
from foreman_engine.domain.errors import Fault, InvalidError
from foreman_engine.domain.payload import Payload, bounded, payload
from foreman_engine.domain.waits import check_starts
from foreman_engine.domain.wiring import wire

_PATH: Final = "template"


def check_template(template: Template, now: int) -> None:
    """Whether a run can be created from it.

    Raises:
        InvalidError: its tasks do not fit together, or name tasks that a new run cannot have; the faults name them.
        TooLargeError: one of its payloads is over its limit.
    """
    try:
        check_starts(template.tasks, now, batch=True)
        wired = wire(template.tasks, batch=True)
    except InvalidError as error:
        raise _invalid(error.faults) from error
    foreign = [
        Fault(each.path, "must be the ref of a task of the template")
        for wires in wired
        for each in wires
        if each.place is None
    ]
    foreign += [
        Fault(f"tasks[{at}].parentTaskId", "cannot be in a template: every fire makes new tasks")
        for at, task in enumerate(template.tasks)
        if task.parent_task_id is not None
    ]
    if foreign:
        raise _invalid(foreign)
    _check_sizes(template.input_data, template.metadata, _PATH)
    for at, task in enumerate(template.tasks):
        _check_sizes(task.input_data, task.metadata, f"{_PATH}.tasks[{at}]")


def template_of(stored: Payload) -> Template:
    """The template that was stored; it must be loaded."""
    return Template.model_validate(stored.value(), by_alias=True, by_name=False)


def creation_of(template: Template) -> CreateRun:
    """The request that a template stands for."""
    given = {name: getattr(template, name) for name in template.model_fields_set}
    return CreateRun(**{"auto_complete": template.auto_complete, **given})


def _invalid(faults: Sequence[Fault]) -> InvalidError:
    named = [Fault(f"{_PATH}.{fault.path}", fault.message) for fault in faults]
    return InvalidError(f"The template is not valid: {named[0].path} {named[0].message}.", named)


def _check_sizes(input_data: object, metadata: dict[str, object] | None, path: str) -> None:
    payload(input_data, f"{path}.inputData")
    if metadata is not None:
        bounded(metadata, f"{path}.metadata", limits.MAX_METADATA_BYTES)
