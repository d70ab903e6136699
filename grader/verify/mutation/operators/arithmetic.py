"""Arithmetic: a wrong operator, plain or in place, and a lost sign."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from grader.verify.mutation.source import Edit, ModuleSource

SWAPS: dict[type[cst.CSTNode], str] = {
    cst.Add: "-",
    cst.Subtract: "+",
    cst.Multiply: "//",
    cst.Divide: "*",
    cst.FloorDivide: "/",
    cst.Modulo: "//",
    cst.Power: "*",
    cst.LeftShift: ">>",
    cst.RightShift: "<<",
    cst.BitAnd: "|",
    cst.BitOr: "&",
    cst.BitXor: "&",
    cst.AddAssign: "-=",
    cst.SubtractAssign: "+=",
    cst.MultiplyAssign: "//=",
    cst.DivideAssign: "*=",
    cst.FloorDivideAssign: "/=",
    cst.ModuloAssign: "//=",
    cst.PowerAssign: "*=",
    cst.LeftShiftAssign: ">>=",
    cst.RightShiftAssign: "<<=",
    cst.BitAndAssign: "|=",
    cst.BitOrAssign: "&=",
    cst.BitXorAssign: "&=",
}


def swap_arithmetic(node: cst.CSTNode, _: ModuleSource) -> Iterator[Edit]:
    """Replace an arithmetic or bitwise operator with a plausible one."""
    if isinstance(node, cst.BinaryOperation | cst.AugAssign) and type(node.operator) in SWAPS:
        yield Edit(node.operator, SWAPS[type(node.operator)])


def drop_sign(node: cst.CSTNode, source: ModuleSource) -> Iterator[Edit]:
    """Drop a unary minus or inversion."""
    if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Minus | cst.BitInvert):
        yield Edit(node, source.operand(node.expression))


def overwrite(node: cst.CSTNode, source: ModuleSource) -> Iterator[Edit]:
    """Replace an in-place operation with a plain assignment."""
    if isinstance(node, cst.AugAssign):
        yield Edit(node, f"{source.of(node.target)} = {source.of(node.value)}")
