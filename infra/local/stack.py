"""The local stack from its first process to its last: everything that is up inside one `with`."""

import os
import subprocess
import time
from collections.abc import Iterator, MutableMapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TextIO

from botocore.exceptions import BotoCoreError, ClientError

from foreman_engine.domain.errors import EngineError
from infra.errors import OperatorError
from infra.local import environment
from infra.local.app import load_app, logged_to
from infra.local.cloud import ensure_state, local_session
from infra.local.dev_key import ensure_dev_key
from infra.local.files import read_json, write_private
from infra.local.gateway.invoke import Gateway
from infra.local.gateway.server import HttpServer
from infra.local.home import TEMPLATE, Folders, Home, folders
from infra.local.journal import read_journal, what_was_lost
from infra.local.lock import exclusive
from infra.local.ministack import ministack
from infra.local.ready import await_ready
from infra.local.records import new_record, recorded
from infra.local.triggers import triggers
from infra.opened import read_settings

START_S: Final = 30
_SAVING_S: Final = 10


@dataclass(frozen=True, slots=True)
class Plan:
    """What to start. `port` 0 takes a free one."""

    home: Home
    port: int
    ephemeral: bool = False
    ready_file: Path | None = None


@dataclass(frozen=True, slots=True)
class LocalStack:
    """A stack that is up. `notice` is what a person must know about the end of the one before; `out` is for people."""

    endpoint: str
    api_key: str
    aws_endpoint_url: str
    folders: Folders
    notice: str | None
    out: TextIO
    aws: subprocess.Popen[bytes]

    def ready(self) -> dict[str, Any]:
        """What a client needs, as it stands in the ready file."""
        return {
            "endpoint": self.endpoint,
            "apiKey": self.api_key,
            "orgId": environment.ORG,
            "region": environment.REGION,
            "awsEndpointUrl": self.aws_endpoint_url,
            "pid": os.getpid(),
        }


@contextmanager
def running(plan: Plan, environ: MutableMapping[str, str]) -> Iterator[LocalStack]:
    """The stack inside the block, every part of it answering; nothing of it is left afterwards but its data.

    Raises:
        OperatorError: a setting is malformed, the port is taken, another stack holds the data, or a part did not come up within START_S.
    """
    ends_at = time.monotonic() + START_S
    read_settings(environ)  # before anything starts
    _forget_ready_file(plan.ready_file)
    plan.home.root.mkdir(parents=True, exist_ok=True, mode=0o700)
    with ExitStack() as up:
        server = _listen(plan.port)
        up.callback(server.server_close)
        held = [] if plan.ephemeral else [up.enter_context(exclusive(plan.home.lock_file, _SAVING_S))]
        dirs = up.enter_context(folders(plan.home, ephemeral=plan.ephemeral))
        notice = what_was_lost(read_journal(dirs.journal))
        out = up.enter_context(logged_to(dirs.logs / "api.log"))
        before = {} if plan.ephemeral else read_json(plan.home.dev_file) or {}
        url, process = up.enter_context(ministack(dirs, environ, before.get("awsEndpointUrl"), held, ends_at))
        key = _serve(up, server, environ, url, before.get("apiKey"), ends_at)
        await_ready(server.endpoint, key, ends_at, str(dirs.logs / "api.log"))
        stack = LocalStack(server.endpoint, key, url, dirs, notice, out, process)
        _announce(up, plan, stack)
        yield stack


def _serve(
    up: ExitStack,
    server: HttpServer,
    environ: MutableMapping[str, str],
    url: str,
    old_key: str | None,
    ends_at: float,
) -> str:
    session = local_session(environment.REGION)
    try:
        outputs = ensure_state(session, url, environment.STAGE, TEMPLATE.read_text(), ends_at)
        app = load_app(environ, environment.server(environ, url, outputs))
        key = ensure_dev_key(old_key)
    except (BotoCoreError, ClientError, EngineError) as error:
        raise OperatorError(
            f"The emulated AWS does not do its part ({error}); try again, or remove .foreman/ to begin anew."
        ) from None
    gateway = Gateway(app, environment.STAGE, environment.REGION)
    up.enter_context(triggers(app, session, url))
    up.enter_context(server.serving(gateway.handle))
    return key


def _listen(port: int) -> HttpServer:
    try:
        return HttpServer(port)
    except PermissionError:
        raise OperatorError(f"Port {port} is not for ordinary users; choose another with --port.") from None
    except (OSError, OverflowError):
        raise OperatorError(
            f"Port {port} is taken; end what listens there, or choose another with --port."
        ) from None


def _forget_ready_file(path: Path | None) -> None:
    if path is None:
        return
    if not path.absolute().parent.is_dir():
        raise OperatorError(f"The folder of the ready file {path} does not exist; make it first.")
    path.unlink(missing_ok=True)


def _announce(up: ExitStack, plan: Plan, stack: LocalStack) -> None:
    record = new_record(
        stack.endpoint,
        stack.aws_endpoint_url,
        environment.REGION,
        environment.STAGE,
        ephemeral=plan.ephemeral,
    )
    up.enter_context(recorded(plan.home, record))
    if not plan.ephemeral:
        write_private(plan.home.dev_file, stack.ready())
    if plan.ready_file is not None:
        write_private(plan.ready_file.absolute(), stack.ready())
