"""gansmith report: report.html of a run."""

from __future__ import annotations

from dataclasses import dataclass

from gansmith.cli.console import say
from gansmith.cli.parsing import Flag, RunFolder, parse


@dataclass
class ReportOptions:
    """Write report.html: curves, samples through time and numbers in one page.

    Args:
        run: the run's folder.
        trust: execute the Python files that the run names, to write how the run is used; without it
            the page leaves this out. They can do all that you can do, so read them first.
    """

    run: RunFolder
    trust: Flag = False


def main(words: list[str]) -> None:
    """Write the page."""
    options = parse(ReportOptions, words, "gansmith report")
    from gansmith.report import write_report
    from gansmith.runs.run import Run

    say(f"wrote {write_report(Run.open(options.run, trust=options.trust))}")
