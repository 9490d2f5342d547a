"""An attribute made at first use, as `functools.cached_property`, but without its lock.

Until Python 3.12 that lock is one for all objects of a class: what one thread makes of its picture,
another waits for with another picture. Here two threads that ask the same object at once may both
make the thing, and the later one's stays; it must be the same each time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


class lazily(Generic[T]):  # used as a decorator, like `property`
    """Decorates a method without arguments; its object needs a `__dict__`."""

    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make = make
        self._name = make.__name__
        self.__doc__ = make.__doc__

    def __set_name__(self, _owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, held: None, owner: type | None = None) -> lazily[T]: ...

    @overload
    def __get__(self, held: object, owner: type | None = None) -> T: ...

    def __get__(self, held: object | None, owner: type | None = None) -> lazily[T] | T:
        """The thing; asked only until it stands in the object's own dictionary."""
        if held is None:
            return self
        made = held.__dict__[self._name] = self._make(held)
        return made
