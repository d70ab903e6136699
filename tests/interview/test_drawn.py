"""Drawn variants: the seed decides and tells nothing, each stage is a challenge, and mistakes of authors are said."""

from __future__ import annotations

import collections
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.challenges.challenge import Challenge, ChallengeError, load
from grader.challenges.drawn import draw, fresh_variant_seed, lay_out_variant, secrets_of, stage_of
from grader.challenges.secret_random import SecretRandom
from grader.challenges.starting_point import lay_out
from grader.errors import UserError

TALLY = Path(__file__).parents[1] / "fixtures/drawn/interview/tally"
SEED = "a seed"


@pytest.fixture
def tally() -> Challenge:
    return load(TALLY)


def copy(folder: Path, draw_py: str | None = None, manifest: tuple[str, str] = ("", "")) -> Path:
    """The fixture with another draw.py or another manifest."""
    target = folder / "interview/tally"
    shutil.copytree(TALLY, target)
    if draw_py is not None:
        (target / "draw.py").write_text(draw_py)
    path = target / "challenge.toml"
    path.write_text(path.read_text().replace(*manifest))
    return target


def test_a_seed_gives_one_variant(tally: Challenge, tmp_path: Path) -> None:
    """The same files each time, in any process."""
    variants = [lay_out_variant(tally, SEED, tmp_path / name) for name in ("one", "two")]
    assert variants[0].name == variants[1].name
    assert [stage.digest for stage in variants[0].stages] == [stage.digest for stage in variants[1].stages]


def test_seeds_give_many_variants(tally: Challenge) -> None:
    """Sixteen there are; sixteen seeds meet most of them."""
    assert len({draw(tally, secrets_of(tally, f"seed {number}")).variant for number in range(16)}) >= 9


def test_each_stage_is_a_challenge_of_its_own(tally: Challenge, tmp_path: Path) -> None:
    """With the criteria that count from there on, and without pool, draw.py and what comes later."""
    first, second = lay_out_variant(tally, SEED, tmp_path).stages
    assert [criterion.id for criterion in first.manifest.criteria] == ["total"]
    assert [criterion.id for criterion in second.manifest.criteria] == ["total", "extreme"]
    assert first.manifest.skill_criteria == ()
    assert not first.must_be_drawn
    assert not {"pool", "draw.py"} & {path.name for path in first.folder.iterdir()}
    assert "extreme" not in "".join(
        path.read_text()
        for path in first.folder.rglob("*")
        if path.is_file() and path.name not in ("probe.py", "challenge.toml")
    )


def test_a_challenge_that_is_not_drawn_is_its_own_stage(tmp_path: Path) -> None:
    """With the same digest, so that what was issued is what the catalogue has."""
    challenge = load(Path(__file__).parents[2] / "challenges/language/decorators")
    (stage,) = lay_out_variant(challenge, "", tmp_path).stages
    assert stage.digest == challenge.digest
    with stage_of(challenge, "", 1) as same:
        assert same is challenge


def test_a_stage_depends_on_no_later_stream(tally: Challenge) -> None:
    """Whatever is drawn for stage 2, stage 1 is the same to the byte; and stage 2 does change."""
    first, _ = secrets_of(tally, SEED)
    variants = [draw(tally, (first, f"another {number}")) for number in range(6)]
    assert len({str(variant.stages[0]) for variant in variants}) == 1
    assert len({str(variant.stages[1]) for variant in variants}) == 2


def test_what_must_be_drawn_cannot_be_started_without(tally: Challenge, tmp_path: Path) -> None:
    """The remedy is a session."""
    with pytest.raises(UserError, match="grader interview start tally"):
        lay_out(tally, tmp_path / "mine")


