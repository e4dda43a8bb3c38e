"""Outcomes as text on a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from app.headless import Outcome
from app.sources.demo import TrueMovement
from model.events import Event
from model.intervals import intersection_over_union, match_one_to_one
from model.labels import au_column


def print_outcome(console: Console, outcome: Outcome) -> None:
    """Says what was found in one recording."""
    for warning in outcome.warnings:
        console.print(f"[yellow]{warning}[/yellow]")
    if outcome.error:
        console.print(f"[red]{outcome.error}[/red]")
    if outcome.frames == 0:
        return
    if outcome.interrupted:
        console.print(
            f"[yellow]{outcome.name}: stopped by hand after {outcome.frames} frames; the files are complete so far.[/]"
        )
    if outcome.frames_with_face == 0:
        console.print(f"{outcome.name}: no face was seen in {outcome.frames} frames.")
    else:
        others = [event for event in outcome.events if not event.is_micro]
        kinds = ", ".join(f"{sum(e.kind == k for e in others)} {k}" for k in dict.fromkeys(e.kind for e in others))
        console.print(
            f"{outcome.name}: {len(outcome.micro)} micro-expressions in {outcome.frames} frames"
            f" ({outcome.frames_with_face} with a face)" + (f"; also {kinds}" if kinds else "")
        )
        if outcome.micro:
            console.print(_events_table(outcome.micro))
        for event in others:
            if event.kind == "macro":
                console.print(
                    f"  longer (macro) movement of face {event.face}: "
                    f"{event.spot.onset:.2f}-{event.spot.offset:.2f} s, {', '.join(event.spot.regions[:2])}"
                )
    if outcome.folder is not None:
        console.print(f"  results in {outcome.folder}")


def _events_table(events: list[Event]) -> Table:
    table = Table("event", "face", "onset s", "apex s", "offset s", "ms", "label", "confidence", "AUs")
    for event in events:
        guess = event.recognition
        table.add_row(
            str(event.number),
            str(event.face),
            f"{event.spot.onset:.3f}",
            f"{event.spot.apex:.3f}",
            f"{event.spot.offset:.3f}",
            f"{1000 * event.spot.duration:.0f}",
            guess.label if guess else "",
            f"{guess.percent}%" if guess else "",
            " ".join(au_column(n) for n in guess.named_action_units) if guess else "",
        )
    return table


def print_beside_truth(console: Console, found: list[Event], truth: list[TrueMovement]) -> bool:
    """Prints the found events beside the true ones.

    Returns:
        True if every true movement was found, all but at most one with the right emotion, and nothing else was.
    """
    pairs = match_one_to_one([(e.spot.onset, e.spot.offset) for e in found], [(t.onset, t.offset) for t in truth])
    table = Table(
        "true onset",
        "apex",
        "offset",
        "emotion",
        "found onset",
        "apex",
        "offset",
        "label",
        "IoU",
        title="truth | found",
    )
    right = 0
    for j, movement in enumerate(truth):
        row = [*(f"{t:.3f}" for t in (movement.onset, movement.apex, movement.offset)), movement.emotion]
        if j in pairs:
            event = found[pairs[j]]
            spot, label = event.spot, event.recognition.label if event.recognition else ""
            right += label == movement.emotion
            iou = intersection_over_union((spot.onset, spot.offset), (movement.onset, movement.offset))
            row += [*(f"{t:.3f}" for t in (spot.onset, spot.apex, spot.offset)), label, f"{iou:.2f}"]
        else:
            row += ["missed", "", "", "", ""]
        table.add_row(*row)
    console.print(table)
    false_alarms = len(found) - len(pairs)
    console.print(
        f"{len(pairs)} of {len(truth)} found (IoU ≥ 0.5), {right} with the right emotion, {false_alarms} false alarms"
    )
    return len(pairs) == len(truth) and right >= len(truth) - 1 and false_alarms == 0
