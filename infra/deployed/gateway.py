"""Bringing API Gateway's own answers up to date, and its stage to what was changed."""

from collections.abc import Mapping
from typing import Any

from infra.deployed.gateway_responses import GATEWAY_RESPONSES, parameters


def differing(gateway: Any, api_id: str) -> list[str]:
    """The types whose answers are not set as wanted."""
    there = {each["responseType"]: each for each in _all(gateway, api_id)}
    return [kind for kind in GATEWAY_RESPONSES if not _is_set(there.get(kind, {}), parameters(kind))]


def apply_responses(gateway: Any, api_id: str, stage: str) -> list[str]:
    """Set the answers that differ and deploy them to the API's stage; the types that changed.

    An import of the API's definition, such as each `chalice deploy` makes, takes them away.
    """
    changed = differing(gateway, api_id)
    for kind in changed:
        gateway.put_gateway_response(restApiId=api_id, responseType=kind, **parameters(kind))
    if changed:
        gateway.create_deployment(restApiId=api_id, stageName=stage)
    return changed


def _is_set(there: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    return all(there.get(name) == value for name, value in wanted.items())


def _all(gateway: Any, api_id: str) -> list[Any]:
    found: list[Any] = []
    position: dict[str, str] = {}
    while True:
        page = gateway.get_gateway_responses(restApiId=api_id, limit=500, **position)
        found += page["items"]
        if not page.get("position"):
            return found
        position = {"position": page["position"]}
