"""One table of operations: what the app serves over HTTP is what the SDK's test kit serves in memory."""

from app import app
from chalicelib.api.http import ROUTES, UNLISTED
from foreman_engine.api.table import RESOURCES

assert app.routes  # registers every route
OWN = {"/openapi.json"}
"""What describes the server itself, and no test of handlers or flows asks for."""


def test_every_operation_of_the_app_stands_in_the_table() -> None:
    served = {
        (route.method, route.path, route.view)
        for name, route in ROUTES.items()
        if not name.startswith(UNLISTED) and route.path not in OWN
    }
    assert served == {
        (route.method, route.path, route.view) for routes in RESOURCES.values() for route in routes
    }
