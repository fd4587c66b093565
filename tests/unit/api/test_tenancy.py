"""Authentication, and walls between organizations: contract section 2."""

from tests.factories import MISSING_TASK_ID, Api
from tests.unit.api.flows import claim, heartbeat, make_run, make_task, report
from tests.unit.api.list_flows import Listed, family


def test_another_organizations_ids_are_answered_like_ids_that_do_not_exist(api: Api) -> None:
    run = make_run(api)
    task = make_task(api, run["id"])
    other = api.another("globex")
    own = make_run(other)
    requests = [
        ("GET", f"/api/v1/runs/{run['id']}", None),
        ("PATCH", f"/api/v1/runs/{run['id']}", {"status": "running"}),
        ("GET", f"/api/v1/tasks/{task['id']}", None),
        ("PATCH", f"/api/v1/tasks/{task['id']}", {"status": "running"}),
        ("GET", f"/api/v1/tasks?runId={run['id']}", None),
        ("POST", "/api/v1/tasks", {"runId": run["id"], "type": "t", "inputData": 1}),
        (
            "POST",
            "/api/v1/tasks",
            {"runId": own["id"], "type": "t", "inputData": 1, "parentTaskId": task["id"]},
        ),
        ("GET", f"/api/v1/runs/{run['id']}/data?key=k", None),
        ("POST", f"/api/v1/runs/{run['id']}/data", {"taskId": task["id"], "key": "k", "value": 1}),
        ("POST", f"/api/v1/runs/{own['id']}/data", {"taskId": task["id"], "key": "k", "value": 1}),
    ]
    for method, url, body in requests:
        assert other(method, url, body).status == 404
    assert claim(other, task["id"])["outcome"] == "unknown"
    assert report(other, task["id"], 1)["outcome"] == "unknown"
    assert heartbeat(other, task["id"], 1)["outcome"] == heartbeat(other, MISSING_TASK_ID, 1)["outcome"]
    assert [row["id"] for row in other("GET", "/api/v1/runs").body["data"]] == [own["id"]]


def test_two_organizations_with_the_same_data_list_count_and_walk_their_own_alone(api: Api) -> None:
    apis = {org: api if org == "acme" else api.another(org) for org in ("acme", "acme2", "globex")}
    families = {org: family(each) for org, each in apis.items()}
    for org, each in apis.items():
        own = families[org]
        mine = {*own.task_ids.values(), *own.child_ids, own.other_task_id}
        parent = own.task_ids["queued"]
        lists: list[tuple[str, dict[str, str], set[str]]] = [
            ("runs", {}, {own.run_id, own.other_run_id}),
            ("runs", {"status": "running"}, {own.run_id}),
            ("runs", {"sortBy": "started_at"}, {own.run_id}),
            ("tasks", {}, mine),
            ("tasks", {"status": "failed"}, {own.task_ids["failed"]}),
            ("tasks", {"type": "q"}, {parent, own.other_task_id}),
            ("tasks", {"parentTaskId": parent}, {*own.child_ids}),
        ]
        for name, params, wanted in lists:
            assert set(Listed(each, name).ids(**params, limit=1)) == wanted
            page = Listed(each, name).page(**params, limit=1)
            assert page["pagination"]["total"] == len(wanted)
            assert {row["orgId"] for row in page["data"]} == {org}
            cursor = page["pagination"].get("nextCursor")
            for other in (apis[other] for other in apis if other != org and cursor):
                assert Listed(other, name).get(**params, limit=1, cursor=cursor).status == 400


def test_organizations_have_queues_of_their_own(api: Api) -> None:
    mine = api("GET", "/api/v1/config").body["queues"]
    theirs = api.another("globex")("GET", "/api/v1/config").body["queues"]
    urls = [*mine["taskQueueUrls"].values(), mine["resultQueueUrl"]]
    others = [*theirs["taskQueueUrls"].values(), theirs["resultQueueUrl"]]
    assert not set(urls) & set(others)
    assert mine["taskQueueUrl"] == mine["taskQueueUrls"]["normal"]


def test_similar_queue_names_differ(api: Api) -> None:
    url = "/api/v1/config/queues?resultQueue=r&taskQueue="
    assert (
        api("GET", url + "my-app:tasks").body["taskQueueUrl"]
        != api("GET", url + "my-app-tasks").body["taskQueueUrl"]
    )
