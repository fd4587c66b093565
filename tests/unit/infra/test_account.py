"""What is missing is said in one sentence, before anything is changed."""

import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ProfileNotFound,
    UnauthorizedSSOTokenError,
)
from click.testing import CliRunner
from moto import mock_aws

from chalicelib.adapters.errors import translated
from infra.deployed.account import check_stage, check_tools, find_account
from infra.deployed.command import deploy_command
from infra.deployed.faults import explained
from infra.errors import OperatorError
from infra.opened import told

KEYS = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret"}


def refusal(code: str, message: str = "no") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "GetCallerIdentity")


@pytest.mark.parametrize("name", ["", "Prod", "my-stage", "a" * 17, "prod\n"])
def test_a_stage_that_keys_cannot_carry_is_refused(name: str) -> None:
    with pytest.raises(OperatorError, match="1-16 of a-z and 0-9"):
        check_stage(name)


@pytest.mark.parametrize("version", [(3, 10), (3, 14)])
def test_a_python_that_lambda_does_not_run_is_refused(version: tuple[int, int]) -> None:
    with pytest.raises(OperatorError, match=r"3\.11, 3\.12 or 3\.13"):
        check_tools(version)


def test_the_pythons_between_are_fine() -> None:
    for minor in (11, 12, 13):
        check_tools((3, minor))


@pytest.mark.parametrize(
    ("fault", "advice"),
    [
        (NoCredentialsError(), "AWS_PROFILE"),
        (NoRegionError(), "--region"),
        (ProfileNotFound(profile="work"), "list-profiles"),
        (UnauthorizedSSOTokenError(), "aws sso login"),
        (EndpointConnectionError(endpoint_url="https://sts"), "network"),
        (refusal("ExpiredToken"), "expired"),
        (refusal("InvalidClientTokenId"), "does not know these credentials"),
        (
            refusal("AccessDenied", "not authorized to perform: s3:PutObject"),
            "may not look.*s3:PutObject.*deploy.md",
        ),
        (refusal("LimitExceeded", "too many"), "refused to look: too many"),
    ],
)
def test_each_fault_says_what_to_do_about_it(fault: Exception, advice: str) -> None:
    with pytest.raises(OperatorError, match=advice) as caught, explained("look"):
        raise fault
    assert "\n" not in str(caught.value)


def settings(monkeypatch: pytest.MonkeyPatch, **values: str) -> dict[str, str]:
    """An environment with these values and no other AWS setting, which boto3 sees as well."""
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", *KEYS):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"AWS_CONFIG_FILE": "/nowhere", "AWS_EC2_METADATA_DISABLED": "true", **values}.items():
        monkeypatch.setenv(name, value)
    return values


def test_without_a_region_there_is_nothing_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OperatorError, match=r"^No region is set; give --region, or set AWS_REGION\.$"):
        find_account(settings(monkeypatch, **KEYS))


def test_who_has_nothing_is_told_all_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OperatorError, match=r"No region is set.*There are no AWS credentials"):
        find_account(settings(monkeypatch))


@pytest.mark.parametrize(
    ("option", "advice"),
    [(["--org", "Bad Org"], "1-32 of a-z"), (["--parameter", "Stage=other"], "what --stage says")],
)
def test_what_would_fail_at_the_end_is_refused_at_the_start(option: list[str], advice: str) -> None:
    ended = CliRunner().invoke(deploy_command, ["--stage", "prod", *option])
    assert (ended.exit_code, advice in ended.output) == (2, True)


@pytest.mark.parametrize(
    ("fault", "advice"),
    [
        (NoCredentialsError(), "AWS_PROFILE"),
        (refusal("ExpiredTokenException"), "expired"),
        (refusal("ResourceNotFoundException"), "infra deploy"),
    ],
)
def test_the_commands_for_keys_give_the_same_advice(fault: Exception, advice: str) -> None:
    with pytest.raises(OperatorError, match=advice), told("AWS in eu-west-1"), translated("DynamoDB"):
        raise fault


@mock_aws
def test_a_profile_that_is_named_wins_over_keys_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    environ = settings(monkeypatch, **KEYS, AWS_SESSION_TOKEN="token", AWS_REGION="us-east-1")
    found = find_account(environ, profile="work").environment
    assert found["AWS_PROFILE"] == "work"
    assert not found.keys() & {*KEYS, "AWS_SESSION_TOKEN"}, "boto3 would take them first"


@mock_aws
def test_the_account_is_who_the_credentials_say_and_where_the_option_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    environ = settings(monkeypatch, **KEYS, AWS_REGION="us-east-1")
    account = find_account(environ, region="eu-west-1")
    assert (account.account_id, account.region, account.emulator) == ("123456789012", "eu-west-1", False)
    assert account.environment["AWS_DEFAULT_REGION"] == account.environment["AWS_REGION"] == "eu-west-1"
