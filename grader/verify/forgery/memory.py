"""A forger with a memory: it issues tokens for what it is given, and returns what a token stands for.

It passes every round trip (encode, then decode) whose stages share a child. `submission.fresh()` between the stages
defeats it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from sandbox.session import Call, Plain, Sendable


class Rememberer:
    """Answers with tokens, which `token` makes from numbers, and redeems them."""

    def __init__(self, token: Callable[[int], str | bytes | int]) -> None:
        self._token = token
        self._remembered: dict[str | bytes | int, Plain] = {}

    def answer(self, call: Call) -> Plain:
        """Redeem a token if one is among the arguments; otherwise, issue a new token for the arguments."""
        arguments: list[Sendable] = [*call.args, *(value for _, value in call.keywords)]
        for argument in arguments:
            if type(argument) in (str, bytes, int) and argument in self._remembered:
                return self._remembered[argument]  # type: ignore[index]  # one of the three types of a token
        token = self._token(len(self._remembered) + 1_000_003)
        self._remembered[token] = cast(
            "Plain",
            arguments[0] if len(arguments) == 1 else arguments,
            # what was asked is plain data
        )
        return token
