"""HEAD and OPTIONS: they follow from the other methods of a path, so no resource declares them."""

from collections.abc import Sequence
from typing import Final

from chalice.app import Blueprint, Chalice

from chalicelib.api.cors import preflight
from chalicelib.api.http import IMPLIED, ROUTES, endpoint
from foreman_engine.api.answers import Answer
from foreman_engine.api.routes import Call

_HEAD: Final = "HEAD"
_OPTIONS: Final = "OPTIONS"


def register(app: Chalice) -> None:
    """Add them to the app's routes; call it once every resource is registered, and before the refusals."""
    blueprint = Blueprint(__name__)
    for path, methods in app.routes.items():
        also = [_OPTIONS]
        if "GET" in methods:
            also.append(_HEAD)
            _answer_head(blueprint, path, methods["GET"].view_name)
        _answer_options(blueprint, path, sorted([*methods, *also]))
    app.register_blueprint(blueprint)


def _answer_head(blueprint: Blueprint, path: str, view_name: str) -> None:
    """As GET, by the same view; only the body stays behind."""
    got = ROUTES[view_name]
    register_view = endpoint(
        blueprint,
        _HEAD,
        path,
        public=got.public,
        counted=got.counted,
        name=f"{IMPLIED}{_HEAD}.{path}",
        answers=got.answers,
        parameters=got.parameters,
        refuses=got.refuses,
    )
    register_view(got.view)


def _answer_options(blueprint: Blueprint, path: str, methods: Sequence[str]) -> None:
    @endpoint(blueprint, _OPTIONS, path, public=True, name=f"{IMPLIED}{_OPTIONS}.{path}")
    def options(_: Call, **__: str) -> Answer:
        """Tell what the path takes. A browser asks without a key, before it sends a request with one."""
        return Answer(None, 204, {"Allow": ", ".join(methods), **preflight(methods)})
