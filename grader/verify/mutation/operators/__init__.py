"""The mutation operators: each sees every node that may be mutated and yields the changes it would make there.

A new operator is a function in a family's file and a line in `OPERATORS`. Its key there is part of its mutants' ids, so
the key never changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import libcst as cst

from grader.verify.mutation.operators import (
    arithmetic,
    call,
    condition,
    constant,
    flow,
    slicing,
    statement,
)
from grader.verify.mutation.source import Edit, ModuleSource

Operator = Callable[[cst.CSTNode, ModuleSource], Iterator[Edit]]

OPERATORS: dict[str, Operator] = {
    "arithmetic": arithmetic.swap_arithmetic,
    "sign": arithmetic.drop_sign,
    "overwrite": arithmetic.overwrite,
    "arguments": call.swap_arguments,
    "keyword": call.drop_keyword,
    "await": call.drop_await,
    "comparison": condition.swap_comparison,
    "negate": condition.negate_condition,
    "not": condition.drop_not,
    "and-or": condition.swap_and_or,
    "operand": condition.drop_operand,
    "number": constant.shift_number,
    "flag": constant.flip_flag,
    "text": constant.misspell,
    "default": constant.change_default,
    "decorator": statement.drop_decorator,
    "return": flow.return_none,
    "break": flow.swap_break_continue,
    "loop": flow.skip_loop,
    "except": flow.widen_except,
    "case": flow.drop_case,
    "bound": slicing.drop_bound,
    "statement": statement.drop_statement,
}
