"""A stack that is up, as an operator's command works on it."""

from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from boto3.session import Session
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.bootstrap import build
from chalicelib.config import SettingError, Settings
from foreman_engine.domain.errors import DeploymentError, EngineError, UnavailableError
from foreman_engine.service.ports import Ports
from infra.deployed.faults import said
from infra.deployed.stack import find_stage
from infra.discover import find_target
from infra.errors import OperatorError
from infra.local.environment import names
from infra.local.home import Home


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack that a command works on. `name` is for people; with `one_clock` its servers run on this machine."""

    name: str
    stage: str
    ports: Ports
    one_clock: bool = False


def open_stack(home: Home, environ: MutableMapping[str, str], stage: str) -> Stack:
    """The stack that the settings name, or the local one; this process becomes its client.

    Raises:
        OperatorError: there is none, or a setting is malformed.
    """
    name = _become_client(home, environ, stage)
    settings = read_settings({**environ, "FOREMAN_STAGE": stage})
    with told(name):
        return Stack(name, stage, build(settings))


def open_whole_stack(home: Home, environ: MutableMapping[str, str], stage: str) -> Stack:
    """As `open_stack`, for a command that also looks into the bucket, whose name only the state stack can tell.

    Raises:
        OperatorError: there is none, or a setting is malformed.
    """
    name = _become_client(home, environ, stage)
    with told(name):
        outputs = find_stage(Session().client("cloudformation"), stage).outputs
        settings = read_settings({**environ, **names(stage, outputs)})
        return Stack(name, stage, build(settings), _is_here(settings.aws_endpoint_url))


def _is_here(endpoint_url: str | None) -> bool:
    return urlsplit(endpoint_url or "").hostname in ("127.0.0.1", "::1", "localhost")


def _become_client(home: Home, environ: MutableMapping[str, str], stage: str) -> str:
    target = find_target(home, environ, stage)
    for name in set(environ) - set(target.environment):
        del environ[name]
    environ.update(target.environment)
    return target.name


def read_settings(environ: Mapping[str, str]) -> Settings:
    """The server's settings, as its own process would read them.

    Raises:
        OperatorError: one is malformed.
    """
    try:
        return Settings.from_env(environ)
    except SettingError as error:
        raise OperatorError(f"{error}.") from None


@contextmanager
def told(name: str) -> Iterator[None]:
    """Tell what goes wrong inside in one sentence.

    Raises:
        OperatorError: instead of whatever the engine or boto3 raised.
    """
    try:
        yield
    except UnavailableError as error:
        raise OperatorError(f"{name} does not answer: {error}") from None
    except DeploymentError as error:
        raise OperatorError(_refusal(name, error)) from None
    except EngineError as error:
        raise OperatorError(str(error)) from None
    except (BotoCoreError, ClientError) as error:
        raise OperatorError(said(error, f"work on {name}")) from None


def _refusal(name: str, error: DeploymentError) -> str:
    cause = error.__cause__
    if error.reason == "ResourceNotFoundException":
        return f"{name} has no tables of this stage; `python -m infra deploy --stage STAGE` makes them."
    return said(cause, f"work on {name}") if isinstance(cause, BotoCoreError | ClientError) else str(error)
