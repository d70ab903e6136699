"""Writes the brief of a variant."""

from pool.judging import (
    DEGRADED,
    EAGER,
    HOT_TRAFFIC,
    ROLES,
    SERVED,
    SERVED_AFTER,
    SERVED_STORM,
    STALE,
    STALE_THEN,
    limits,
)
from pool.scenarios import SCENARIOS

BRIEF = """# System design: {title}

{story}

You design the system as data, `design.toml`, and give your reasons in a document, `design.md`. `system.toml` holds its numbers, `MODEL.md`
says what the simulator does, and `python -m simulator design.toml` runs it: Python alone is enough. Nothing else is judged, and nothing that you write is run.

## The system

{rate:g} requests a second come on an ordinary day.

| operation | is | keys | share | data may be | p99 at most |
| --- | --- | --- | --- | --- | --- |
{rows}

{dependency}

There are {busy_count} values of `{busy}`, some of them far more popular than others, and 3,000 of `{even}`, all alike. The budget is **{budget:g}** an hour.

## What it has to stand

| when | what happens | what is promised |
| --- | --- | --- |
| ordinary | nothing | all are answered; at most {stale:.1%} of the answers to an operation are older than allowed; {calls_ordinary} |
| growth | up to {growth:g} times the traffic, from the first second to the last | all are answered |
| hot key | up to {hot:.0%} of the requests with `{busy}` among their keys have one and the same, and there is {hot_traffic:g} times the traffic, both to the end of the run | all are answered |
| slow dependency | its calls take up to {slow:g} times as long, for 35 seconds | all are answered{but}; {calls_slow} |
| lost zone | one of the three, drawn, is gone for good | from ten seconds later on, all are answered |
| storm | up to {storm:g} times the traffic for 15 seconds, and clients that try {retries} more times instead of once, {pause:g} s apart, for 20 seconds from the same moment | of `{act}` and `{own}` {served_storm:.0%} are served in the storm; from 25 seconds after it began, all are answered |

*All are answered* means, for each operation by itself: at least {served:.0%} are served ({served_after:.0%} after the storm), p99 is at most as in the table, and, except on an
ordinary day, at most {stale_then:.0%} of the answers are older than allowed. Every row is a run of its own, of 80 seconds; the first 5 seconds of a run, and the first 5
with a hot key, are not judged. Other incidents begin between seconds 8 and 22, and nothing else happens in their runs. What is "up to" is never more, and hardly less.

The simulator comes with an ordinary day. To try the rest, write the incidents into files of your own: MODEL.md gives their format.

## design.toml

All tables and keys have to be there, and no others. The format is checked strictly: `python -m simulator` names line and remedy of each problem. As a form, not as advice:

```toml
{starter}```

| key | is |
| --- | --- |
| `app.instances` | 1 to 200 |
| `app.queue`, `app.max_wait` | requests that may wait for a place (to 100,000), and seconds after which they are not begun any more (0.01 to 600) |
| `app.shed` | operations that are refused early, first the first |
| `database.partition_by` | `"{busy}"` or `"{even}"` |
| `database.partitions`, `database.replicas` | 1 to 32, and 0 to 4 besides each primary |
| `database.replica_reads` | reads that may go to replicas |
| `cache.entries`, `cache.seconds` | to 1,000,000; for reads, how long an answer is kept (0.1 to 3600): `{{ {main} = 1 }}` |
| `dependency.timeout`, `retries`, `retry_budget` | 0.01 to 600 seconds, 0 to 5, 0 to 1 |
| `dependency.queued` | {queued_words} |
| `queue.workers`, `queue.capacity` | to 500 and 1,000,000 |

## design.md

At most 1,500 words, as `wc -w` counts, in three parts, for a person who knows the field: **Reasons** (each decision and each size, with the rates and times that it follows
from), **Alternatives** (at least two that you rejected, what they would cost here, and when they would be right), **Outlook** (what the model leaves out, what you would
watch, what breaks first at ten times the traffic). Say which of your figures come from the simulator.

## How it is judged

The simulation decides half of the points: the ordinary day 8, growth 8, hot key 8, slow dependency 9, lost zone 8, storm 9. A design over the budget, or one in
which on an ordinary day not all are answered, earns none of these. What is random is drawn anew for each grading; the bounds are wide enough that a sound design does not
depend on luck: with p99 at two thirds of its bounds there is room enough. A person marks the document, by the anchors in `MARKS.md`: reasons 20, alternatives 15, outlook 15. Until then the report says "measured part only", and there is no level.

Out of scope: networks, deployments, code, security, prices that change.
"""


def brief_text(drawn, starter, budget):
    """Return the brief, in Markdown."""
    scenario, names, system = SCENARIOS[drawn["which"]], drawn["names"], drawn["system"]
    operations, most, extent = system["operations"], limits(drawn), drawn["extent"]
    words = {"busy": f"`{drawn['busy']}`", "even": f"`{drawn['even']}`"}
    rows = []
    for role in ROLES:
        name = names[role]
        operation = operations[name]
        kind = "write" if operation["writes"] else "read"
        age = f"{operation['max_age']:g} s old" if operation["max_age"] else "-" if operation["writes"] else "up to date"
        keys = ", ".join(f"`{key}`" for key in operation["keys"])
        says = scenario.says[role].format(**words)
        rows.append(f"| `{name}` | {kind}: {says} | {keys} | {operation['share']:.0%} | {age} | {most[role]:g} s |")
    calling = names[scenario.calls]
    if scenario.calls == "act":
        dependency = (
            f"`{calling}` calls {scenario.dependency}. That may happen later, from the queue, but has to succeed within "
            f"{operations[calling]['deadline']:g} s of being accepted: not one in a whole run may be late."
        )
        calls = ("no call is late",) * 2
        but = f", `{calling}` too, but without a bound on its p99"
        queued = f"`[]` or `[\"{calling}\"]`: its calls are made later"
    else:
        dependency = f"`{calling}` calls {scenario.dependency}, and can be answered without it: degraded, but served."
        calls = (
            f"at most {DEGRADED:.1%} of `{calling}` are degraded",
            f"of `{calling}`, {SERVED_AFTER:.0%} are served, degraded or not, however late",
        )
        but = f" but `{calling}`"
        queued = "`[]`: nothing here may be finished later"
    return BRIEF.format(
        title=scenario.title,
        story=scenario.story.format(**words),
        rate=system["rate"],
        rows="\n".join(rows),
        dependency=dependency,
        busy=drawn["busy"],
        even=drawn["even"],
        busy_count=system["keys"][drawn["busy"]]["count"],
        budget=budget,
        stale=STALE,
        calls_ordinary=calls[0],
        calls_slow=calls[1],
        but=but,
        growth=extent["growth"],
        hot=extent["hot"],
        hot_traffic=HOT_TRAFFIC,
        slow=extent["slow"],
        storm=extent["storm"],
        retries=EAGER["retries"],
        pause=EAGER["pause"],
        act=names["act"],
        own=names["own"],
        main=names["main"],
        served=SERVED,
        served_after=SERVED_AFTER,
        served_storm=SERVED_STORM,
        stale_then=STALE_THEN,
        queued_words=queued,
        starter=starter,
    )
