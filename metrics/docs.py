"""docs/metrics.md and docs/definitions.md, made from the definitions in the code.

python -m metrics.docs > docs/metrics.md
python -m metrics.docs definitions > docs/definitions.md
"""

import sys

from metrics.definitions.compare import VENDORS
from metrics.figure import Definition
from metrics.report import DEFINITIONS

HEAD = """# Metrics: what every figure means

Made from the code by `python -m metrics.docs > docs/metrics.md`; a test fails when this page is behind.

- A figure is an `Estimate`: value, 95 % interval (low, high), k, n, pending. What was not measured has no value and
  says what is missing; it is never shown as 0 or 100 %.
- **Automation share, containment, resolution and accuracy are four different numbers.** The first has all tickets in
  its denominator, the next two those that an agent tried, the last the audits. None stands for another.
- Items are counted by the day they arrived. A ticket is judged 7 days after its arrival or the agent's last answer,
  whichever is later; until then it is *pending*, neither good nor bad. A late event or a corrected judgement changes
  the figures of the period to which it belongs.
- What happens on a ticket after 7 days of silence that follow an agent's answer is another matter, not a failure of the
  first.
- Accuracy judged by a simulated reviewer (as in the demo) is marked `simulated`, in every figure that rests on it.
- Intervals treat the items of the period as a sample of items like them. Counts: exact (Clopper-Pearson). Weighted
  shares: Korn-Graubard. Quantiles: order statistics over buckets 2 % wide. Ratios: linearised, as logarithms, from 30
  items on. Differences and products: square and add. `python -m bench.intervals` simulates how often each holds the
  truth.
- Intervals of what rests on handling minutes take the minutes of each intent as they were measured: they say how the
  share may vary, not how well the minutes are known.

How vendors define the same words, over the same log: [definitions](definitions.md).

## How fast they are

`python -m bench.volume --metrics --tickets 5000000`: a generated year of 5 million tickets, 31 million events, on
30 November 2026, alone on a machine of two cores.

| What | Measured | Aimed at |
|---|---|---|
| any query of the control room, 95th percentile (slowest) | 97 ms (388 ms) | 300 ms |
| events rolled up as they come, one process | 5,300 a second | 500 a second |
| the same question as plain SQL over the raw rows, 30 and 365 days | 169 and 455 times as long | 20 times |
| the same in DuckDB over a Parquet file | 8 and 89 times as long | to be shown |
| all roll-ups anew from the whole log, 30 million events | 253 s, 470 s of CPU | 300 s |
| that against DuckDB's answer to this one question over the whole log | 35 times as long | to be shown |

The queries are those over 7 to 365 days, whole and by each group, every figure with its interval. The question put
to the others is one of them: the automation share by intent, without repeat contacts.
"""
VENDOR_HEAD = """# The same words, as vendors define them

Made from the code by `python -m metrics.docs definitions > docs/definitions.md`; a test fails when this page is behind.

Each figure below is computed from the same events as [ours](metrics.md), so that like can be compared with like. Where
a vendor leaves something open, the text says what is assumed here. Three things set them apart:

- *Silence counts as success* for Fin (assumed), Zendesk (contained), Decagon and Chatwoot.
- *The denominator is chosen*: tickets that the AI wrote to, engaged with, or all. Fin at 60 % resolution and 50 %
  involvement automates 30 %.
- *A language model judges* for Zendesk (verified), Agentforce and Ada, and its own error is not in the figure. Without
  a judge's verdicts these figures are unknown here, not guessed.

`python -m bench.definitions` shows how far they lie apart, and from the truth, on one generated month. Of 101,938
tickets (30 November 2026, seed 1) the agent alone solved 51.8 %, and 80.2 % of those that it wrote to. Customers there
give up, come back in this ticket or in another one, or never say; a judge approves 93 % of the good conversations and
35 % of the bad ones.

| figure | value | 95 % interval | against the truth of the same denominator |
|---|---|---|---|
| Saola: automated, durable and audited right | 51.7 % | 51.1 to 52.3 % | -0.2 points, the interval holds it |
| Saola: automation share (tickets) | 55.6 % | 55.3 to 55.9 % | +3.7 points |
| Saola: containment | 78.6 % | 78.3 to 78.9 % | +8.0 points |
| Saola: resolution | 75.7 % | 75.4 to 76.0 % | +5.1 points |
| Fin: resolution rate (confirmed + assumed) | 89.2 % | 89.0 to 89.5 % | +9.1 points |
| Fin: share of all tickets automated | 57.7 % | 57.4 to 58.0 % | +5.9 points |
| Zendesk: contained or verified resolution | 90.0 % | 89.8 to 90.3 % | +9.9 points |
| Zendesk: verified resolution (billed) | 78.1 % | 77.8 to 78.4 % | -2.1 points |
| Agentforce: deflected | 78.7 % | 78.4 to 79.1 % | -1.4 points |
| Ada: automated resolution rate | 80.3 % | 80.0 to 80.6 % | +0.1 points, by the errors of this judge |
| Ada: containment rate | 96.1 % | 95.9 to 96.2 % | +15.9 points |
| Chatwoot: auto-resolution rate | 67.4 % | 67.1 to 67.7 % | +9.4 points |
| Decagon: containment rate | 89.2 % | 89.0 to 89.5 % | +9.1 points |
| LibreDesk: resolution rate | 56.0 % | 55.6 to 56.4 % | -24.2 points |

Only the figure with audits behind it is right whatever customers do: silence hides bad answers, and a judge's two kinds
of error cancel only where they happen to be as many.
"""


def page() -> str:
    """The whole page as Markdown."""
    return "\n".join([HEAD, *[_section(definition) for definition in DEFINITIONS.values()]])


def vendors_page() -> str:
    """The page of the vendors' definitions."""
    return "\n".join([VENDOR_HEAD, *[_section(rule.definition) for rules in VENDORS.values() for rule in rules]])


def _section(d: Definition) -> str:
    rows = [
        ("Numerator", d.numerator),
        ("Denominator", d.denominator),
        ("Window", d.window),
        ("Left out", d.exclusions or "nothing"),
        ("Source", d.source),
        ("Unit", d.unit),
    ]
    lines = "\n".join(f"| {name} | {text.replace('|', '/')} |" for name, text in rows)
    return f"## {d.title}\n\n`{d.name}`\n\n| | |\n|---|---|\n{lines}\n"


if __name__ == "__main__":
    sys.stdout.write(vendors_page() if sys.argv[1:] == ["definitions"] else page())
