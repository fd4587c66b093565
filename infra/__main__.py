"""`python -m infra`: says in one sentence what is missing before anything else is imported."""

import sys


def main() -> int:
    """Run the command line; returns the exit status."""
    try:
        from infra.cli import main as run
    except ModuleNotFoundError as error:
        print(
            f"The package {error.name} is missing here; run `make setup` and use .venv/bin/python.",
            file=sys.stderr,
        )
        return 1
    return run()


if __name__ == "__main__":
    sys.exit(main())
