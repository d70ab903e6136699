"""The pictures of badges as PNG are what `drawing.py` draws; GRADER_REFRESH_GOLD=1 writes them anew."""

from __future__ import annotations

import os
from io import BytesIO

import pytest
from PIL import Image, ImageChops, ImageStat
from playwright.sync_api import Browser

from grader.portfolio.badges.badge_rules import BADGES, Badge
from grader.portfolio.badges.drawing import SIZE, plain_drawing
from grader.portfolio.badges.png_carrier import PICTURES, png_picture

pytestmark = pytest.mark.heavy

SCALE = 1.5
EMBLEM = (60, 60, 480, 350)
"""The part of the picture without letters, which every machine draws alike."""


def drawn(browser: Browser, badge: Badge) -> bytes:
    """The drawing as the browser shows it, with transparent corners."""
    context = browser.new_context(viewport={"width": SIZE, "height": SIZE}, device_scale_factor=SCALE, offline=True)
    page = context.new_page()
    page.set_content(f"<style>body {{ margin: 0 }} svg {{ display: block }}</style>{plain_drawing(badge)}")
    picture: bytes = page.screenshot(omit_background=True)
    context.close()
    return picture


@pytest.mark.parametrize("badge", BADGES.values(), ids=BADGES)
def test_the_shipped_picture_is_the_drawing(browser: Browser, badge: Badge) -> None:
    """Whoever changes an emblem draws its picture anew."""
    picture = drawn(browser, badge)
    if os.environ.get("GRADER_REFRESH_GOLD"):
        PICTURES.mkdir(exist_ok=True)
        (PICTURES / f"{badge.id}.png").write_bytes(picture)
    shipped, fresh = (_emblem(content) for content in (png_picture(badge), picture))
    assert max(ImageStat.Stat(ImageChops.difference(shipped, fresh)).mean) < 1


def _emblem(content: bytes) -> Image.Image:
    return Image.open(BytesIO(content)).convert("RGB").crop(EMBLEM)
