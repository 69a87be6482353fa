"""docs/metrics.md, made from the definitions in the code: `python -m metrics.docs > docs/metrics.md`."""

import sys

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
  shares: Korn-Graubard. Quantiles: order statistics. Ratios: linearised, from 30 items on.
"""


def page() -> str:
    """The whole page as Markdown."""
    return "\n".join([HEAD, *[_section(definition) for definition in DEFINITIONS.values()]])


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
    sys.stdout.write(page())
