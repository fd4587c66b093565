"""docs/lists.md: its examples run on the memory API and print what they say; its parameters are the API's."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from foreman_client import ForemanConfig, initialize_foreman_client
from foreman_engine.api.list_query import TASK_FILTERS
from foreman_engine.api.parameters import LIST
from tests.factories import memory_api
from tests.lines import logged

TEXT = (Path(__file__).parents[2] / "docs" / "lists.md").read_text()


def test_the_examples_do_what_they_say(capsys: pytest.CaptureFixture[str]) -> None:
    api, clock = memory_api()

    def send(request: httpx.Request) -> httpx.Response:
        clock.advance(1)
        content = request.content.decode() or None
        answer = api(request.method, str(request.url.raw_path, "ascii"), raw=content, headers=request.headers)
        return httpx.Response(answer.status, json=answer.body)

    config = ForemanConfig(endpoint="http://foreman.test", api_key=api.key)
    [code] = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    with logged(), initialize_foreman_client(config, transport=httpx.MockTransport(send)) as client:
        names: dict[str, Any] = {"client": client}
        exec(compile(code, "docs/lists.md", "exec"), names)
    said = re.findall(r"^print\(.*\)\s+# (.*)$", code, re.MULTILINE)
    assert capsys.readouterr().out.splitlines() == said


def test_every_filter_and_order_is_explained() -> None:
    explained = set(re.findall(r"^\| `(\w+)` \|", TEXT, re.MULTILINE))
    assert LIST.sort_by is not None
    assert LIST.sort_order is not None
    orders = {LIST.sort_by.name, LIST.sort_order.name}
    assert explained == {parameter.name for parameter in TASK_FILTERS.parameters} | orders
