"""`python -m grader.reference [DIR]` rewrites every table of every page below DIR (default: docs)."""

from __future__ import annotations

import sys
from pathlib import Path

from grader.reference.tables import refreshed


def main() -> None:
    """Refresh the pages in place."""
    for page in sorted(Path(*sys.argv[1:2] or ["docs"]).rglob("*.md")):
        text = page.read_text("utf-8")
        if (fresh := refreshed(text)) != text:
            page.write_text(fresh, "utf-8")
            print(page)


if __name__ == "__main__":
    main()
