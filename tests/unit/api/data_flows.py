"""One run's data over HTTP."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from tests.factories import Answered, Api
from tests.unit.api.flows import make_run, make_task

Params = str | int | Sequence[str]
"""One value, or several for a parameter that is given more than once."""


@dataclass(frozen=True)
class RunData:
    """The data of a run that has one task."""

    api: Api
    run_id: str
    task_id: str

    @classmethod
    def of(cls, api: Api) -> "RunData":
        """The data of a new run, which is empty."""
        run_id = make_run(api)["id"]
        return cls(api, run_id, make_task(api, run_id)["id"])

    @property
    def url(self) -> str:
        return f"/api/v1/runs/{self.run_id}/data"

    def post(self, key: str, value: Any = None, **fields: Any) -> Answered:
        return self.api("POST", self.url, {"taskId": self.task_id, "key": key, "value": value, **fields})

    def add(self, key: str, value: Any = None, **fields: Any) -> dict[str, Any]:
        """A new entry."""
        answer = self.post(key, value, **fields)
        assert answer.status == 201, answer
        return dict(answer.body)

    def get(self, **params: Params) -> Answered:
        return self.api("GET", f"{self.url}?{urlencode(params, doseq=True)}")

    def page(self, **params: Params) -> dict[str, Any]:
        """An answer of 200."""
        answer = self.get(**params)
        assert answer.status == 200, answer
        return dict(answer.body)

    def rows(self, **params: Params) -> list[dict[str, Any]]:
        return list(self.page(**params)["data"])

    def values(self, **params: Params) -> list[Any]:
        """The values of a page's rows, from the oldest to the newest."""
        return [row["value"] for row in self.rows(**{"sortOrder": "asc", **params})]

    def walk(self, **params: Params) -> list[dict[str, Any]]:
        """Every page by cursor."""
        pages = [self.page(**params)]
        while (cursor := pages[-1]["pagination"].get("nextCursor")) is not None:
            assert len(pages) < 200
            pages.append(self.page(**params, cursor=cursor))
        return pages

    def retag(self, entry_id: str, **body: Any) -> Answered:
        return self.api("PATCH", f"{self.url}/{entry_id}/tags", body)

    def delete(self, **params: Params) -> Answered:
        return self.api("DELETE", f"{self.url}?{urlencode(params, doseq=True)}")

    def search(self, **params: Params) -> Answered:
        """Across the runs of the organization."""
        return self.api("GET", f"/api/v1/data?{urlencode(params, doseq=True)}")


def values_of(pages: Sequence[dict[str, Any]]) -> list[Any]:
    return [row["value"] for page in pages for row in page["data"]]


def refusal(answer: Answered) -> tuple[int, str, list[str]]:
    """Status, code, and the parameters or fields at fault."""
    return answer.status, answer.body["code"], [each["path"] for each in answer.body.get("details", [])]


def opened(cursor: str) -> list[Any]:
    """What is in a cursor: its scope, an instant, an id, the total, and texts."""
    parts: list[Any] = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    return parts


def sealed(parts: Any) -> str:
    """A cursor with that in it."""
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).rstrip(b"=").decode()
