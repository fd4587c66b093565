"""What `create_worker` takes, and what it refuses before anything starts."""

from typing import Any

import pytest

from foreman_client import Foreman
from foreman_client.worker.options import worker_options
from foreman_contract.service import Config
from tests.unit.client.records import config_json
from tests.unit.client.stub_service import CONFIG, answer, serving

SETTINGS = Config.model_validate(config_json(awsEndpointUrl="http://localhost:1"))


def test_a_worker_has_a_name_of_its_own_unless_given_one() -> None:
    first, second = (worker_options(SETTINGS, 1, None, None) for _ in range(2))
    assert first.worker_id != second.worker_id
    assert len(first.worker_id) <= 128
    assert worker_options(SETTINGS, 1, None, "mine").worker_id == "mine"


def test_messages_are_hidden_for_the_lease_and_five_seconds() -> None:
    assert worker_options(SETTINGS, 1, None, None).visibility_s == 65
    assert worker_options(SETTINGS, 1, 5, None).visibility_s == 10


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"handlers": []}, TypeError),
        ({"handlers": {"t": "no function"}}, TypeError),
        ({"handlers": {1: print}}, TypeError),
        ({"concurrency": 0}, ValueError),
        ({"concurrency": "10"}, TypeError),
        ({"lease_seconds": 4}, ValueError),
        ({"lease_seconds": 3601}, ValueError),
        ({"lease_seconds": True}, TypeError),
        ({"worker_id": ""}, ValueError),
        ({"concurrency_by_type": {"t": 0}}, ValueError),
        ({"concurrency_by_type": {"t": "2"}}, TypeError),
        ({"concurrency_by_type": ["t"]}, TypeError),
        ({"priorities": ()}, ValueError),
        ({"priorities": "high"}, ValueError),
        ({"priorities": ("urgent",)}, ValueError),
        ({"health_port": "80"}, TypeError),
        ({"health_port": 65_536}, ValueError),
        ({"worker_id": "x" * 129}, ValueError),
    ],
)
def test_what_cannot_work_is_refused_at_once(
    arguments: dict[str, Any], error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    client = Foreman(CONFIG, SETTINGS, serving(answer(200)).session())
    with pytest.raises(error):
        client.create_worker(**({"handlers": {"t": lambda task: None}} | arguments))
