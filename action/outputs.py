"""The action's outputs: `outputs.py EXIT_STATUS REPORT` reads the JSON report and prints `name=value` lines."""

from __future__ import annotations

import json
import sys
from pathlib import Path

STATUS = {0: "passed", 1: "below", 2: "wrong", 3: "unmeasured"}


def outputs(exit_status: int, report: Path) -> dict[str, str]:
    """Of several reports the lowest counts: it is what a threshold is held against."""
    told = {"status": STATUS.get(exit_status, "unmeasured"), "percent": "", "level": ""}
    reports = _reports(report)
    if reports:
        lowest = min(reports, key=lambda each: float(each["percent"]))
        told["percent"] = f"{float(lowest['percent']):g}"
        told["level"] = "" if lowest["level"] is None else str(int(lowest["level"]))
    return told


def _reports(path: Path) -> list[dict[str, object]]:
    if not path.is_file():
        return []
    stored = json.loads(path.read_text(encoding="utf-8"))
    return stored.get("reports", [stored])


if __name__ == "__main__":
    for name, value in outputs(int(sys.argv[1]), Path(sys.argv[2])).items():
        print(f"{name}={value}")
