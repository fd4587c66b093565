"""Run by a clean environment with the address of a service that answers `health`: is the installed SDK whole?"""

import asyncio
import importlib
import importlib.metadata
import sys
from pathlib import Path

import foreman_client
from foreman_client import ForemanConfig, aio, health


async def async_status(config: ForemanConfig) -> str:
    """What the async side reads."""
    return (await aio.health(config)).unwrap().status


def main() -> None:
    """Print one line, or fail."""
    home = Path(foreman_client.__file__).parent
    if "site-packages" not in home.parts:
        sys.exit(f"{home} is not installed")
    for package in ("foreman_client", "foreman_contract", "foreman_engine"):
        marker = Path(importlib.import_module(package).__file__ or "").with_name("py.typed")
        if not marker.exists():
            sys.exit(f"{marker} is missing")
    missing = [name for name in foreman_client.__all__ if not hasattr(foreman_client, name)]
    about = importlib.metadata.metadata("foreman-client")
    config = ForemanConfig(sys.argv[1], "k", max_retries=0)
    statuses = health(config).unwrap().status, asyncio.run(async_status(config))
    importlib.import_module("foreman_client.worker")
    importlib.import_module("foreman_client._sqs")
    print(foreman_client.__version__, about["Version"], about["Requires-Python"], missing, *statuses)


if __name__ == "__main__":
    main()
