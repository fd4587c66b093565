"""What API Gateway answers by itself has the contract's shape, however the stage is deployed."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.session import Session
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from foreman_contract.service import ErrorBody
from infra.deployed.gateway_responses import GATEWAY_RESPONSES, GatewayResponse, as_sam, parameters
from infra.deployed.package import overlay

NAMES = list(GATEWAY_RESPONSES)


def sam() -> dict[str, Any]:
    """The least template that has an API as Chalice makes it."""
    path = {"get": {"responses": {}, "x-amazon-apigateway-integration": {"type": "mock"}}}
    body = {"swagger": "2.0", "info": {"title": "foreman", "version": "1"}, "paths": {"/health": path}}
    rest = {"StageName": "prod", "DefinitionBody": body, "GatewayResponses": as_sam()}
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Transform": "AWS::Serverless-2016-10-31",
        "Resources": {"RestAPI": {"Type": "AWS::Serverless::Api", "Properties": rest}},
    }


def test_every_type_that_api_gateway_knows_is_answered() -> None:
    known: Any = Session().get_service_model("apigateway").shape_for("GatewayResponseType")
    assert set(NAMES) == set(known.enum)


@pytest.mark.parametrize("response", GATEWAY_RESPONSES.values(), ids=NAMES)
def test_the_body_is_the_contracts(response: GatewayResponse) -> None:
    body = json.loads(response.body.replace("$context.requestId", "id"))
    assert ErrorBody.model_validate(body).code == response.code
    assert response.headers["X-Request-Id"] == "context.requestId"
    assert response.headers["Access-Control-Allow-Origin"] == "'*'"
    assert ("Retry-After" in response.headers) is (response.status in (429, 502, 503, 504))


def test_unknown_paths_are_404_and_too_much_is_413() -> None:
    statuses = {name: response.status for name, response in GATEWAY_RESPONSES.items()}
    assert statuses["MISSING_AUTHENTICATION_TOKEN"] == 404
    assert statuses["REQUEST_TOO_LARGE"] == 413
    assert statuses["UNSUPPORTED_MEDIA_TYPE"] == 415
    assert (statuses["THROTTLED"], statuses["QUOTA_EXCEEDED"]) == (429, 429)
    assert (statuses["INTEGRATION_FAILURE"], statuses["INTEGRATION_TIMEOUT"]) == (502, 504)


def test_sam_makes_them_part_of_the_api() -> None:
    region = boto3.session.Session(region_name="us-east-1")
    made = Translator({}, Parser(), boto_session=region).translate(sam(), {})
    found = made["Resources"]["RestAPI"]["Properties"]["Body"]["x-amazon-apigateway-gateway-responses"]
    assert set(found) == set(NAMES)
    for name, response in found.items():
        put = parameters(name)
        assert response.get("statusCode") == put.get("statusCode")
        assert response["responseParameters"] == put["responseParameters"]
        assert response["responseTemplates"] == put["responseTemplates"]


def test_the_api_takes_them() -> None:
    client = boto3.session.Session("key", "secret", region_name="us-east-1").client("apigateway")
    sent: list[Any] = []

    def note(params: Any, **_: Any) -> Any:
        sent.append(params)
        return SimpleNamespace(status_code=201), {}

    client.meta.events.register("before-call", note)
    for name in NAMES:
        client.put_gateway_response(restApiId="api", responseType=name, **parameters(name))
    assert [each["url_path"].rsplit("/", 1)[-1] for each in sent] == NAMES


def test_cloudformation_takes_the_template(tmp_path: Path) -> None:
    template = tmp_path / "sam.json"
    template.write_text(json.dumps(sam()))
    lint = [str(Path(sys.executable).with_name("cfn-lint")), str(template)]
    found = subprocess.run(lint, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout


def test_the_overlay_holds_them_beside_the_rest() -> None:
    resources = overlay()["Resources"]
    assert resources["RestAPI"]["Properties"]["GatewayResponses"] == as_sam()
    assert {"WorkQueue", "DeadLetters", "APIHandlerLogs"} <= set(resources)
