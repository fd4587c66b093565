"""Who is calling: the organization comes from the API key and from nowhere else."""

from chalicelib.bootstrap import Services
from foreman_engine.domain.errors import UnauthorizedError
from foreman_engine.domain.keys import ApiKey, hash_key
from foreman_engine.service.keys import authenticate


def authorize(services: Services, header: str | None) -> ApiKey:
    """The key behind an Authorization header, which says whose organization it is. An answer is believed for 30 seconds, good or bad.

    Raises:
        UnauthorizedError: no valid key; every reason is told alike.
    """
    scheme, _, token = (header or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise UnauthorizedError("Send Authorization: Bearer with an API key.")
    key = _cached(services, token.strip())
    if key is None:
        raise UnauthorizedError("The API key is not valid.")
    return key


def _cached(services: Services, token: str) -> ApiKey | None:
    cache_key = hash_key(token)
    with services.key_cache_lock:
        if cache_key in services.key_cache:
            return services.key_cache[cache_key]
    try:
        found: ApiKey | None = authenticate(services.ports, services.settings.stage, token)
    except UnauthorizedError:
        found = None
    with services.key_cache_lock:
        services.key_cache[cache_key] = found
    return found
