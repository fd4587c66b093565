"""Who is calling: the organization comes from the API key and from nowhere else."""

from chalicelib.bootstrap import Services
from foreman_engine.domain.errors import UnauthorizedError
from foreman_engine.domain.keys import ApiKey, ParsedKey, parse_key
from foreman_engine.service.keys import authenticate


def authorize(services: Services, header: str | None) -> ApiKey:
    """The key in an Authorization header. An answer about a key is believed for 30 seconds, good or bad.

    Raises:
        UnauthorizedError: no valid key; every reason is told alike.
    """
    scheme, _, token = (header or "").partition(" ")
    parsed = parse_key(token) if scheme.lower() == "bearer" else None
    key = None
    if parsed is not None and parsed.env == services.settings.stage:
        key = _known(services, parsed)
    if key is None:
        raise UnauthorizedError("Send Authorization: Bearer with a valid API key.")
    return key


def _known(services: Services, parsed: ParsedKey) -> ApiKey | None:
    remembered = services.remembered
    key = remembered.key(parsed.hash)
    if key is not None or remembered.is_unknown(parsed.hash):
        return key
    try:
        key = authenticate(services.ports, parsed)
    except UnauthorizedError:
        key = None
    remembered.remember_key(parsed.hash, key)
    return key
