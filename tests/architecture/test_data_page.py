"""docs/run_data.md: its examples run on the memory API and print what they say; its bounds are the code's."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from foreman_client import ForemanConfig, initialize_foreman_client
from foreman_contract import limits
from tests.factories import Api, memory_api
from tests.lines import logged

TEXT = (Path(__file__).parents[2] / "docs" / "run_data.md").read_text()
BLOCKS = re.findall(r"```(python|http)\n(.*?)```", TEXT, re.DOTALL)


@pytest.fixture
def world() -> Iterator[tuple[Api, dict[str, Any]]]:
    """The API, and the names that the page leaves open."""
    api, clock = memory_api()

    def send(request: httpx.Request) -> httpx.Response:
        clock.advance(1)
        content = request.content.decode() or None
        answer = api(request.method, str(request.url.raw_path, "ascii"), raw=content, headers=request.headers)
        return httpx.Response(answer.status, json=answer.body)

    config = ForemanConfig(endpoint="http://foreman.test", api_key=api.key)
    with initialize_foreman_client(config, transport=httpx.MockTransport(send)) as client:
        run = client.create_run(input_data=None).unwrap()
        tasks = {
            name: client.create_task(run_id=run.id, type=name, input_data=None).unwrap()
            for name in ("fetch", "check")
        }
        yield api, {"client": client, "run_id": run.id, **tasks}


def test_the_examples_do_what_they_say(
    world: tuple[Api, dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    api, names = world
    for language, code in BLOCKS:
        if language == "http":
            with logged():
                assert sent(api, names, code) < 300, code
            continue
        with logged():
            exec(compile(code, "docs/run_data.md", "exec"), names)
        said = re.findall(r"^print\(.*\)\s+# (.*)$", code, re.MULTILINE)
        assert len(said) == len(re.findall(r"^print\(", code, re.MULTILINE))
        assert capsys.readouterr().out.splitlines() == said


def sent(api: Api, names: dict[str, Any], code: str) -> int:
    """Send a request as the page writes it; the status of the answer."""
    line, _, body = code.partition("\n")
    for name, value in {
        "{runId}": names["run_id"],
        "{taskId}": names["fetch"].id,
        "{dataId}": names["old"].id if "old" in names else "",
    }.items():
        line, body = line.replace(name, value), body.replace(name, value)
    method, url = line.split(" ")
    return api(method, url, raw=body.strip() or None).status


def test_every_kind_of_request_has_its_example() -> None:
    requests = {code.split(" ")[0] for language, code in BLOCKS if language == "http"}
    assert requests == {"POST", "GET", "PATCH", "DELETE"}


def test_the_bounds_are_those_that_are_enforced() -> None:
    rows = re.findall(r"^\| .* \| `(\w+)` \| ([\d,]+)", TEXT, re.MULTILINE)
    assert len(rows) == len(dict(rows)) == 17
    assert {name: int(value.replace(",", "")) for name, value in rows} == {
        name: limits.WIRE[name] for name, _ in rows
    }


def test_a_value_that_lists_leave_out_is_read_as_the_page_says(world: tuple[Api, dict[str, Any]]) -> None:
    _, names = world
    client, run_id, value = names["client"], names["run_id"], "x" * limits.MAX_LISTED_PAYLOAD_BYTES
    entry = client.create_run_data(run_id, task_id=names["fetch"].id, key="big", value=value).unwrap()
    [listed] = client.query_run_data(run_id, keys=["big"], key_starts_with=["big"]).unwrap().data
    assert (listed.value, listed.value_omitted) == (None, True)
    [whole] = client.query_run_data(run_id, key="big").unwrap().data
    assert (whole, whole.value) == (entry, value)
