"""docs/operations.md tells every metric, field and code that there is, and no other."""

import re
from pathlib import Path

from chalicelib.telemetry.invocation import Invocation
from chalicelib.telemetry.metrics import of_backlog, of_request
from foreman_contract.enums import ErrorCode
from foreman_engine.api.answers import STATUSES
from foreman_engine.domain.measures import Measures
from foreman_engine.service.backlog import Backlog
from infra.deployed.gateway_responses import GATEWAY_RESPONSES
from tests.factories import memory_api
from tests.lines import logged

TEXT = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()


def rows(heading: str) -> list[list[str]]:
    """The cells of the first table under a heading, without its head."""
    table = re.search(r"(?:^\|.*\n)+", TEXT.split(f"## {heading}\n", 1)[1], re.MULTILINE)
    assert table is not None
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table[0].splitlines()[2:]]


def words(cell: str) -> list[str]:
    return re.findall(r"`(\w+)`", cell)


def test_every_metric_is_explained_with_its_unit() -> None:
    invocation = Invocation(1)
    invocation.throttled()
    invocation.count(Measures(1, 1, 1, 1, 1, 1, 1, 1, 1, (1,)))
    told = of_request(invocation, 200, 1.0) | of_backlog(Backlog(1, 1, 1, 1, 1, 1))
    documented = {name: unit for cell, unit, _ in rows("Metrics") for name in words(cell)}
    assert documented == {name: metric.unit.value for name, metric in told.items()}


def test_every_field_of_a_request_is_explained() -> None:
    api, _ = memory_api()
    with logged() as log:
        api("GET", "/api/v1/runs/x")
    [line] = log.lines
    documented = {name for cell, _ in rows("The log") for name in words(cell)}
    assert {name for name in line if name[0].islower()} <= documented


def test_every_code_is_told_with_its_statuses() -> None:
    documented = {
        (status, words(code)[0]) for cell, code, *_ in rows("Errors") for status in cell.split(", ")
    }
    ours = {(str(status), code.value) for _, status, code in STATUSES} | {("500", ErrorCode.INTERNAL.value)}
    gateways = {(str(each.status), each.code.value) for each in GATEWAY_RESPONSES.values()}
    assert documented - {("409", "in_progress"), ("429", "rate_limited")} <= ours | gateways
    assert ours | gateways <= documented
    assert {code for _, code in documented} == {code.value for code in ErrorCode}
