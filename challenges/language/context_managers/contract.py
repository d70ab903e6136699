"""Typed usage of `transactions` under mypy --strict. Every `type: ignore` marks misuse that must be an error."""

from contextlib import nullcontext
from typing import assert_type

from transactions import Rollback, Store, Transaction, all_of, all_of_async


def uses_the_store(store: Store[int]) -> None:
    assert_type(Store({"a": 1}), Store[int])
    assert_type(store["a"], int)
    assert_type(store.depth, int)
    assert_type(store.transaction(), Transaction)
    empty: Store[str] = Store()
    empty["name"] = "Ada"
    store["a"] = 3
    store["a"] += 1
    del store["a"]
    for key, value in store.items():
        assert_type(key, str)
        assert_type(value, int)


def refuses_other_types(store: Store[int]) -> None:
    store["a"] = "3"  # type: ignore[assignment]
    store[3]  # type: ignore[index]


def binds_the_transaction(store: Store[int]) -> None:
    with store.transaction() as transaction:
        assert_type(transaction, Transaction)
        store.on_commit(lambda: print("done"))


def may_suppress(store: Store[int]) -> int:  # type: ignore[return]
    with store.transaction():
        return store["a"]


async def may_suppress_in_a_task(store: Store[int]) -> int:  # type: ignore[return]
    async with store.transaction():
        return store["a"]


def goes_on_after_a_rollback(store: Store[int]) -> int:
    with store.transaction() as transaction:
        transaction.rollback()
    return len(store)


async def binds_in_a_task(store: Store[int]) -> None:
    async with store.transaction() as transaction:
        assert_type(transaction, Transaction)


def holds_several(one: Store[int], other: Store[str]) -> None:
    with all_of(one.transaction(), other.transaction()) as pair:
        assert_type(pair, tuple[Transaction, ...])
    with all_of(nullcontext("a"), nullcontext("b")) as names:
        assert_type(names, tuple[str, ...])
    all_of(3)  # type: ignore[arg-type]


async def holds_several_in_a_task(one: Store[int], other: Store[str]) -> None:
    async with all_of_async(one.transaction(), other.transaction()) as pair:
        assert_type(pair, tuple[Transaction, ...])


def catches(error: Rollback) -> Exception:
    return error
