"""The account and region that a command works in, checked before anything is changed."""

import importlib.util
import re
import sys
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Final

from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import NoCredentialsError, NoRegionError

from infra.deployed.faults import explained, said
from infra.discover import with_credentials
from infra.errors import OperatorError

_STAGE: Final = re.compile(r"[a-z0-9]{1,16}")
_KEYS: Final = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
_OLDEST, _NEWEST = (3, 11), (3, 13)


@dataclass(frozen=True, slots=True)
class Account:
    """Who we are and where. `environment` is for child processes; `emulator` says that none of this is AWS."""

    session: Session
    account_id: str
    region: str
    caller: str
    environment: Mapping[str, str]
    emulator: bool
    _clients: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def name(self) -> str:
        """For people."""
        place = f"the emulator at {self.environment['AWS_ENDPOINT_URL']}" if self.emulator else "AWS"
        return f"account {self.account_id}, region {self.region}, on {place}"

    def client(self, service: str) -> Any:
        """The client of one service, made once; boto3 finds an emulator's address in the environment."""
        if service not in self._clients:
            # API Gateway takes one deployment in five seconds of an account; Chalice has just made one.
            config = Config(retries={"mode": "standard", "total_max_attempts": 8})
            self._clients[service] = self.session.client(service, config=config)  # type: ignore[call-overload]
        return self._clients[service]


def check_stage(stage: str) -> None:
    """Refuse a stage name that API keys cannot carry.

    Raises:
        OperatorError: it is none.
    """
    if not _STAGE.fullmatch(stage):
        raise OperatorError(
            f"{stage!r} is no stage name; take 1-16 of a-z and 0-9, because API keys carry it."
        )


def check_tools(version: tuple[int, int] | None = None) -> None:
    """See that this machine can pack the code: its Python is what the functions will run on.

    Raises:
        OperatorError: it cannot, and what is missing.
    """
    here = sys.version_info[:2] if version is None else version
    if not _OLDEST <= here <= _NEWEST:
        raise OperatorError(
            f"This is Python {here[0]}.{here[1]}, and the functions run on the version that packs them; "
            "use Python 3.11, 3.12 or 3.13: make clean && make setup PYTHON=python3.13."
        )
    if importlib.util.find_spec("chalice") is None:
        raise OperatorError("Chalice is not installed here; run `make setup` and use .venv/bin/python.")


def _missing(session: Session) -> list[str]:
    """What stands between us and AWS, when it is not only the region."""
    faults = [NoRegionError()] if session.get_credentials() else [NoRegionError(), NoCredentialsError()]
    return [said(fault, "say who you are") for fault in faults]


def find_account(
    environ: MutableMapping[str, str], region: str | None = None, profile: str | None = None
) -> Account:
    """The account that the settings name; this process becomes its client. `region` and `profile` win over `environ`.

    Raises:
        OperatorError: there are no credentials or no region, or AWS does not accept them.
    """
    if profile is not None:
        for name in _KEYS:  # which boto3 takes first
            environ.pop(name, None)
        environ["AWS_PROFILE"] = profile
    emulator = bool(environ.get("AWS_ENDPOINT_URL"))
    if emulator:
        environ.update(with_credentials(environ))
    with explained("say who you are"):
        found = region or environ.get("AWS_REGION") or Session().region_name
        if found is None:
            raise OperatorError(" ".join(_missing(Session())))
        environ.update({"AWS_REGION": found, "AWS_DEFAULT_REGION": found})
        session = Session(region_name=found)
        caller = session.client("sts").get_caller_identity()
    return Account(session, caller["Account"], found, caller["Arn"], dict(environ), emulator)
