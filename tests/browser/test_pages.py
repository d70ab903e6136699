"""The HTML pages in a real browser: everybody can read and walk them, on any width, and they load nothing.

GRADER_SCREENSHOTS=FOLDER keeps a picture of every page for a person to look at.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.heavy

GOLD = sorted(path.parent.name for path in (Path(__file__).parent.parent / "gold").glob("*/report.json"))
OTHERS = (
    "cohort",
    "cohort-empty",
    "progress",
    "progress-empty",
    "plan",
    "certificate",
    "certificate-hostile",
    "session",
)
NAMES = [*(f"{case}-{audience}" for case in GOLD for audience in ("candidate", "reviewer")), *OTHERS]
WIDTHS = (390, 1280)
NARROWEST = 320
"""What a wide screen's quarter, or a page at 400 %, has."""
SERIOUS = {"serious", "critical"}

FOCUS = """() => {
    const focused = document.activeElement
    if (!focused || focused === document.body) return null
    const style = getComputedStyle(focused), box = focused.getBoundingClientRect()
    return {
        what: focused.outerHTML.slice(0, 80),
        outlined: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
        seen: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight
            && box.right > 0 && box.left < innerWidth,
    }
}"""
REACHABLE = "() => document.querySelectorAll('a[href], summary, pre[tabindex], input, textarea').length"
WIDE = """() => [...document.querySelectorAll('body *')]
    .filter(each => each.getBoundingClientRect().right > innerWidth + 1 && !each.closest('pre'))
    .map(each => each.outerHTML.slice(0, 80))"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", NAMES)
def test_axe_finds_nothing_serious(opened: Callable[..., Page], axe: str, name: str, width: int, scheme: str) -> None:
    """Contrast, names, roles, order, labels: nothing that axe calls serious or critical."""
    page = opened(name, width=width, scheme=scheme)
    _keep(page, f"{name}-{scheme}-{width}")
    page.evaluate(axe)
    violations = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    assert [
        (violation["id"], violation["help"], [node["html"][:120] for node in violation["nodes"]][:5])
        for violation in violations
        if violation["impact"] in SERIOUS
    ] == []


@pytest.mark.parametrize("width", [NARROWEST, *WIDTHS])
@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_wider_than_the_page(opened: Callable[..., Page], name: str, width: int) -> None:
    """Nobody scrolls sideways, except inside a long line of code."""
    page = opened(name, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width, page.evaluate(WIDE)


@pytest.mark.parametrize("name", NAMES)
def test_the_page_asks_for_nothing(browser: Browser, pages: dict[str, Path], name: str) -> None:
    """One file: no request but for itself, and nothing that its own policy had to refuse."""
    page = browser.new_page()
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.goto(pages[name].as_uri(), wait_until="load")
    page.wait_for_load_state("networkidle")
    page.close()
    assert asked == [pages[name].as_uri()]
    assert said == []


@pytest.mark.parametrize("name", NAMES)
def test_a_keyboard_reaches_everything_and_shows_where_it_is(opened: Callable[..., Page], name: str) -> None:
    """Tab visits every link, fold, excerpt and field; each time an outline is there and on the screen."""
    page = opened(name)
    reachable, visited = page.evaluate(REACHABLE), []
    for _ in range(reachable + 1):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUS)
        if focused is None:
            break
        visited.append(focused)
    assert [element["what"] for element in visited if not (element["outlined"] and element["seen"])] == []
    assert len(visited) >= reachable


@pytest.mark.parametrize("name", NAMES)
def test_a_page_prints(opened: Callable[..., Page], name: str) -> None:
    """On paper there is no dark page, and folded parts are a person's choice; the sheet is never wider than A4."""
    page = opened(name, width=794, scheme="dark")
    page.emulate_media(media="print", color_scheme="light")
    assert page.evaluate("document.documentElement.scrollWidth") <= 794
    assert page.pdf(format="A4").startswith(b"%PDF")


def test_the_eyes_of_these_tests_are_open(opened: Callable[..., Page], axe: str) -> None:
    """A page with grey words, a nameless field and a wide block is found out: the tests above can fail."""
    page = opened("full-candidate", width=390)
    page.evaluate(
        "document.querySelector('main').innerHTML = "
        '\'<p style="color:#bbb">pale</p><input><p style="width:50rem">wide</p>\''
    )
    page.evaluate(axe)
    violations = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    assert {"color-contrast", "label"} <= {
        violation["id"] for violation in violations if violation["impact"] in SERIOUS
    }
    assert page.evaluate("document.documentElement.scrollWidth") > 390


def _keep(page: Page, name: str) -> None:
    folder = os.environ.get("GRADER_SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
