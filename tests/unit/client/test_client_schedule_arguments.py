"""Wrong schedules and templates: what no service could take raises at the caller, and names what is wrong."""

from typing import Any

import pytest

from foreman_client import Foreman, Template
from foreman_contract.service import Config
from tests.unit.client.records import RUN_ID, SCHEDULE_ID, config_json, error_json, schedule_json
from tests.unit.client.stub_service import CONFIG, StubService, answer, serving

PLAIN: Template = {"input_data": None, "tasks": [{"type": "work", "input_data": 1}]}


def client_of(service: StubService) -> Foreman:
    return Foreman(CONFIG, Config.model_validate(config_json()), service.session())


def wrongly(**changes: Any) -> dict[str, Any]:
    return {"name": "n", "every_seconds": 60, "template": PLAIN} | changes


@pytest.mark.parametrize(
    ("operation", "arguments", "named"),
    [
        ("create_schedule", {"name": "n", "every_seconds": 60}, "template"),
        ("create_schedule", {"name": "n", "template": PLAIN}, "give either cron or every_seconds"),
        ("create_schedule", wrongly(cron="* * * * *"), "give either cron or every_seconds"),
        ("create_schedule", wrongly(name=None), "name must be str"),
        ("create_schedule", wrongly(name=7), "name must be str"),
        ("create_schedule", wrongly(every_seconds=60.0), "every_seconds must be int"),
        ("create_schedule", wrongly(time_zone=1), "time_zone must be str"),
        ("create_schedule", wrongly(overlap=True), "overlap must be str"),
        ("create_schedule", wrongly(catch_up=1), "catch_up must be str"),
        ("create_schedule", wrongly(paused="no"), "paused must be bool"),
        ("create_schedule", wrongly(idempotency_key=1), "idempotency_key must be str"),
        (
            "update_schedule",
            {"schedule_id": SCHEDULE_ID, "cron": "* * * * *", "every_seconds": 60},
            "give either cron or every_seconds",
        ),
        ("update_schedule", {"schedule_id": SCHEDULE_ID, "paused": 1}, "paused must be bool"),
        ("update_schedule", {"schedule_id": SCHEDULE_ID, "cron": 5}, "cron must be str"),
        ("fire_schedule", {"schedule_id": SCHEDULE_ID, "idempotency_key": 1}, "idempotency_key"),
        ("list_schedules", {"limit": "5"}, "limit must be int"),
        ("iterate_schedules", {"sort_by": "created_at"}, "sort_by"),
    ],
)
def test_wrong_arguments_raise_at_the_caller_and_nothing_is_sent(
    operation: str, arguments: dict[str, Any], named: str
) -> None:
    service = serving(answer(200, {}))
    with pytest.raises(TypeError, match=named):
        getattr(client_of(service), operation)(**arguments)
    assert service.requests == []


@pytest.mark.parametrize(
    ("template", "named"),
    [
        ("nightly", "template must be a dict, not str"),
        ({"tasks": []}, "template: .*input_data"),
        ({"input_data": None}, "template: .*tasks"),
        ({"input_data": None, "tasks": None}, "template: tasks must be a list, not NoneType"),
        ({"input_data": None, "tasks": {}}, "template: tasks must be a list, not dict"),
        ({"input_data": None, "tasks": ["t"]}, r"template: tasks\[0\] must be a dict"),
        (
            {"input_data": None, "tasks": [{"type": "t", "input_data": 1, "run_id": RUN_ID}]},
            r"template: tasks\[0\].*run_id",
        ),
        (
            {"input_data": None, "tasks": [{"type": "t", "input_data": 1, "fan_in": 1.5}]},
            r"template: tasks\[0\]: fan_in",
        ),
        ({"input_data": None, "tasks": [], "metadata": [1]}, "template: metadata"),
        ({"input_data": None, "tasks": [], "auto_complete": 1}, "template: auto_complete"),
        ({"input_data": None, "tasks": [], "result_queue": 1}, "template: result_queue"),
        ({"inputData": None, "tasks": []}, "template: .*inputData"),
    ],
)
def test_a_wrong_template_raises_and_names_what_is_wrong(template: Any, named: str) -> None:
    service = serving(answer(200, schedule_json()))
    client = client_of(service)
    with pytest.raises(TypeError, match=named):
        client.create_schedule(name="n", every_seconds=60, template=template)
    with pytest.raises(TypeError, match=named):
        client.update_schedule(SCHEDULE_ID, template=template)
    assert service.requests == []


def test_a_template_that_is_not_json_raises() -> None:
    service = serving(answer(200, schedule_json()))
    endless = Template(input_data=float("inf"), tasks=[])
    with pytest.raises(ValueError, match="JSON"):
        client_of(service).create_schedule(name="n", every_seconds=60, template=endless)
    assert service.requests == []


def test_a_template_without_tasks_is_the_services_to_refuse() -> None:
    service = serving(answer(400, error_json("invalid_request")))
    empty = Template(input_data=None, tasks=[])
    assert not client_of(service).create_schedule(name="n", every_seconds=60, template=empty).success
    assert service.bodies()[0]["template"]["tasks"] == []
