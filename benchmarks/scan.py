"""The precision and recall of `grader scan`, measured against two readers' labels of real libraries.

    python -m benchmarks.scan [--sources DIR] [--reader first|second|both] [--show SKILL]... [--check] [LIBRARY ...]

`scan_truth.toml` beside this file lists the libraries, pinned by version, and the labels; `scan_labels.md` says how
the libraries were labelled. A skill counts as found at strength 2 (used) or more. Without --sources, the sources are
downloaded with pip (without dependencies; for an sdist, pip builds the metadata) and unpacked in a cache folder. The
scan neither imports nor runs them. Only its stage one is run here, because the other stages find no skills.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from grader.caches import cache_home
from grader.inside.inventory.listing import listed
from grader.inside.inventory.skills import SKILLS
from grader.intake import open_tree
from grader.portfolio.scan import repository_text
from grader.portfolio.scan.inventory import SkillEvidence
from grader.portfolio.scan.scan_sandbox import FoundFiles
from grader.portfolio.scan.strength import USED
from grader.portfolio.scan.tally import SkillTally

HERE = Path(__file__).parent
TRUTH = HERE / "scan_truth.toml"
TABLE = HERE.parent / "docs/reference/scan-accuracy.md"
HEAD = """# How often a scan is right

Which of the 27 skills {libraries} libraries from PyPI show. The labels in `benchmarks/scan_truth.toml` come from
reading the sources, never from a scan's results, and follow the definitions in `benchmarks/scan_labels.md`.
`python -m benchmarks.scan` scans the libraries and writes this page. A skill counts as found at strength 2, *used*, or
more.

- **precision**: the share of what the scan finds that is labelled.
- **recall**: the share of what is labelled that the scan finds.

When the rules first ran on 19 of these libraries, precision was 0.94 and recall 0.92; rules that were at fault were
then fixed. The first reader also wrote the rules, so the other libraries, which were labelled afterwards and led to no
change in a rule, say more about code that the rules were not written for.

"""


class LabelledLibrary(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A library, and the skills that each reader says it shows."""

    name: str
    version: str
    form: str
    """`sdist` or `wheel`."""
    first: list[str]
    unsure: list[str] = []
    """The skills that the first reader was unsure about."""
    second: list[str] | None = None
    """The skills that the second reader says it shows; None if there was no second reader."""
    unseen: bool = False
    """True if it was labelled after the rules were written and has changed none of them."""

    @property
    def folder(self) -> str:
        """The name of the folder that its sources are unpacked into."""
        return f"{self.name.replace('-', '_')}-{self.version}"


class Verdict(NamedTuple):
    """One skill in one library: its label, and what the scan found."""

    library: str
    skill: str
    holds: bool
    evidence: SkillEvidence

    @property
    def found(self) -> bool:
        """True if the scan calls the skill used."""
        return self.evidence.strength >= USED


def libraries() -> list[LabelledLibrary]:
    """Return the labelled libraries."""
    return msgspec.toml.decode(TRUTH.read_bytes(), type=dict[str, list[LabelledLibrary]])["library"]


def labels(library: LabelledLibrary, reader: str) -> dict[str, bool]:
    """Return a reader's labels; for both readers, those on which they agree."""
    first = {skill: skill in library.first for skill in SKILLS}
    if reader == "first" or library.second is None:
        return first
    second = {skill: skill in library.second for skill in SKILLS}
    return second if reader == "second" else {skill: first[skill] for skill in SKILLS if first[skill] == second[skill]}


def agreement(stated: Iterable[LabelledLibrary]) -> tuple[float, float] | None:
    """Return the share of labels on which both readers agree, and Cohen's kappa; None without a second reader."""
    pairs = [
        (skill in library.first, skill in library.second)
        for library in stated
        if library.second is not None
        for skill in SKILLS
    ]
    if not pairs:
        return None
    same = sum(first == second for first, second in pairs) / len(pairs)
    yes_first, yes_second = (sum(pair[reader] for pair in pairs) / len(pairs) for reader in (0, 1))
    chance = yes_first * yes_second + (1 - yes_first) * (1 - yes_second)
    return same, (same - chance) / (1 - chance) if chance < 1 else 1.0


def skills_in(path: Path) -> dict[str, SkillEvidence]:
    """Return what stage one finds in a folder, without a sandbox, because these libraries are known."""
    tally = SkillTally()
    with open_tree(path) as tree:
        names = repository_text.names(tree)
        for batch in repository_text.batches(tree, names.sources):
            tally.add(msgspec.convert({"files": listed(batch.texts)}, type=FoundFiles).files)
    return tally.skills()


def fetched(library: LabelledLibrary, sources: Path | None) -> Path:
    """Return the folder of a library's sources, downloading them if necessary."""
    if sources is not None:
        return next(
            path for path in (sources / library.folder, sources / f"{library.name}-{library.version}") if path.is_dir()
        )
    folder = cache_home() / "scan-libraries"
    target = folder / library.folder
    if not target.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        only = "--only-binary" if library.form == "wheel" else "--no-binary"
        wanted = f"{library.name}=={library.version}"
        installer = shutil.which("python3") or sys.executable  # ours may have no pip
        command = ["pip", "download", "--quiet", "--no-deps", only, library.name, "--dest", str(folder), wanted]
        subprocess.run([installer, "-m", *command], check=True)
        _unpack(next(_archives(folder, library)), folder, target)
    return target


