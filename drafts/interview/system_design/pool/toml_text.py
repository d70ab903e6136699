"""Writes TOML: tables of numbers, texts, lists and flat tables."""

import json


def toml_text(tables):
    """Return tables by name as TOML; the table "" comes first, without a header."""
    parts = []
    for name, values in tables.items():
        lines = [f"[{name}]"] if name else []
        lines += [f"{key} = {_value(value)}" for key, value in values.items()]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _value(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_value(item)}" for key, item in value.items()) + " }" if value else "{}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value)
    return repr(value)


def system_text(system):
    """Return a system as system.toml."""
    flat = {key: value for key, value in system.items() if not isinstance(value, dict)}
    tables = {"": flat, "prices": system["prices"]}
    tables |= {f"keys.{name}": key for name, key in system["keys"].items()}
    tables |= {f"operations.{name}": operation for name, operation in system["operations"].items()}
    return toml_text(tables)
