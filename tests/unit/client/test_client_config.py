"""A config says where Foreman is, refuses what cannot work, and keeps its key to itself."""

from typing import Any

import pytest

from foreman_client import ForemanConfig, QueueNames


def test_the_key_never_shows() -> None:
    config = ForemanConfig("http://localhost:3000", "fmn_dev_acme_secret")
    assert "secret" not in repr(config)


def test_queue_names_default_to_the_services_own() -> None:
    config = ForemanConfig("http://localhost:3000", "k")
    assert config.queues == QueueNames(task_queue="foreman:tasks", result_queue="foreman:results")


def test_a_trailing_slash_makes_no_difference() -> None:
    assert ForemanConfig("http://h/prod/", "k") == ForemanConfig("http://h/prod", "k")


@pytest.mark.parametrize(
    "endpoint", ["http://h.", "http://127.0.0.1:1", "http://[::1]:3000/dev", "https://a-b.c"]
)
def test_any_address_that_sockets_take_is_fine(endpoint: str) -> None:
    assert ForemanConfig(endpoint, "k").endpoint == endpoint


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"endpoint": "localhost:3000"}, ValueError),
        ({"endpoint": "http://"}, ValueError),
        ({"endpoint": "http://h?x=1"}, ValueError),
        ({"endpoint": "http://h:99999"}, ValueError),
        ({"endpoint": "http://h:0"}, ValueError),
        ({"endpoint": "http://h:x"}, ValueError),
        ({"endpoint": "http://a..b"}, ValueError),
        ({"endpoint": f"http://{'x' * 64}.test"}, ValueError),
        ({"endpoint": "http://a b"}, ValueError),
        ({"endpoint": None}, TypeError),
        ({"api_key": ""}, ValueError),
        ({"api_key": "with space"}, ValueError),
        ({"api_key": "line\nbreak"}, ValueError),
        ({"api_key": b"bytes"}, TypeError),
        ({"queues": {"task_queue": "t"}}, TypeError),
        ({"timeout_s": "30"}, TypeError),
        ({"timeout_s": None}, TypeError),
        ({"max_wait_s": "30"}, TypeError),
        ({"max_retries": 1.5}, TypeError),
        ({"timeout_s": 0}, ValueError),
        ({"timeout_s": float("nan")}, ValueError),
        ({"timeout_s": 1e10}, ValueError),
        ({"max_wait_s": float("inf")}, ValueError),
        ({"max_retries": -1}, ValueError),
    ],
)
def test_what_cannot_work_is_refused_at_once(change: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        ForemanConfig(**({"endpoint": "http://h", "api_key": "k"} | change))


@pytest.mark.parametrize("name", ["", "no spaces", "x" * 41, "slash/es"])
def test_a_bad_queue_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no queue name"):
        QueueNames(task_queue=name)
