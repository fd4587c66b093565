"""The key of the local stack's own organization: the same one at every start, and never limited."""

import secrets
import string
from typing import Final

from chalicelib.bootstrap import services
from foreman_engine.domain.keys import parse_key
from foreman_engine.service.keys import ensure_key
from infra.local.environment import ORG, STAGE

_BASE62: Final = string.ascii_letters + string.digits


def ensure_dev_key(old: str | None) -> str:
    """The old key, made known to the stack again if its data is gone; a fresh one when it was revoked or is none."""
    for text in (old, _fresh()):
        if text is not None and parse_key(text) is not None:
            key = ensure_key(services().ports, text, unlimited=True)
            if key.revoked_at is None:
                return text
    raise AssertionError("a fresh key is always well formed")


def _fresh() -> str:
    return f"fmn_{STAGE}_{ORG}_{''.join(secrets.choice(_BASE62) for _ in range(40))}"
