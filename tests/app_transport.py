"""The SDK in front of the app, in one process: httpx on one side, an event of API Gateway on the other."""

import json

import httpx

from foreman_client import Foreman, ForemanConfig, initialize_foreman_client
from tests.factories import Api


class AppTransport(httpx.BaseTransport):
    """Hands requests to the app as API Gateway does."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The app's answer."""
        headers = dict(request.headers.items())
        answer = self._api(
            request.method, request.url.raw_path.decode(), raw=request.read() or None, headers=headers
        )
        body = "" if answer.body is None else json.dumps(answer.body)
        return httpx.Response(answer.status, headers=answer.headers, content=body)


def client_of(api: Api) -> Foreman:
    """A client of the app, by the key of the API."""
    return initialize_foreman_client(ForemanConfig("http://app", api.key), transport=AppTransport(api))
