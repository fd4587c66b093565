"""What API Gateway answers by itself, in the contract's shape: the one definition, for every way of deploying.

`chalice package` gets it merged into its template (`as_sam`); whoever deploys without a template puts each by an API call
(`parameters`); those take effect with the API's next deployment.

Source: "Gateway response types for API Gateway", Amazon API Gateway Developer Guide.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.api.cors import ON_EVERY_ANSWER
from foreman_contract.enums import ErrorCode


@dataclass(frozen=True, slots=True)
class GatewayResponse:
    """One kind of answer. `retry_after_s` tells when to come back, where coming back helps."""

    status: int
    code: ErrorCode
    error: str
    retry_after_s: int | None = None

    @property
    def body(self) -> str:
        """The error body; API Gateway fills in the request's id."""
        return json.dumps({"error": self.error, "code": self.code.value, "requestId": "$context.requestId"})

    @property
    def headers(self) -> dict[str, str]:
        """Headers as parameter mappings: a value in quotes is literal."""
        retry = {} if self.retry_after_s is None else {"Retry-After": f"'{self.retry_after_s}'"}
        cors = {name: f"'{value}'" for name, value in ON_EVERY_ANSWER.items()}
        return {"X-Request-Id": "context.requestId", **cors, **retry}


def _unauthorized(error: str = "The API key is not valid.") -> GatewayResponse:
    return GatewayResponse(401, ErrorCode.UNAUTHORIZED, error)


def _away(status: int, error: str, code: ErrorCode = ErrorCode.UNAVAILABLE) -> GatewayResponse:
    return GatewayResponse(status, code, error, retry_after_s=1)


def _malformed(error: str) -> GatewayResponse:
    return GatewayResponse(400, ErrorCode.INVALID_REQUEST, error)


_BROKEN: Final = GatewayResponse(500, ErrorCode.INTERNAL, "Something went wrong on our side.")

GATEWAY_RESPONSES: Final[Mapping[str, GatewayResponse]] = {
    "ACCESS_DENIED": _unauthorized(),
    "API_CONFIGURATION_ERROR": _BROKEN,
    "AUTHORIZER_CONFIGURATION_ERROR": _BROKEN,
    "AUTHORIZER_FAILURE": _BROKEN,
    "BAD_REQUEST_BODY": _malformed("The body is malformed."),
    "BAD_REQUEST_PARAMETERS": _malformed("A parameter is malformed."),
    "DEFAULT_4XX": _malformed("API Gateway could not take the request."),
    "DEFAULT_5XX": _BROKEN,
    "EXPIRED_TOKEN": _unauthorized(),
    # The function crashed, ran out of memory, or was throttled; nothing says whether the request was done.
    "INTEGRATION_FAILURE": _away(502, "The service did not answer properly; try again."),
    "INTEGRATION_TIMEOUT": _away(504, "The service took too long; try again.", ErrorCode.TIMEOUT),
    "INVALID_API_KEY": _unauthorized(),
    "INVALID_SIGNATURE": _unauthorized(),
    # What API Gateway calls a path or method that is not there.
    "MISSING_AUTHENTICATION_TOKEN": GatewayResponse(404, ErrorCode.NOT_FOUND, "Not found"),
    "QUOTA_EXCEEDED": GatewayResponse(
        429, ErrorCode.RATE_LIMITED, "The quota is used up; try again later.", retry_after_s=60
    ),
    "REQUEST_TOO_LARGE": GatewayResponse(
        413, ErrorCode.PAYLOAD_TOO_LARGE, "A request is at most 10485760 bytes here."
    ),
    "RESOURCE_NOT_FOUND": GatewayResponse(404, ErrorCode.NOT_FOUND, "Not found"),
    "THROTTLED": GatewayResponse(
        429, ErrorCode.RATE_LIMITED, "Too many requests at once; try again.", retry_after_s=1
    ),
    "UNAUTHORIZED": _unauthorized(),
    "UNSUPPORTED_MEDIA_TYPE": GatewayResponse(
        415, ErrorCode.UNSUPPORTED_MEDIA_TYPE, "The body must be JSON; send Content-Type: application/json."
    ),
    "WAF_FILTERED": GatewayResponse(403, ErrorCode.FORBIDDEN, "The request was filtered."),
}
"""By API Gateway's name of the type."""
_KEEPS_STATUS: Final = frozenset({"DEFAULT_4XX", "DEFAULT_5XX"})
"""Types that stand for many: each answer keeps the status that it would have had."""


def as_sam() -> dict[str, Any]:
    """The `GatewayResponses` of an AWS::Serverless::Api."""
    return {
        name: {
            **({} if name in _KEEPS_STATUS else {"StatusCode": str(response.status)}),
            "ResponseParameters": {"Headers": response.headers},
            "ResponseTemplates": {"application/json": response.body},
        }
        for name, response in GATEWAY_RESPONSES.items()
    }


def parameters(name: str) -> dict[str, Any]:
    """What `put_gateway_response` sets for a type, and `get_gateway_responses` then tells of it."""
    response = GATEWAY_RESPONSES[name]
    return {
        **({} if name in _KEEPS_STATUS else {"statusCode": str(response.status)}),
        "responseParameters": {
            f"gatewayresponse.header.{header}": value for header, value in response.headers.items()
        },
        "responseTemplates": {"application/json": response.body},
    }
