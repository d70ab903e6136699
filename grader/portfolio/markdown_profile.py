"""The self-rating beside what was graded and scanned, as Markdown."""

from __future__ import annotations

from collections.abc import Mapping

from grader.framework import FRAMEWORK
from grader.portfolio.comparison import ComparedSkill
from grader.portfolio.leadership import Leadership
from grader.portfolio.markdown_dashboard import leadership_markdown
from grader.portfolio.shown import literal
from grader.portfolio.terminal_profile import graded_words, summary


def profile_markdown(skills: Mapping[str, ComparedSkill], person: str, shown: Leadership) -> str:
    """Return a table of all skills, the parts of Leadership, and a summary."""
    title = f"How {literal(person)} rates the skills" if person else "How I rate my skills"
    lines = [
        f"# {title}",
        "",
        "| Area | Skill | Rated | Graded | In code | Compared |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for competency in FRAMEWORK:
        for skill in competency.skills:
            compared = skills[skill]
            rated = f"{compared.rated.value} {compared.rated.title}" if compared.rated else "-"
            code = compared.trace.words if compared.trace else "-"
            graded = f"{graded_words(compared)} | {code} | {compared.agreement.value}"
            lines.append(f"| {competency.title} | {skill} | {rated} | {graded} |")
    lines += ["", *leadership_markdown(shown), "", "## Summary"]
    return "\n".join([*lines, "", *(f"- {literal(sentence)}" for sentence in summary(skills))]) + "\n"
