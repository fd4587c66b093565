"""The composition root: settings become ports, once per container, when the first request needs them."""

import threading
from dataclasses import dataclass, field, replace
from typing import Any, Final

from chalicelib.config import Settings
from chalicelib.remembered import Remembered
from chalicelib.telemetry.invocation import InvocationMeter
from foreman_engine.service.metering import metered
from foreman_engine.service.ports import Ports


@dataclass(frozen=True, slots=True)
class Services:
    """What a container holds between requests."""

    settings: Settings
    ports: Ports
    remembered: Remembered = field(default_factory=Remembered)


def build(settings: Settings, **overrides: Any) -> Ports:
    """The ports on AWS, or on whatever `settings.aws_endpoint_url` names; `overrides` replace fields of `Ports`.

    What happens to tasks is counted for the invocation that it happens in. boto3 and the adapters are imported here, when the first request needs them, and not when Chalice packages the app.
    """
    from chalicelib.adapters.aws import aws_ports

    return metered(replace(aws_ports(settings), **overrides), InvocationMeter())


_lock: Final = threading.Lock()
_current: list[Services] = []


def services() -> Services:
    """The container's services, built at the first call."""
    if not _current:
        with _lock:
            if not _current:
                settings = Settings.from_env()
                _current.append(Services(settings, build(settings)))
    return _current[0]


def is_cold() -> bool:
    """Whether this container has not served anything yet."""
    return not _current


def stage() -> str:
    """The deployment's stage, also while the services cannot be built."""
    return _current[0].settings.stage if _current else Settings.from_env().stage


def install(replacement: Services | None) -> None:
    """Make `services()` answer this (None: build again at the next call): for tests, and for a stack in one process."""
    with _lock:
        _current[:] = [] if replacement is None else [replacement]
