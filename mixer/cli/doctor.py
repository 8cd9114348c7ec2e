"""`mixer doctor`: the installation, what works on this machine, and how to fix the rest."""

from __future__ import annotations

from dataclasses import asdict

import click

from mixer.cli.console import Tone, answer, say
from mixer.doctor.examine import examine
from mixer.doctor.finding import Finding, Status

EXIT_PROBLEMS = 3
_TONES = {Status.OK: Tone.PLAIN, Status.NOTE: Tone.WARNING, Status.PROBLEM: Tone.ERROR}


@click.command(name="doctor")
@click.option("--no-render", is_flag=True, help="Skip the self-test, a mix of five seconds.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def command(ctx: click.Context, no_render: bool, as_json: bool) -> None:
    """Check the installation and the machine, and mix five seconds as a self-test.

    The exit code is 0 if mixer works here, otherwise 3. Problems come last, each with what to do
    about it. Notes are about optional parts that are missing, such as extras.
    """
    findings = []
    for finding in examine(renders=not no_render):
        findings.append(finding)
        if not as_json and finding.status is not Status.PROBLEM:
            _show(finding)
    problems = [finding for finding in findings if finding.status is Status.PROBLEM]
    if as_json:
        answer({"works": not problems, "findings": [asdict(finding) for finding in findings]})
    else:
        for finding in problems:
            _show(finding)
    if problems:
        ctx.exit(EXIT_PROBLEMS)


def _show(finding: Finding) -> None:
    todo = f"; {finding.todo}" if finding.todo else ""
    text = f"{finding.status:<7}  {finding.about:<15}  {finding.found}{todo}"
    say(text, tone=_TONES[finding.status])
