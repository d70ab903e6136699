"""The HTML report is one file that loads nothing, runs nothing, and can be read by everybody."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from grader.model import Kind, MarkStatus
from grader.report import Audience, View, render
from grader.report.page.prose import prose
from tests.report.conftest import Stored

CASES = sorted(path.parent.name for path in (Path(__file__).parent.parent / "gold").glob("*/report.json"))
REVIEWER = View(audience=Audience.REVIEWER)
VOID = {"meta", "br", "input"}
ALLOWED = {
    "html", "head", "meta", "title", "style", "body", "header", "main", "footer", "section", "article",
    "h1", "h2", "h3", "h4", "a", "p", "small", "span", "i", "b", "u", "code", "pre", "br",
    "ol", "ul", "li", "dl", "dt", "dd", "table", "thead", "tbody", "tr", "th", "td",
    "details", "summary", "form", "label", "input", "textarea", "time",
}  # fmt: skip
"""Every element that the page is made of. There is no script, image, frame, link or object among them."""


class Page(HTMLParser):
    """What a reader of HTML finds."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data

    def all(self, attribute: str) -> list[str]:
        return [attributes[attribute] or "" for _, attributes in self.elements if attribute in attributes]


@pytest.fixture(params=[View(), REVIEWER], ids=["candidate", "reviewer"])
def view(request: pytest.FixtureRequest) -> View:
    chosen: View = request.param
    return chosen


@pytest.mark.parametrize("case", CASES)
def test_the_page_is_made_of_our_elements_alone(stored: Stored, case: str, view: View) -> None:
    """Nothing of a submission becomes an element or an attribute; everything that was opened is closed."""
    page = Page(render(stored(case), "html", view))
    assert page.open == []
    assert {tag for tag, _ in page.elements} <= ALLOWED
    assert [name for _, attributes in page.elements for name in attributes if name.startswith("on")] == []
    assert [address for address in page.all("href") if not address.startswith("#")] == []
    assert page.all("src") == []


@pytest.mark.parametrize("case", CASES)
def test_the_page_forbids_itself_everything_but_its_style(stored: Stored, case: str, view: View) -> None:
    """Even if an element slipped through, the policy lets it load and run nothing."""
    page = Page(render(stored(case), "html", view))
    (policy,) = [
        a["content"] or ""
        for tag, a in page.elements
        if tag == "meta" and a.get("http-equiv") == "Content-Security-Policy"
    ]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert not re.search(r"url\(|@import", render(stored(case), "html", view))


@pytest.mark.parametrize("case", CASES)
def test_ids_are_unique_and_references_lead_to_them(stored: Stored, case: str, view: View) -> None:
    """Labels, links and headings find each other."""
    page = Page(render(stored(case), "html", view))
    ids = page.all("id")
    assert len(set(ids)) == len(ids)
    assert {reference for value in page.all("aria-labelledby") for reference in value.split()} <= set(ids)
    assert {address[1:] for address in page.all("href")} <= set(ids)


@pytest.mark.parametrize("case", CASES)
def test_headings_form_a_tree(stored: Stored, case: str, view: View) -> None:
    """One first heading, and no level is skipped: screen readers walk along them."""
    levels = [
        int(tag[1]) for tag, _ in Page(render(stored(case), "html", view)).elements if re.fullmatch(r"h[1-6]", tag)
    ]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_the_candidates_line_is_marked(stored: Stored) -> None:
    """A finding shows the line that it is about, underlined from its column on."""
    output = render(stored("partial"), "html")
    assert re.search(r'class="meant"><b> +14  </b> +return|class="meant"><b> +14  </b>    return <u>pickle', output)


def test_audiences_differ_in_what_is_secret(stored: Stored) -> None:
    """Only a reviewer sees hidden tests, drawn inputs and traces."""
    candidate, reviewer = render(stored("partial"), "html"), render(stored("partial"), "html", REVIEWER)
    for secret in ("age=151", "def test_assignment", "refused is False"):
        assert secret not in candidate
        assert secret in reviewer


def test_a_reviewer_finds_a_place_for_each_manual_mark(stored: Stored) -> None:
    """Criteria that a person marks have a field; the candidate's page has none."""
    (mark,) = [mark for mark in stored("incomplete").criteria if mark.kind is Kind.REVIEW]
    page = Page(render(stored("incomplete"), "html", REVIEWER))
    assert mark.id in page.all("name")
    assert not [tag for tag, _ in Page(render(stored("incomplete"), "html")).elements if tag in {"form", "input"}]


def test_hostile_text_is_shown_as_it_is(stored: Stored) -> None:
    """Escaped once, not twice: a reader sees what the candidate wrote."""
    page = Page(render(stored("hostile"), "html"))
    assert "<script>alert(1)</script>" in page.text
    assert "&amp;" in page.text


def test_every_earned_point_is_told(stored: Stored) -> None:
    """A perfect report has nothing under losses."""
    report = stored("full")
    clean = tuple(msgspec.structs.replace(mark, findings=()) for mark in report.criteria)
    assert all(mark.status is MarkStatus.EARNED for mark in clean)
    assert "What was" not in render(msgspec.structs.replace(report, criteria=clean), "html")


def test_code_in_a_sentence_is_code_and_stays_escaped() -> None:
    """Backticks mark code, markup in them stays text, and a lone backtick is itself."""
    assert prose("Walk `a < b`, not <b>`") == "Walk <code>a &lt; b</code>, not &lt;b&gt;`"
