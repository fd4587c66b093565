"""What a bound operation looks like from outside: the name, docstring and signature of the operation."""

import inspect
from collections.abc import Callable
from typing import Any, Final, get_args

from foreman_client._walk import Listing
from foreman_client.config import ForemanConfig

CONFIG: Final = inspect.Parameter("config", inspect.Parameter.POSITIONAL_ONLY, annotation=ForemanConfig)
SELF: Final = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)


def describe(call: Callable[..., Any], operation: Callable[..., Any], first: inspect.Parameter) -> None:
    """Give `call` the name, docstring and signature of the operation, with its own first parameter."""
    call.__name__ = call.__qualname__ = operation.__name__
    call.__doc__ = operation.__doc__
    sign(call, operation, first, _result_of(operation))


def describe_paged(
    call: Callable[..., Any], listing: Listing[Any, Any, Any], first: inspect.Parameter, pages: Any
) -> None:
    """Give `call` the listing's name and the signature of its operation, answering `pages`, and say how they differ."""
    page = listing.page.__name__
    defaults = " and ".join(f"`{name}={value}`" for name, value in listing.defaults.items())
    call.__name__ = call.__qualname__ = listing.name
    call.__doc__ = (
        f"Iterate over every row that `{page}` answers, page after page; the walk starts at `cursor`, if given.\n\n"
        f"Nothing is fetched before the first row is asked for; see `{pages.__name__}`. The arguments are those of "
        f"`{page}`, but a page is asked for with {defaults} unless told otherwise. `{page}`:\n\n"
        f"{inspect.getdoc(listing.page)}"
    )
    succeeded, _ = get_args(_result_of(listing.page))
    (model,) = get_args(succeeded)
    (row,) = get_args(model.model_fields["data"].annotation)
    sign(call, listing.page, first, pages[row, model])


def sign_method(
    call: Callable[..., Any], operation: Callable[..., Any], first: inspect.Parameter, answer: str
) -> None:
    """Give `call` the operation's name, docstring and signature, with one more first parameter and another answer."""
    call.__name__ = call.__qualname__ = operation.__name__
    call.__doc__ = operation.__doc__
    signature = inspect.signature(operation)
    call.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[first, *signature.parameters.values()], return_annotation=answer
    )


def sign(
    call: Callable[..., Any], operation: Callable[..., Any], first: inspect.Parameter, answer: Any
) -> None:
    """Give `call` the operation's signature with another first parameter and answer."""
    signature = inspect.signature(operation)
    _, *others = signature.parameters.values()
    call.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[first, *others], return_annotation=answer
    )


def _result_of(operation: Callable[..., Any]) -> Any:
    returns = inspect.signature(operation).return_annotation
    return getattr(returns, "__args__", (None, None, returns))[-1]
