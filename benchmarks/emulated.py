"""An emulated AWS for a measurement, whose calls are counted."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.usage import Usage
from chalicelib.adapters.aws import aws_ports
from chalicelib.config import Settings
from foreman_engine.service.ports import Ports
from infra.local import environment
from infra.local.cloud import ensure_state, local_session
from infra.local.home import TEMPLATE, Home, folders
from infra.local.ministack import ministack

__all__ = ["Usage", "emulated_ports"]

_START_S: Final = 30


@contextmanager
def emulated_ports() -> Iterator[tuple[Ports, Usage]]:
    """The AWS ports on a MiniStack of their own, and what they consume there. Write units are AWS's; read units are not."""
    ends_at = time.monotonic() + _START_S
    base = dict(os.environ)  # noqa: TID251 - a benchmark is an entry point
    usage = Usage()
    with (
        TemporaryDirectory() as home,
        folders(Home(Path(home)), ephemeral=True) as dirs,
        ministack(dirs, base, None, [], ends_at) as (url, _),
    ):
        session = local_session(environment.REGION)
        outputs = ensure_state(session, url, environment.STAGE, TEMPLATE.read_text(), ends_at)
        usage.watch(session)
        settings = Settings.from_env(environment.server({}, url, outputs))
        yield aws_ports(settings, session), usage
