"""gansmith report: report.html of a run."""

from __future__ import annotations

from dataclasses import dataclass

from gansmith.cli.console import open_run, say
from gansmith.cli.parsing import RunFolder, parse


@dataclass
class ReportOptions:
    """Write report.html: curves, samples through time and numbers in one page.

    Args:
        run: the run's folder.
    """

    run: RunFolder


def main(words: list[str]) -> None:
    """Write the page."""
    options = parse(ReportOptions, words, "gansmith report")
    from gansmith.report import write_report

    say(f"wrote {write_report(open_run(options.run))}")
