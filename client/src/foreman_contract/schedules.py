"""Bodies of `/api/v1/schedules`."""

from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError
from pydantic_core.core_schema import ValidationInfo

from foreman_contract import limits
from foreman_contract.base import JsonObject, PatchModel, RequestModel, WireModel
from foreman_contract.enums import CatchUp, Overlap
from foreman_contract.fields import QueueName
from foreman_contract.pages import Pagination
from foreman_contract.tasks import NewTask

_Name = Annotated[str, Field(min_length=1, max_length=limits.MAX_SCHEDULE_NAME_CHARS)]
_Cron = Annotated[str, Field(min_length=1, max_length=limits.MAX_CRON_CHARS)]
_EverySeconds = Annotated[int, Field(ge=limits.MIN_SCHEDULE_S, le=limits.MAX_SCHEDULE_S)]
_TimeZone = Annotated[str, Field(min_length=1, max_length=limits.MAX_TIME_ZONE_CHARS)]


def _alone(every_seconds: int | None, info: ValidationInfo) -> int | None:
    if every_seconds is not None and info.data.get("cron") is not None:
        raise PydanticCustomError("both_timings", "must not be given together with cron")
    return every_seconds


class Template(RequestModel):
    """The run that a fire creates, with its tasks: as POST /api/v1/runs takes it. `autoComplete` defaults to true."""

    payload_fields: ClassVar[frozenset[str]] = frozenset({"input_data"})

    input_data: Any
    metadata: JsonObject | None = None
    tasks: Annotated[list[NewTask], Field(min_length=1, max_length=limits.MAX_TASKS_PER_CALL)]
    auto_complete: bool = True
    result_queue: QueueName | None = None


class Schedule(WireModel):
    """A schedule as it is answered."""

    id: str
    org_id: str
    name: str
    cron: str | None = None
    every_seconds: int | None = None
    time_zone: str
    template: JsonObject | None = None
    template_omitted: bool | None = None
    """True in a list when the template is over 64 KB: get the schedule by its id to see it."""
    overlap: Annotated[Overlap, Field(strict=False)]
    catch_up: Annotated[CatchUp, Field(strict=False)]
    paused: bool
    next_fire_at: int
    """The next fire, epoch milliseconds; while it is paused, what it would be."""
    last_fire_at: int | None = None
    """When the last run was started, epoch milliseconds."""
    last_run_id: str | None = None
    created_at: int
    updated_at: int


class CreateSchedule(RequestModel):
    """POST /api/v1/schedules: a run is started by `cron` (five fields, in `timeZone`) or `everySeconds`, from now on."""

    name: _Name
    cron: _Cron | None = None
    every_seconds: _EverySeconds | None = None
    time_zone: _TimeZone = "UTC"
    template: Template
    overlap: Annotated[Overlap, Field(strict=False)] = Overlap.SKIP
    catch_up: Annotated[CatchUp, Field(strict=False)] = CatchUp.ONCE
    paused: bool = False

    @field_validator("every_seconds")
    @classmethod
    def _refuse_both(cls, value: int | None, info: ValidationInfo) -> int | None:
        return _alone(value, info)

    @model_validator(mode="after")
    def _refuse_none(self) -> Self:
        if self.cron is None and self.every_seconds is None:
            raise PydanticCustomError("no_timing", "either cron or everySeconds is required")
        return self


class PatchSchedule(PatchModel):
    """PATCH /api/v1/schedules/{id}. `cron` takes the place of `everySeconds`, and the other way round; a template is replaced whole."""

    name: _Name | None = None
    cron: _Cron | None = None
    every_seconds: _EverySeconds | None = None
    time_zone: _TimeZone | None = None
    template: Template | None = None
    overlap: Annotated[Overlap, Field(strict=False)] | None = None
    catch_up: Annotated[CatchUp, Field(strict=False)] | None = None
    paused: bool | None = None

    @field_validator("every_seconds")
    @classmethod
    def _refuse_both(cls, value: int | None, info: ValidationInfo) -> int | None:
        return _alone(value, info)


class SchedulePage(WireModel):
    """GET /api/v1/schedules."""

    data: list[Schedule]
    pagination: Pagination


class DeletedSchedule(WireModel):
    """DELETE /api/v1/schedules/{id}."""

    deleted: int
