"""The columns of the tables that are written, and how a row is made."""

from __future__ import annotations

from typing import Final

from model.events import Event
from model.labels import ACTION_UNITS, EMOTIONS, au_column
from model.pipeline import FaceState
from model.recognition import AU_THRESHOLD
from model.representation import KEY_FRAMES

FRAME_COLUMNS: Final = (
    "frame",
    "face_id",
    "timestamp",
    "confidence",
    "success",
    "motion",
    *(f"emotion_{name}" for name in EMOTIONS),
    *(f"{au_column(n)}_c" for n in ACTION_UNITS),
)
"""OpenFace's order: frame, face, seconds, confidence, success; then ours. Emotions and AUs are filled while a
movement is under way; ``motion`` is in percent of the inter-ocular distance."""

EVENT_COLUMNS: Final = (
    "event",
    "kind",
    "face_id",
    "onset_s",
    "apex_s",
    "offset_s",
    "onset_frame",
    "apex_frame",
    "offset_frame",
    "duration_ms",
    "strength_percent",
    "score",
    "emotion",
    "confidence",
    "AUs",
    *(f"attention_{name}" for name in KEY_FRAMES),
    "regions",
    "reason",
    "verdict",
    "note",
)

Row = list[str]


def frame_rows(frame: int, time: float, faces: tuple[FaceState, ...]) -> list[Row]:
    """One row a face; a frame without a face keeps a row of its own with success 0."""
    if not faces:
        return [[str(frame), "", f"{time:.6f}", "0", "0", *[""] * (len(FRAME_COLUMNS) - 5)]]
    rows = []
    for state in faces:
        guess = state.provisional
        probabilities = [f"{p:.4f}" for p in guess.probabilities] if guess else [""] * len(EMOTIONS)
        aus = [str(int(p >= AU_THRESHOLD)) for p in guess.action_units] if guess else [""] * len(ACTION_UNITS)
        rows.append(
            [
                str(frame),
                str(state.face.track),
                f"{time:.6f}",
                f"{state.face.confidence:.3f}",
                "1",
                f"{100 * state.motion:.4f}",
                *probabilities,
                *aus,
            ]
        )
    return rows


def event_row(event: Event) -> Row:
    """One event; verdict and note are left for a reviewer."""
    spot, guess = event.spot, event.recognition
    return [
        str(event.number),
        event.kind,
        str(event.face),
        f"{spot.onset:.4f}",
        f"{spot.apex:.4f}",
        f"{spot.offset:.4f}",
        str(spot.onset_frame),
        str(spot.apex_frame),
        str(spot.offset_frame),
        f"{1000 * spot.duration:.0f}",
        f"{100 * spot.strength:.3f}",
        f"{spot.score:.1f}" if spot.score else "",
        guess.label if guess else "",
        f"{guess.confidence:.3f}" if guess else "",
        " ".join(au_column(n) for n in guess.named_action_units) if guess else "",
        *([f"{w:.3f}" for w in guess.temporal] if guess else [""] * len(KEY_FRAMES)),
        "; ".join(spot.regions),
        event.reason,
        "",
        "",
    ]


def event_record(event: Event) -> dict[str, object]:
    """One event with everything that is known of it, for JSON."""
    spot, guess = event.spot, event.recognition
    record: dict[str, object] = {
        "event": event.number,
        "kind": event.kind,
        "face_id": event.face,
        "onset_s": round(spot.onset, 5),
        "apex_s": round(spot.apex, 5),
        "offset_s": round(spot.offset, 5),
        "onset_frame": spot.onset_frame,
        "apex_frame": spot.apex_frame,
        "offset_frame": spot.offset_frame,
        "strength": round(spot.strength, 6),
        "score": round(spot.score, 2),
        "regions": list(spot.regions),
        "reason": event.reason,
    }
    if guess is not None:
        record |= {
            "label": guess.label,
            "probabilities": {n: round(float(p), 5) for n, p in zip(EMOTIONS, guess.probabilities, strict=True)},
            "action_units": {
                au_column(n): round(float(p), 5) for n, p in zip(ACTION_UNITS, guess.action_units, strict=True)
            },
            "temporal_attention": {n: round(float(w), 5) for n, w in zip(KEY_FRAMES, guess.temporal, strict=True)},
        }
    return record
