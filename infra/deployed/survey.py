"""What of a stage's code is on AWS, found by name and told in Chalice's words.

Chalice writes its record only when everything is done. Whatever a deployment that died has made is found here, so that the
next one goes on with it and makes no second API.
"""

import hashlib
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Final

from botocore.exceptions import ClientError

from infra.deployed.account import Account
from infra.deployed.configuration import API_HANDLER, FUNCTIONS, Stage
from infra.deployed.faults import code_of
from infra.deployed.record import Record, Resource
from infra.errors import OperatorError
from infra.local.environment import RATE_LIMIT

APP: Final = "foreman"
"""The name of the API, which all stages of an account share."""
KNOWN: Final = {"iam_role", "lambda_function", "sqs_event", "cloudwatch_event", "rest_api"}
_ABSENT: Final = {"ResourceNotFoundException", "NoSuchEntity", "NotFoundException", "404"}


def recalled(account: Account, stage: Stage, stored: Record | None) -> Record:
    """The record as it should be: the stored one without what is gone, and with what nobody noted down."""
    api_id = None if stored is None else stored.value("rest_api", "rest_api_id")
    found = {each["name"]: each for each in _found(account, stage, api_id)}
    others = (
        [] if stored is None else [each for each in stored.resources if each["resource_type"] not in KNOWN]
    )
    return Record([*others, *found.values()], None if stored is None else stored.code)


def deployed_rate_limit(account: Account, stage: Stage) -> str | None:
    """The rate limit that the API has been given; None when it has not."""
    functions = account.client("lambda")
    found = _or_none(partial(functions.get_function_configuration, FunctionName=stage.function(API_HANDLER)))
    variables = (found or {}).get("Environment", {}).get("Variables", {})
    given: str | None = variables.get(RATE_LIMIT)
    return given


def revision(account: Account, stage: Stage) -> str:
    """Another one whenever the code or the configuration of a function was changed, by whomever."""
    functions, digest = account.client("lambda"), hashlib.sha256()
    for name in FUNCTIONS:
        function = stage.function(name)
        found = _or_none(partial(functions.get_function_configuration, FunctionName=function)) or {}
        digest.update(f"{name} {found.get('CodeSha256')} {found.get('LastModified')}\n".encode())
    return digest.hexdigest()[:16]


def _found(account: Account, stage: Stage, api_id: str | None) -> Iterator[Resource]:
    """In the order in which Chalice makes them, because it deletes backwards."""
    rules = account.client("events").list_rules(NamePrefix=f"{stage.stack}-")["Rules"]
    for name in FUNCTIONS:
        yield from _role(account, stage, name)
        yield from _function(account, stage, name)
        if any(rule["Name"] == f"{stage.stack}-{name}-event" for rule in rules):
            yield _resource(f"{name}-event", "cloudwatch_event", rule_name=f"{stage.stack}-{name}-event")
    found = api_id if api_id is not None and _api_exists(account, api_id) else _find_api(account, stage)
    if found is not None:
        url = f"https://{found}.execute-api.{account.region}.{_suffix(account.region)}/{stage.name}/"
        yield _resource("rest_api", "rest_api", rest_api_id=found, rest_api_url=url)


def _resource(name: str, resource_type: str, **values: str) -> Resource:
    return {"name": name, "resource_type": resource_type, **values}


def _role(account: Account, stage: Stage, name: str) -> Iterator[Resource]:
    role = f"{stage.stack}-{name}"
    found = _or_none(lambda: account.client("iam").get_role(RoleName=role))
    if found is not None:
        yield _resource(f"{name}_role", "iam_role", role_arn=found["Role"]["Arn"], role_name=role)


def _function(account: Account, stage: Stage, name: str) -> Iterator[Resource]:
    functions = account.client("lambda")
    found = _or_none(lambda: functions.get_function_configuration(FunctionName=stage.function(name)))
    if found is None:
        return
    yield _resource(name, "lambda_function", lambda_arn=found["FunctionArn"])
    for source in functions.list_event_source_mappings(FunctionName=stage.function(name))[
        "EventSourceMappings"
    ]:
        if source.get("State") == "Deleting":
            continue
        queue = source["EventSourceArn"]
        yield _resource(
            f"{name}-sqs-event-source",
            "sqs_event",
            queue_arn=queue,
            event_uuid=source["UUID"],
            queue=queue.rsplit(":", 1)[-1],
            lambda_arn=found["FunctionArn"],
        )


def _api_exists(account: Account, api_id: str) -> bool:
    return _or_none(lambda: account.client("apigateway").get_rest_api(restApiId=api_id)) is not None


def _find_api(account: Account, stage: Stage) -> str | None:
    """The API whose health check goes to this stage's function.

    Raises:
        OperatorError: there are several.
    """
    gateway = account.client("apigateway")
    apis = [
        api["id"]
        for page in gateway.get_paginator("get_rest_apis").paginate()
        for api in page["items"]
        if api["name"] == APP and _calls(gateway, api["id"], f":function:{stage.function(API_HANDLER)}/")
    ]
    if len(apis) > 1:
        raise OperatorError(
            f"Several APIs call {stage.function(API_HANDLER)} ({', '.join(apis)}), and no record says which is the stage's; "
            "delete the others with `aws apigateway delete-rest-api --rest-api-id ID`."
        )
    return apis[0] if apis else None


def _calls(gateway: Any, api_id: str, function: str) -> bool:
    pages = gateway.get_paginator("get_resources").paginate(restApiId=api_id, embed=["methods"])
    health = [each for page in pages for each in page["items"] if each["path"] == "/health"]
    methods: Sequence[Any] = [
        method for each in health for method in each.get("resourceMethods", {}).values()
    ]
    return any(function in method.get("methodIntegration", {}).get("uri", "") for method in methods)


def _or_none(call: Any) -> Any:
    try:
        return call()
    except ClientError as error:
        if code_of(error) in _ABSENT:
            return None
        raise


def _suffix(region: str) -> str:
    return "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
