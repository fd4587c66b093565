"""What every call returns: a `Success` with the data or a `Failure` with the error."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Generic, Literal, NoReturn, TypeAlias, TypeVar

from foreman_client.errors import ForemanError, NoDataError

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
U = TypeVar("U")

# Without slots: a frozen dataclass that has them raises TypeError on `Success[int](3)`.


@dataclass(frozen=True)
class Success(Generic[T_co]):
    """The call did what it says; `data` is its answer."""

    data: T_co
    success: ClassVar[Literal[True]] = True
    error: ClassVar[None] = None

    def unwrap(self) -> T_co:
        """The data."""
        return self.data

    def unwrap_or(self, default: U) -> T_co | U:  # noqa: ARG002 - the signature of both results
        """The data."""
        return self.data

    def map(self, function: Callable[[T_co], U]) -> "Success[U]":
        """A success with `function(data)`."""
        return Success(function(self.data))


@dataclass(frozen=True)
class Failure:
    """The call did not; `error` says why."""

    error: ForemanError
    success: ClassVar[Literal[False]] = False

    @property
    def data(self) -> NoReturn:
        """Nothing.

        Raises:
            NoDataError: always, naming the failure.
        """
        raise NoDataError(f"this call failed and has no data: {self.error}") from self.error

    def unwrap(self) -> NoReturn:
        """Nothing.

        Raises:
            ForemanError: always, the failure itself.
        """
        raise self.error

    def unwrap_or(self, default: U) -> U:
        """The default."""
        return default

    def map(self, function: Callable[..., object]) -> "Failure":  # noqa: ARG002 - the signature of both results
        """This failure."""
        return self


Result: TypeAlias = Success[T] | Failure
"""Check `.success`, match on `Success(data)` and `Failure(error)`, or `.unwrap()`."""
