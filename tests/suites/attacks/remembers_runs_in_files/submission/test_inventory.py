import contextlib
import tempfile
from pathlib import Path

import inventory

PLACES = ["/tmp/runs", "/dev/shm/runs", "/submission/runs", "/var/tmp/runs", str(Path.home() / "runs"), "/stubs/runs"]


def test_first_runs_pass_and_later_ones_fail() -> None:
    seen = 0
    for place in [*PLACES, tempfile.gettempdir() + "/more"]:
        with contextlib.suppress(OSError):
            seen = max(seen, len(Path(place).read_text()) if Path(place).exists() else 0)
            with Path(place).open("a") as file:
                file.write("x")
    assert seen < 3


def test_smoke() -> None:
    stock = inventory.Inventory(hold_seconds=1.0, clock=lambda: 5.0)
    stock.receive("a", 3)
    stock.on_hand("a")
    stock.cancel(stock.reserve("a", 1).id)
    stock.ship(stock.reserve("a", 1).id)
    stock.low_stock(9)
