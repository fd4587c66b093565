"""The bill of an idle month, and the page that quotes it."""

import re
from pathlib import Path

import pytest

from chalicelib.events.sweep import sweep
from infra.cost.idle import SWEEP_METRICS, idle_month, table
from infra.deployed.template_steps import load
from infra.local.gateway.invoke import LambdaContext
from infra.local.home import TEMPLATE
from infra.local.trigger_events import scheduled_event
from tests.factories import installed, memory_api
from tests.lines import logged

PAGE = Path(__file__).parents[3] / "docs" / "deploy.md"


def alarm(metric: str, namespace: str) -> dict[str, object]:
    return {"Type": "AWS::CloudWatch::Alarm", "Properties": {"MetricName": metric, "Namespace": namespace}}


def test_alarms_are_the_templates() -> None:
    resources = {
        "A": alarm("Age", "Foreman"),
        "B": alarm("Age", "Foreman"),
        "C": alarm("Errors", "AWS/Lambda"),
    }
    bill = {each.what: each for each in idle_month({"Resources": resources}, 0, own_key=False)}
    assert bill["alarms"].dollars == pytest.approx(0.3)
    assert bill["dashboards"].count == 0


def test_the_metrics_are_those_that_an_idle_sweep_tells() -> None:
    with logged() as log, installed(memory_api()[0].services):
        sweep(scheduled_event("sweep", "us-east-1"), LambdaContext("sweep", "us-east-1"))
    [directive] = log.lines[0]["_aws"]["CloudWatchMetrics"]
    in_memory_nothing_is_consumed = 1
    assert len(directive["Metrics"]) + in_memory_nothing_is_consumed == SWEEP_METRICS


def test_five_long_polls_of_each_trigger_never_end() -> None:
    bill = {each.what: each for each in idle_month({"Resources": {}}, 0, own_key=False)}
    polls = bill["SQS requests of the triggers' long polls"]
    assert polls.count == 2 * 5 * 3 * 60 * 730
    assert polls.dollars == pytest.approx(0.5256)


def test_data_and_a_key_of_ones_own_add_up() -> None:
    def total(data_gb: float, *, own_key: bool) -> float:
        return sum(each.dollars for each in idle_month({"Resources": {}}, data_gb, own_key=own_key))

    assert total(10, own_key=False) - total(0, own_key=False) == pytest.approx(4.5)
    assert total(0, own_key=True) - total(0, own_key=False) == pytest.approx(1)


def test_the_page_shows_what_the_command_prints() -> None:
    printed = table(idle_month(load(TEMPLATE.read_text()), 1, own_key=False))
    shown = re.findall(r"^\| .*$", PAGE.read_text().partition("## An idle month")[2], re.MULTILINE)
    assert shown[: len(printed)] == printed