@pytest.mark.parametrize(
    ("draw_py", "says"),
    [
        ("def draw(streams):\n    raise ValueError('no luck')\n", "no luck"),
        ("x = 1\n", "draw"),
        (
            "def draw(streams):\n    return {'variant': 'x', 'stages': [{}]}\n",
            "returned 1 stages, but challenge.toml names 2",
        ),
        ("def draw(streams):\n    return {'variant': 'x', 'stages': [{}, {'../x': ''}]}\n", "is not a path inside"),
        ("def draw(streams):\n    return {'variant': 'x', 'stages': [{}, {'/x': ''}]}\n", "is not a path inside"),
        (
            "def draw(streams):\n    return {'variant': 'x', 'stages': [{}, {'challenge.toml': ''}]}\n",
            "is the same in all",
        ),
        ("def draw(streams):\n    return {'variant': 'x', 'stages': [{}, {'a': 7}]}\n", "stages"),
        ("def draw(streams):\n    return {'variant': 'A b', 'stages': [{}, {}]}\n", "variant"),
        ("def draw(streams):\n    return {'variant': 'x', 'stages': [{}, {}], 'seed': 1}\n", "seed"),
    ],
)
def test_what_an_author_got_wrong_is_said(tmp_path: Path, draw_py: str, says: str) -> None:
    """With the file, and what to do."""
    challenge = load(copy(tmp_path, draw_py))
    with pytest.raises(ChallengeError, match=r"interview/tally/draw\.py") as error:
        draw(challenge, secrets_of(challenge, SEED))
    assert says in str(error.value)


def test_what_draw_prints_does_not_mix_with_the_variant(tmp_path: Path) -> None:
    """An author may print while trying it out."""
    challenge = load(
        copy(tmp_path, "def draw(streams):\n    print('hm')\n    return {'variant': 'x', 'stages': [{}, {}]}\n")
    )
    assert draw(challenge, secrets_of(challenge, SEED)).variant == "x"


@pytest.mark.parametrize(
    ("manifest", "says"),
    [
        (("stage = 2", "stage = 3"), "but there are 2 stages"),
        (("stage = 2", ""), "no criterion counts from stage 2 on"),
    ],
)
def test_stages_that_do_not_fit_the_rubric_are_said(tmp_path: Path, manifest: tuple[str, str], says: str) -> None:
    """When the challenge is loaded, with the key."""
    with pytest.raises(ChallengeError, match=says):
        load(copy(tmp_path, manifest=manifest))


def test_stages_without_a_draw_are_said(tmp_path: Path) -> None:
    """Nobody could answer them."""
    folder = copy(tmp_path)
    (folder / "draw.py").unlink()
    with pytest.raises(ChallengeError, match=r"there is no draw\.py"):
        load(folder)


def test_fresh_seeds_are_long_and_differ() -> None:
    """So long that nobody tries them all and compares the variants with a workspace."""
    seeds = {fresh_variant_seed() for _ in range(100)}
    assert len(seeds) == 100
    assert {len(seed) for seed in seeds} == {64}


def test_the_stream_stays_the_same() -> None:
    """A change of the stream would change the variants of sessions that are running."""
    random = SecretRandom(SEED)
    assert [random.randint(1, 100) for _ in range(6)] == [1, 55, 61, 31, 83, 41]
    assert random.sample(range(50), 4) == [37, 27, 20, 46]


def test_every_number_comes_up_as_often() -> None:
    """A stream that favours some variants would help to guess them."""
    random = SecretRandom(SEED)
    counts = collections.Counter(random.randrange(10) for _ in range(5000))
    assert all(400 < counts[number] < 600 for number in range(10))


@given(secret=st.text(max_size=20), bits=st.integers(0, 200))
def test_bits_fit(secret: str, bits: int) -> None:
    """As `random.Random` promises."""
    random = SecretRandom(secret)
    assert 0 <= random.getrandbits(bits) < 1 << bits
    assert 0.0 <= random.random() < 1.0


def test_the_stream_gives_no_state_away() -> None:
    """`getstate` would be a copy of the secret, and seeding again would replace it."""
    random = SecretRandom(SEED)
    random.seed(1)
    assert random.random() == SecretRandom(SEED).random()
    with pytest.raises(NotImplementedError):
        random.getstate()
    with pytest.raises(NotImplementedError):
        random.setstate(())
