"""API keys: `fmn_<env>_<orgId>_<random>`. The key itself is shown once; only its hash is kept."""

import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Final

from foreman_engine.domain.rates import RateLimit

KEY_PATTERN: Final = re.compile(r"fmn_([a-z0-9]{1,16})_([a-z0-9-]{1,32})_([A-Za-z0-9]{32,256})")
ENV_PATTERN: Final = re.compile(r"[a-z0-9]{1,16}")
ORG_PATTERN: Final = re.compile(r"[a-z0-9-]{1,32}")


@dataclass(frozen=True, slots=True)
class ParsedKey:
    """What an API key says of itself, before anybody believes it."""

    env: str
    org_id: str
    hash: str


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A stored key. `rate_limit` None: the deployment's default; `unlimited`: no limit at all."""

    key_id: str
    org_id: str
    env: str
    hash: str
    created_at: int
    rate_limit: RateLimit | None = None
    unlimited: bool = False
    revoked_at: int | None = None


def parse_key(text: str) -> ParsedKey | None:
    """The parts of an API key; None when it is not formed like one."""
    match = KEY_PATTERN.fullmatch(text)
    if match is None:
        return None
    return ParsedKey(match[1], match[2], hash_key(text))


def is_same_key(key: ApiKey, parsed: ParsedKey) -> bool:
    """Whether a stored key is the one that was given; how long it takes tells nothing about either."""
    return hmac.compare_digest(key.hash, parsed.hash) and key.env == parsed.env


def hash_key(text: str) -> str:
    """SHA-256, hex. A key holds at least 190 random bits, so a slow hash would add cost and no safety."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
