"""The truth list of real libraries, and the page that is made from it."""

from __future__ import annotations

from benchmarks import scan as bench
from grader.inside.inventory.skills import SKILLS


def test_labels_are_skills_of_libraries_that_are_pinned() -> None:
    """At least ten libraries, each skill labelled as shown somewhere and as not shown elsewhere."""
    known = bench.libraries()
    assert len(known) >= 10
    for library in known:
        assert library.form in {"sdist", "wheel"}
        assert {*library.first, *library.unsure, *(library.second or ())} <= {*SKILLS}
    for skill in SKILLS:
        assert {skill in library.first for library in known} == {True, False}, skill


def test_the_page_belongs_to_the_list() -> None:
    """`python -m benchmarks.scan` was run after the last change of the labels, and the scan is mostly right."""
    page = bench.TABLE.read_text("utf-8")
    (line,) = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| all |")]
    stated = [labelled for library in bench.libraries() for labelled in bench.labels(library, "both").values()]
    assert int(line[1]) == sum(stated)
    assert float(line[5]) >= 0.9
    assert float(line[6]) >= 0.9
    for library in bench.libraries():
        assert f"{library.name} {library.version}" in page


def test_agreement_is_over_both_readers() -> None:
    """Of two readers who say the same it is whole; by chance alone kappa is 0."""
    skills = [*SKILLS]
    same = bench.LabelledLibrary("a", "1", "sdist", first=skills[:9], second=skills[:9])
    other = bench.LabelledLibrary("a", "1", "sdist", first=skills[:9], second=skills[9:18])
    assert bench.agreement([same]) == (1.0, 1.0)
    disagreed = bench.agreement([other])
    assert disagreed is not None
    assert disagreed[1] < 0
    assert bench.labels(other, "both") == dict.fromkeys(skills[18:], False)
