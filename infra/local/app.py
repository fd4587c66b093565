"""The server's app in this process, with the environment that its functions would have."""

import importlib
import logging
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from chalice.app import Chalice


def load_app(environ: MutableMapping[str, str], variables: Mapping[str, str]) -> Chalice:
    """Make `variables` the whole environment of this process, then import the app, which reads it lazily."""
    for name in set(environ) - set(variables):
        del environ[name]
    environ.update(variables)
    app = importlib.import_module("app").app
    if not isinstance(app, Chalice):
        raise TypeError("app.py holds no Chalice app")
    return app


@contextmanager
def logged_to(path: Path) -> Iterator[TextIO]:
    """Send what this process writes to stdout and stderr to a file, as Lambda does; yields the person's stdout."""
    stdout, stderr = sys.stdout, sys.stderr
    with path.open("w", buffering=1) as log:
        sys.stdout = sys.stderr = log
        handler = logging.StreamHandler(log)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
        logging.getLogger().addHandler(handler)
        try:
            yield stdout
        finally:
            logging.getLogger().removeHandler(handler)
            sys.stdout, sys.stderr = stdout, stderr
