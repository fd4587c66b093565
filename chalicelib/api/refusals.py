"""Wrong methods and unknown paths, answered by us.

API Gateway's own answers have another shape, and it takes a Bearer header for a broken AWS signature. So every method is
registered on every path, and a catch-all behind them.
"""

from typing import Final

from chalice.app import Blueprint, Chalice

from chalicelib.api.http import REFUSAL, endpoint
from foreman_engine.api.answers import Answer, MethodNotAllowedError
from foreman_engine.api.routes import Call
from foreman_engine.domain.errors import NotFoundError

METHODS: Final = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
CATCH_ALL: Final = ("/", "/{proxy+}")


def register(app: Chalice) -> None:
    """Fill up the app's routes; call it once every blueprint is registered."""
    blueprint = Blueprint(__name__)
    for path, methods in app.routes.items():
        allow = sorted(methods)
        for method in METHODS:
            if method not in methods:
                _refuse_method(blueprint, method, path, allow)
    for path in CATCH_ALL:
        for method in METHODS:
            _refuse_path(blueprint, method, path)
    app.register_blueprint(blueprint)


def _refuse_method(blueprint: Blueprint, method: str, path: str, allow: list[str]) -> None:
    @endpoint(blueprint, method, path, public=not path.startswith("/api/"), name=f"{REFUSAL}{method}.{path}")
    def method_not_allowed(_: Call, **__: str) -> Answer:
        """Refuse a method that the path does not take."""
        raise MethodNotAllowedError(allow)


def _refuse_path(blueprint: Blueprint, method: str, path: str) -> None:
    @endpoint(blueprint, method, path, public=True, name=f"{REFUSAL}{method}.{path}")
    def not_found(_: Call) -> Answer:
        """Refuse a path that does not exist."""
        raise NotFoundError("Not found")
