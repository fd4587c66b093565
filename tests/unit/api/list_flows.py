"""Lists of runs and tasks over HTTP."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from tests.factories import Answered, Api
from tests.unit.api.flows import make_run, make_task


@dataclass(frozen=True)
class Listed:
    """One of the two lists of an organization."""

    api: Api
    name: str

    def get(self, **params: Any) -> Answered:
        return self.api("GET", f"/api/v1/{self.name}?{urlencode(params)}")

    def page(self, **params: Any) -> dict[str, Any]:
        answer = self.get(**params)
        assert answer.status == 200, answer
        return dict(answer.body)

    def walk(self, **params: Any) -> list[dict[str, Any]]:
        """Every page by cursor; only the first has the offset."""
        pages = [self.page(**params)]
        params.pop("offset", None)
        while (cursor := pages[-1]["pagination"].get("nextCursor")) is not None:
            assert len(pages) < 200
            pages.append(self.page(**params, cursor=cursor))
        return pages

    def ids(self, **params: Any) -> list[str]:
        """Of all rows, page by page."""
        return [row["id"] for page in self.walk(**params) for row in page["data"]]


def move(api: Api, kind: str, row_id: str, *statuses: str) -> None:
    """Patch a run or task through some statuses."""
    for status in statuses:
        answer = api("PATCH", f"/api/v1/{kind}/{row_id}", {"status": status})
        assert answer.status == 200, answer


@dataclass(frozen=True)
class Family:
    """A run with a task of each end, two children of the first of them, and a second run with a task."""

    run_id: str
    other_run_id: str
    task_ids: dict[str, str]
    child_ids: list[str]
    other_task_id: str


def family(api: Api) -> Family:
    run_id, other = make_run(api)["id"], make_run(api)["id"]
    statuses = ["queued", "running", "retrying", "completed", "failed", "cancelled"]
    made = {status: make_task(api, run_id, type=status[0])["id"] for status in statuses}
    made["pending"] = make_task(api, run_id, enqueue=False, type="p")["id"]
    children = [make_task(api, run_id, type=kind, parentTaskId=made["queued"])["id"] for kind in "xy"]
    for status, task_id in made.items():
        if status not in ("queued", "pending"):
            move(api, "tasks", task_id, *(["running", status] if status == "retrying" else [status]))
    return Family(run_id, other, made, children, make_task(api, other, type="q")["id"])
