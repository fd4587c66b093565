"""Physical names of an organization's queues, as the contract spells them."""

import hashlib
from typing import Final

from foreman_contract.enums import Priority

_SUFFIX: Final = {Priority.HIGH: "-high", Priority.NORMAL: "", Priority.LOW: "-low"}
_SLUG_CHARS: Final = 10


def physical_name(stage: str, org_id: str, logical: str, priority: Priority = Priority.NORMAL) -> str:
    """`foreman_<stage>_<org>_<slug>-<6 hex>[-high|-low]`, at most 80 characters.

    The hash keeps names with one slug apart; the underscores keep organizations apart, whose ids have none.
    """
    slug = logical.replace(":", "-")[:_SLUG_CHARS]
    digest = hashlib.sha256(logical.encode()).hexdigest()[:6]
    return f"{prefix_of(stage)}{org_id}_{slug}-{digest}{_SUFFIX[priority]}"


def prefix_of(stage: str) -> str:
    """How the names of all organizations' queues of a stage begin."""
    return f"foreman_{stage}_"


def organization_of(stage: str, physical: str) -> str | None:
    """The organization whose queue this is; None when it is not an organization's queue of the stage."""
    prefix = prefix_of(stage)
    if not physical.startswith(prefix):
        return None
    org_id, underscore, _ = physical[len(prefix) :].partition("_")
    return org_id if underscore else None
