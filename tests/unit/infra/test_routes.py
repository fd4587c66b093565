"""Resources are matched as API Gateway matches them."""

import pytest

from infra.local.gateway.routes import Match, build_tree, match

TREE = build_tree(
    [
        "/health",
        "/api/v1/runs",
        "/api/v1/runs/{id}",
        "/api/v1/runs/{id}/data",
        "/api/v1/tasks/claim",
        "/api/v1/tasks/{id}",
        "/api/v1/tasks/{id}/cancel",
        "/{proxy+}",
    ]
)


@pytest.mark.parametrize(
    ("path", "resource", "params"),
    [
        ("/health", "/health", {}),
        ("/health/", "/health", {}),
        ("/api/v1/runs", "/api/v1/runs", {}),
        ("/api/v1/runs/7", "/api/v1/runs/{id}", {"id": "7"}),
        ("/api/v1/runs/a%20b%C3%A4", "/api/v1/runs/{id}", {"id": "a%20b%C3%A4"}),
        ("/api/v1/runs/a%2Fb", "/api/v1/runs/{id}", {"id": "a%2Fb"}),
        ("/api/v1/runs/7/data", "/api/v1/runs/{id}/data", {"id": "7"}),
        ("/api/v1/tasks/claim", "/api/v1/tasks/claim", {}),
        ("/api/v1/tasks/claim/cancel", "/api/v1/tasks/{id}/cancel", {"id": "claim"}),
        ("/api/v1/tasks/7/nothing", "/{proxy+}", {"proxy": "api/v1/tasks/7/nothing"}),
        ("/api/v1/runs//data", "/{proxy+}", {"proxy": "api/v1/runs//data"}),
        ("/nowhere", "/{proxy+}", {"proxy": "nowhere"}),
        ("/HEALTH", "/{proxy+}", {"proxy": "HEALTH"}),
    ],
)
def test_a_path_finds_its_resource(path: str, resource: str, params: dict[str, str]) -> None:
    assert match(TREE, path) == Match(resource, params)


def test_the_root_is_not_caught_by_the_proxy_unless_a_segment_is_there() -> None:
    assert match(build_tree(["/", "/{proxy+}"]), "/") == Match("/", {})
    assert match(build_tree(["/a"]), "/b") is None
    assert match(build_tree(["/a/{x+}"]), "/a/b/c") == Match("/a/{x+}", {"x": "b/c"})
