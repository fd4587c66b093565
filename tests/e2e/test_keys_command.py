"""`python -m infra keys`: issuing, listing and revoking keys of a stack that is up."""

import hashlib
import json

import boto3
import pytest

from tests.e2e.processes import Stack, run


@pytest.fixture(params=["found", "named"])
def settings(request: pytest.FixtureRequest, stack: Stack) -> dict[str, str]:
    """No setting at all, or those that any AWS client has."""
    named = {"AWS_ENDPOINT_URL": stack.aws_endpoint_url, "AWS_DEFAULT_REGION": stack.region}
    return named if request.param == "named" else {}


def test_a_key_works_at_once_and_is_shown_once(stack: Stack, settings: dict[str, str]) -> None:
    made = run(stack.data_dir, "keys", "create", "--org", "globex", "--json", env=settings)
    assert made.returncode == 0, made.stderr
    key = json.loads(made.stdout)
    assert set(key) == {"apiKey", "keyId", "orgId"}
    assert key["apiKey"].startswith("fmn_dev_globex_")
    assert stack.call("GET", "/api/v1/config", key=key["apiKey"])[0] == 200
    listed = run(stack.data_dir, "keys", "list", "--json", env=settings)
    assert key["apiKey"] not in listed.stdout
    assert any(entry["keyId"] == key["keyId"] for entry in json.loads(listed.stdout))


def test_only_the_hash_is_stored(stack: Stack) -> None:
    made = run(stack.data_dir, "keys", "create", "--org", "hashed", "--json")
    text = json.loads(made.stdout)["apiKey"]
    dynamodb = boto3.client(
        "dynamodb",
        endpoint_url=stack.aws_endpoint_url,
        region_name=stack.region,
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )
    stored = json.dumps(dynamodb.scan(TableName="foreman-dev-keys")["Items"], default=str)
    assert text.rsplit("_", 1)[-1] not in stored
    assert hashlib.sha256(text.encode()).hexdigest() in stored


def test_rate_limits_are_kept(stack: Stack) -> None:
    for limit in ("100/15m", "off"):
        assert run(stack.data_dir, "keys", "create", "--org", "limits", "--rate-limit", limit).returncode == 0
    assert run(stack.data_dir, "keys", "create", "--org", "limits").returncode == 0
    listed = json.loads(run(stack.data_dir, "keys", "list", "--org", "limits", "--json").stdout)
    assert [entry["rateLimit"] for entry in listed] == ["100/15m", "off", "default"]
    own = json.loads(run(stack.data_dir, "keys", "list", "--org", stack.org_id, "--json").stdout)
    assert [entry["rateLimit"] for entry in own] == ["off"]


def test_a_limit_is_changed(stack: Stack) -> None:
    key = json.loads(run(stack.data_dir, "keys", "create", "--org", "umbrella", "--json").stdout)
    changed = run(stack.data_dir, "keys", "limit", key["keyId"], "--rate-limit", "5/10s", "--json")
    assert json.loads(changed.stdout) == {"keyId": key["keyId"], "orgId": "umbrella", "rateLimit": "5/10s"}
    assert run(stack.data_dir, "keys", "limit", key["keyId"], "--rate-limit", "default").returncode == 0
    (listed,) = json.loads(run(stack.data_dir, "keys", "list", "--org", "umbrella", "--json").stdout)
    assert listed["rateLimit"] == "default"


def test_a_revoked_key_is_listed_as_such(stack: Stack) -> None:
    key = json.loads(run(stack.data_dir, "keys", "create", "--org", "initech", "--json").stdout)
    revoked = run(stack.data_dir, "keys", "revoke", key["keyId"])
    assert revoked.returncode == 0
    assert key["keyId"] in revoked.stdout
    assert (
        stack.call("GET", "/api/v1/config", key=key["apiKey"])[0] == 401
    )  # never seen before, so not cached
    (listed,) = json.loads(run(stack.data_dir, "keys", "list", "--org", "initech", "--json").stdout)
    assert listed["revokedAt"] >= listed["createdAt"]
    table = run(stack.data_dir, "keys", "list").stdout
    assert key["keyId"] in table
    assert "REVOKED" in table


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["create", "--org", "Not_Valid"], "1-32"),
        (["create", "--org", "x", "--rate-limit", "many"], "100/15m"),
        (["create", "--org", "x", "--stage", "other"], "No local stack of stage other"),
        (["limit", "key_unknown", "--rate-limit", "off"], "key_unknown"),
        (["limit", "key_unknown", "--rate-limit", "many"], "100/15m"),
        (["revoke", "key_unknown"], "key_unknown"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_sentence(stack: Stack, arguments: list[str], said: str) -> None:
    ended = run(stack.data_dir, "keys", *arguments)
    assert ended.returncode == 1
    assert said in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1
    assert ended.stdout == ""


def test_without_any_stack_one_sentence_says_how_to_get_one(stack: Stack) -> None:
    ended = run(stack.data_dir.parent / "nobody", "keys", "list")
    assert ended.returncode == 1
    assert "make run" in ended.stderr
    away = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_DEFAULT_REGION": "us-east-1"}
    ended = run(stack.data_dir, "keys", "list", env=away)
    assert ended.returncode == 1
    assert len(ended.stderr.strip().splitlines()) == 1
