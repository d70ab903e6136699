"""Precision and recall of `grader scan` over what two readers say that real libraries show.

    python -m benchmarks.scan [--sources DIR] [--reader first|second|both] [--show SKILL]... [--check] [LIBRARY ...]

`scan_truth.toml` beside this file lists the libraries, pinned by version, and the labels; `scan_labels.md` says how
they were labelled. A skill counts as found from strength 2 (used). Without --sources, the sources are downloaded with
pip (no dependencies; of an sdist, pip builds the metadata) and unpacked below a cache. The scan imports and runs
nothing of them; it is stage one alone here, because the other stages find no skills.
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

What {libraries} libraries from PyPI show of the 27 skills, labelled by reading their sources and never by what the scan
said: `benchmarks/scan_truth.toml`, by the definitions in `benchmarks/scan_labels.md`. `python -m benchmarks.scan` scans
them and writes this page. A skill counts as found from strength 2, *used*.

- **precision**: of what the scan finds, how much is labelled.
- **recall**: of what is labelled, how much the scan finds.

On their first run on 19 of these libraries precision was 0.94 and recall 0.92; rules were then fixed where the mistake
was theirs. Whoever labelled first also wrote the rules, so the other libraries, which were labelled afterwards and
changed no rule, say more about code that nobody looked at.

"""


class LabelledLibrary(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A library, and the skills that each reader says it shows."""

    name: str
    version: str
    form: str
    """`sdist` or `wheel`."""
    first: list[str]
    unsure: list[str] = []
    """What the first reader hesitated about."""
    second: list[str] | None = None
    """None while nobody else has labelled it."""
    unseen: bool = False
    """Whether it was labelled after the rules were written and has changed none of them."""

    @property
    def folder(self) -> str:
        """The name of the folder that its sources are unpacked to."""
        return f"{self.name.replace('-', '_')}-{self.version}"


class Verdict(NamedTuple):
    """What is labelled and what was found of one skill in one library."""

    library: str
    skill: str
    holds: bool
    evidence: SkillEvidence

    @property
    def found(self) -> bool:
        """Whether the scan calls the skill used."""
        return self.evidence.strength >= USED


def libraries() -> list[LabelledLibrary]:
    """Return the truth list."""
    return msgspec.toml.decode(TRUTH.read_bytes(), type=dict[str, list[LabelledLibrary]])["library"]


def labels(library: LabelledLibrary, reader: str) -> dict[str, bool]:
    """Return the labels of a reader; of both, those on which they agree."""
    first = {skill: skill in library.first for skill in SKILLS}
    if reader == "first" or library.second is None:
        return first
    second = {skill: skill in library.second for skill in SKILLS}
    return second if reader == "second" else {skill: first[skill] for skill in SKILLS if first[skill] == second[skill]}


def agreement(stated: Iterable[LabelledLibrary]) -> tuple[float, float] | None:
    """Return the share of labels that both readers give, and Cohen's kappa; None without a second reader."""
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
    """Return what stage one finds in a folder, without a sandbox: these libraries are known."""
    tally = SkillTally()
    with open_tree(path) as tree:
        names = repository_text.names(tree)
        for batch in repository_text.batches(tree, names.sources):
            tally.add(msgspec.convert({"files": listed(batch.texts)}, type=FoundFiles).files)
    return tally.skills()


def fetched(library: LabelledLibrary, sources: Path | None) -> Path:
    """Return the folder of a library's sources, downloading them if need be."""
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
    """Return one line a skill, and one for all."""
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
        f"Two readers labelled them. They agree on {100 * agreed[0]:.0f} % of the labels (Cohen's kappa "
        f"{agreed[1]:.2f}); only those are counted."
        if agreed is not None
        else "One reader has labelled them so far."
    )
    new = {f"{library.name} {library.version}" for library in chosen if library.unseen}
    readers += _of_unseen([verdict for verdict in verdicts if verdict.library in new], len(new)) if new else ""
    mistakes = "\n".join(wrong(verdicts))
    names = ", ".join(f"{library.name} {library.version}" for library in chosen)
    return f"{table(verdicts)}\n\n{readers}\n\nWhat the scan gets wrong:\n\n{mistakes}\n\nLibraries: {names}.\n"


def _of_unseen(verdicts: list[Verdict], libraries_: int) -> str:
    """Say how right the scan is about libraries that no rule was written against."""
    right = sum(verdict.holds and verdict.found for verdict in verdicts)
    precision = right / max(1, sum(verdict.found for verdict in verdicts))
    recall = right / max(1, sum(verdict.holds for verdict in verdicts))
    return (
        f"\n\n**On the {libraries_} libraries that no rule was written against: precision {precision:.2f}, "
        f"recall {recall:.2f}.**"
    )


def measured(chosen: Iterable[LabelledLibrary], sources: Path | None, reader: str) -> list[Verdict]:
    """Scan the libraries and hold the results against the labels."""
    verdicts: list[Verdict] = []
    for library in chosen:
        found = skills_in(fetched(library, sources))
        verdicts += [
            Verdict(f"{library.name} {library.version}", skill, holds, found[skill])
            for skill, holds in labels(library, reader).items()
        ]
    return verdicts


def show(verdicts: Iterable[Verdict], skill: str) -> Iterator[str]:
    """Yield every place of a skill."""
    for verdict in verdicts:
        if verdict.skill == skill:
            yield f"{verdict.library}: {verdict.evidence.strength}, labelled {verdict.holds}"
            yield from (
                f"    {place.file}:{place.line} {place.what} {place.strong}" for place in verdict.evidence.places
            )


def main() -> None:
    """Print precision and recall for each skill, and what is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("libraries", nargs="*", metavar="LIBRARY")
    parser.add_argument("--sources", type=Path, metavar="DIR", help="folders NAME-VERSION with the sources")
    parser.add_argument(
        "--reader", choices=["first", "second", "both"], default="both", help="default: where both agree"
    )
    parser.add_argument("--check", action="store_true", help="do not write the page")
    parser.add_argument("--show", action="append", default=[], metavar="SKILL", help="print every place of it")
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
