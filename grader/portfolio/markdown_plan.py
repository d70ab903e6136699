"""The plan as Markdown, for a repository or an issue: every step ends with the command that starts it."""

from __future__ import annotations

from collections.abc import Iterator

from grader.portfolio.plan import Plan, PlanStep, in_time
from grader.portfolio.shown import literal


def plan_markdown(plan: Plan) -> str:
    """Return the whole plan."""
    whose = f" for {literal(plan.person)}" if plan.person else ""
    lines = [f"# Plan{whose}", "", f"{plan.day.isoformat()} · goal: level {plan.goal.value}, {plan.goal.title}", ""]
    count = len(plan.steps)
    many = f"{count} challenge{'s' if count != 1 else ''}, {in_time(plan.minutes)} for an experienced person."
    lines += [many if count else "Nothing is left to be graded.", ""]
    if plan.unrated:
        lines += [f"Skills that you have not rated yet: {plan.unrated}. Rate them with `grader profile`.", ""]
    if plan.targets:
        lines += ["## Targets", "", *_targets(plan), ""]
    lines += ["## Steps", ""] if plan.steps else []
    for number, step in enumerate(plan.steps, 1):
        lines += [*_step(number, step), ""]
    if plan.done:
        lines += [f"## Reached: {plan.goal.title}", ""]
        lines += [*(f"- {skill.skill}: {literal(skill.last)}" for skill in plan.done), ""]
    if plan.ungradable:
        lines += ["## No challenge yet", "", "Practise these skills on your own code, and keep notes:", ""]
        lines += [*(f"- **{skill.skill}**: {skill.aim}" for skill in plan.ungradable), ""]
        lines += ['`grader plan note "SKILL"`', ""]
    return "\n".join(lines).rstrip() + "\n"


def _targets(plan: Plan) -> Iterator[str]:
    for target in plan.targets:
        by = f", by {target.by.isoformat()}" if target.by else ""
        now = f" (now: {literal(target.now)})" if target.now else ""
        yield f"- {literal(target.says)}{by}{now}: {', '.join(target.rests_on) or 'no skill named'}"


def _step(number: int, step: PlanStep) -> Iterator[str]:
    minutes = f" · {step.minutes} minutes" if step.minutes else ""
    yield f"### {number}. {literal(step.title)}"
    yield ""
    yield f"{step.skill} · {step.area}{minutes}"
    yield ""
    yield f"- **Why:** {literal(' '.join(step.why))}"
    yield f"- **Aim:** {literal(step.aim)}"
    if step.last:
        yield f"- **Last:** {literal(step.last)}{f', {step.trend}' if step.trend else ''}"
    if step.lost:
        yield f"- **Lost:** {'; '.join(literal(loss.brief) for loss in step.lost)}"
    if step.read:
        yield f"- **Read:** {', '.join(map(literal, step.read))}"
    if step.note:
        yield f"- **Note, {step.note.date.isoformat()}:** {literal(step.note.words)}"
    yield f"- **Start:** `{step.command}`"