def _archives(folder: Path, library: LabelledLibrary) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_file() and path.name.lower().replace("-", "_").startswith(library.folder.lower().replace("-", "_")):
            yield path


def _unpack(archive: Path, folder: Path, target: Path) -> None:
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            wheel.extractall(target)
        return
    with tarfile.open(archive) as sdist:
        sdist.extractall(folder, filter="data")
    if not target.is_dir():
        (folder / archive.name.removesuffix(".tar.gz")).rename(target)


def table(verdicts: list[Verdict]) -> str:
    """Return a table with a line for each skill, and one for all skills."""
    lines = ["| skill | shown | found | mistaken | missed | precision | recall |", "| --- |" + " ---: |" * 6]
    for skill in (*SKILLS, "all"):
        mine = [verdict for verdict in verdicts if skill in (verdict.skill, "all")]
        shown = sum(verdict.holds for verdict in mine)
        right = sum(verdict.holds and verdict.found for verdict in mine)
        found = sum(verdict.found for verdict in mine)
        precision = f"{right / found:.2f}" if found else ""
        recall = f"{right / shown:.2f}" if shown else ""
        lines.append(f"| {skill} | {shown} | {found} | {found - right} | {shown - right} | {precision} | {recall} |")
    return "\n".join(lines)


def wrong(verdicts: Iterable[Verdict]) -> Iterator[str]:
    """Yield what the scan gets wrong."""
    for verdict in verdicts:
        if verdict.found != verdict.holds:
            what = "found, not labelled" if verdict.found else "labelled, not found"
            kinds = dict.fromkeys(place.what for place in verdict.evidence.places if place.strong)
            signs = f": {', '.join([*kinds][:3])}" if kinds else ""
            yield f"- {verdict.skill} in {verdict.library}: {what} ({verdict.evidence.strong} strong{signs})."


def page(chosen: list[LabelledLibrary], verdicts: list[Verdict]) -> str:
    """Return the table, what the readers agree on, and what the scan gets wrong."""
    agreed = agreement(chosen)
    readers = (
        f"Two readers labelled the libraries. They agree on {100 * agreed[0]:.0f} % of the labels (Cohen's kappa "
        f"{agreed[1]:.2f}); only these labels are counted."
        if agreed is not None
        else "Only one reader has labelled the libraries so far."
    )
    new = {f"{library.name} {library.version}" for library in chosen if library.unseen}
    readers += _of_unseen([verdict for verdict in verdicts if verdict.library in new], len(new)) if new else ""
    mistakes = "\n".join(wrong(verdicts))
    names = ", ".join(f"{library.name} {library.version}" for library in chosen)
    return f"{table(verdicts)}\n\n{readers}\n\nWhat the scan gets wrong:\n\n{mistakes}\n\nLibraries: {names}.\n"


def _of_unseen(verdicts: list[Verdict], libraries_: int) -> str:
    """Return the precision and recall on libraries that no rule was written for, in words."""
    right = sum(verdict.holds and verdict.found for verdict in verdicts)
    precision = right / max(1, sum(verdict.found for verdict in verdicts))
    recall = right / max(1, sum(verdict.holds for verdict in verdicts))
    return (
        f"\n\n**On the {libraries_} libraries that no rule was written for: precision {precision:.2f}, "
        f"recall {recall:.2f}.**"
    )


def measured(chosen: Iterable[LabelledLibrary], sources: Path | None, reader: str) -> list[Verdict]:
    """Scan the libraries and compare the results with the labels."""
    verdicts: list[Verdict] = []
    for library in chosen:
        found = skills_in(fetched(library, sources))
        verdicts += [
            Verdict(f"{library.name} {library.version}", skill, holds, found[skill])
            for skill, holds in labels(library, reader).items()
        ]
    return verdicts


def show(verdicts: Iterable[Verdict], skill: str) -> Iterator[str]:
    """Yield each library's strength, label and places for a skill."""
    for verdict in verdicts:
        if verdict.skill == skill:
            yield f"{verdict.library}: {verdict.evidence.strength}, labelled {verdict.holds}"
            yield from (
                f"    {place.file}:{place.line} {place.what} {place.strong}" for place in verdict.evidence.places
            )


def main() -> None:
    """Print each skill's precision and recall, and the scan's mistakes; write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("libraries", nargs="*", metavar="LIBRARY")
    parser.add_argument(
        "--sources",
        type=Path,
        metavar="DIR",
        help="the folder that contains the sources, in folders called NAME-VERSION",
    )
    parser.add_argument(
        "--reader",
        choices=["first", "second", "both"],
        default="both",
        help="whose labels to use; default: those on which both agree",
    )
    parser.add_argument("--check", action="store_true", help="do not write the page")
    parser.add_argument("--show", action="append", default=[], metavar="SKILL", help="print every place of the skill")
    given = parser.parse_args()
    chosen = [library for library in libraries() if not given.libraries or library.name in given.libraries]
    started = time.perf_counter()
    verdicts = measured(chosen, given.sources, given.reader)
    whole = page(chosen, verdicts)
    print(f"{whole}\n{len(chosen)} libraries in {time.perf_counter() - started:.1f} s\n")
    if not given.check and not given.libraries and given.reader == "both":
        TABLE.write_text(HEAD.format(libraries=len(chosen)) + whole, encoding="utf-8")
    for skill in given.show:
        print("\n".join(show(verdicts, skill)))


if __name__ == "__main__":
    main()
