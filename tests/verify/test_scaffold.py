"""A new challenge is complete in form, and tells its author what is left to write."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from grader.authoring.scaffold import CannotScaffold, named, scaffold
from grader.challenges.challenge import Challenge, load
from grader.framework import skills_of
from grader.verify.checks import CheckResult
from grader.verify.verdict import CheckStatus
from grader.verify.verification import VerifyOptions, verify_one
from sandbox.backends import backend_named

Checked = Callable[[str, Challenge], CheckResult]


@pytest.fixture
def new(tmp_path: Path) -> Challenge:
    return load(scaffold(named("production/rate_limiter"), tmp_path))


def test_a_new_challenge_passes_the_form_check(new: Challenge, checked: Checked) -> None:
    """Every part is there and fits, under the name that was asked for."""
    assert checked("form", new).problems == ()
    assert new.manifest.title == "Rate limiter"
    assert (new.folder / "solution/rate_limiter.py").is_file()
    assert not [path for path in new.folder.rglob("*") if "$" in path.name or path.suffix == ".tmpl"]


@pytest.mark.heavy
def test_what_is_left_to_write_is_told(new: Challenge, checked: Checked) -> None:
    """The reference earns nothing yet, and the message says what to do."""
    found = checked("solution", new)
    assert any("NotImplementedError" in problem.what for problem in found.problems)
    assert all(problem.help for problem in found.problems)
    assert checked("starter", new).problems == ()


@pytest.mark.heavy
def test_a_filled_challenge_is_verified(new: Challenge, checked: Checked) -> None:
    """With the two lines of its example written, a scaffolded challenge is right and cannot be forged."""
    body = '    if left < 0:\n        raise ValueError("negative")\n    return left * right\n'
    for name in ("solution", "solution_alt"):
        path = new.folder / name / "rate_limiter.py"
        path.write_text(path.read_text().partition("    raise NotImplementedError")[0] + body)
    for check in ("solution", "forgers", "mutants"):
        assert checked(check, new).problems == ()


@pytest.mark.parametrize(
    "name", ["rate_limiter", "cooking/soup", "production/Rate-Limiter", "production/../x", "production/"]
)
def test_a_name_that_is_none_is_refused(name: str) -> None:
    """The message says how challenges are named."""
    with pytest.raises(CannotScaffold, match=r"AREA/SLUG|is not a slug"):
        named(name)


def test_nothing_is_overwritten(new: Challenge, tmp_path: Path) -> None:
    """A challenge that is there stays as it is."""
    with pytest.raises(CannotScaffold, match="nothing was overwritten"):
        scaffold(named("production/rate_limiter"), tmp_path)


def test_a_new_challenge_names_a_skill_of_its_area(new: Challenge, checked: Checked) -> None:
    """One that the framework does not know is told of, with those that it does know."""
    assert new.manifest.skill in skills_of(new.area)
    manifest = new.folder / "challenge.toml"
    manifest.write_text(manifest.read_text().replace(f'skill = "{new.manifest.skill}"', 'skill = "Securty"'))
    (problem,) = checked("form", load(new.folder)).problems
    assert (problem.id, "Did you mean 'Security'?" in problem.help) == ("form.skill", True)


def test_instructions_are_not_left_for_candidates(new: Challenge, checked: Checked) -> None:
    """When the reference is written, the brief, the manifest and the promises have to be written as well."""
    for name in ("solution", "solution_alt"):
        path = new.folder / name / "rate_limiter.py"
        path.write_text(path.read_text().partition("    raise NotImplementedError")[0] + "    return left * right\n")
    where = {problem.where for problem in checked("form", new).problems if problem.id == "form.placeholder"}
    assert where == {"README.md", "challenge.toml", "test_rate_limiter.py"}


@pytest.mark.heavy
def test_nothing_is_verified_by_a_solution_that_fails(new: Challenge) -> None:
    """Advice about mistakes and mutants would be about the wrong thing: they wait, and say for what."""
    options = VerifyOptions(seeds=(1,), only=("solution", "flawed", "mutants"))
    result = verify_one(new, backend=backend_named("bubblewrap"), options=options, cache=None)
    verdicts = {check.id: (check.verdict, check.figure) for check in result.checks}
    assert verdicts["solution"][0] is CheckStatus.FAILS
    for name in ("flawed", "mutants"):
        assert verdicts[name] == (CheckStatus.SKIPPED, "fix the solution first")
