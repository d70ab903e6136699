"""The sandbox of a challenge: what its submissions may use, and what is inside with them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath

from grader.challenge import Challenge
from sandbox.packages import runtime_mounts
from sandbox.policy import MIB, RUN, Mount, Network, Policy, Program
from sandbox.python_tree import PACKAGES

SUITE_INSIDE = Path(__file__).parent.parent / "suite_inside"
STUBS = PurePosixPath("/stubs")


def policy_for(challenge: Challenge) -> Policy:
    """The RUN policy with the challenge's budget."""
    budget = challenge.manifest.budget
    memory = budget.memory_mib * MIB
    return replace(
        RUN,
        limits=replace(RUN.limits, memory=memory, total_memory=2 * memory, processes=budget.processes),
        deadlines=replace(RUN.deadlines, call=budget.call_seconds, child=budget.test_seconds),
        network=Network.SERVED if challenge.manifest.runtime.network else Network.NONE,
    )


def program_for(challenge: Challenge, submission: Mount, *, hash_seed: int) -> Program:
    """What is inside for a submission: its files, the probe, the packages that the challenge allows."""
    runtime = challenge.manifest.runtime
    preload = runtime.preload
    mounts = [submission, Mount(challenge.probe, PurePosixPath("/probe/probe.py"))]
    if challenge.stubs.is_dir():
        mounts += [Mount(challenge.stubs, STUBS), Mount(SUITE_INSIDE, PACKAGES / "suite_inside")]
        preload = (
            *preload,
            "suite_inside.tested",
        )  # once, for all children
    return Program(
        module="probe",
        path=tuple(map(PurePosixPath, ("/probe", "/packages", "/submission"))),
        mounts=(*mounts, *runtime_mounts(runtime.packages)),
        preload=preload,
        hash_seed=hash_seed,
    )
