"""Everything that can be done in the review, with its keys: the window and the shortcut sheet read the same table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Command:
    """Something that can be done.

    Attributes:
        name: Of the method that does it.
        keys: As Qt writes them.
        text: What it does.
        group: Heading on the sheet.
    """

    name: str
    keys: str
    text: str
    group: str


COMMANDS: Final = (
    Command("frame_back", "Left", "One frame back", "Moving"),
    Command("frame_on", "Right", "One frame on", "Moving"),
    Command("second_back", "Shift+Left", "One second back", "Moving"),
    Command("second_on", "Shift+Right", "One second on", "Moving"),
    Command("event_back", "Up", "Event before", "Moving"),
    Command("event_on", "Down", "Next event", "Moving"),
    Command("next_open", "Tab", "Next event without a verdict", "Moving"),
    Command("toggle_play", "Space", "Play or stop", "Playing"),
    Command("toggle_loop", "L", "Play round and round about the event", "Playing"),
    Command("slower", "[", "Slower", "Playing"),
    Command("faster", "]", "Faster", "Playing"),
    Command("go_onset", "Q", "To the onset", "Key frames"),
    Command("go_apex", "W", "To the apex", "Key frames"),
    Command("go_offset", "E", "To the offset", "Key frames"),
    Command("flicker", "F", "Flicker between onset and apex", "Key frames"),
    Command("flicker_back", "Shift+F", "Flicker between apex and offset", "Key frames"),
    Command("accept", "A", "Accept", "Judging"),
    Command("reject", "R", "Reject", "Judging"),
    Command("label_negative", "1", "Call it negative", "Judging"),
    Command("label_positive", "2", "Call it positive", "Judging"),
    Command("label_surprise", "3", "Call it surprise", "Judging"),
    Command("label_unsure", "4", "Call it unsure", "Judging"),
    Command("onset_here", "I", "The onset is this frame", "Judging"),
    Command("apex_here", "O", "The apex is this frame", "Judging"),
    Command("offset_here", "P", "The offset is this frame", "Judging"),
    Command("add_here", "Insert", "Add an event at this frame", "Judging"),
    Command("take_back", "Delete", "Take back what was said of the event", "Judging"),
    Command("note_here", "N", "A note on this moment", "Judging"),
    Command("undo", "Ctrl+Z", "Undo", "Judging"),
    Command("redo", "Ctrl+Y", "Redo", "Judging"),
    Command("zoom_face", "Z", "Zoom on the face", "Seeing"),
    Command("amplify_more", "+", "Amplify the motion more", "Seeing"),
    Command("amplify_less", "-", "Amplify the motion less", "Seeing"),
    Command("show_flow", "V", "Show the flow from the onset", "Seeing"),
    Command("show_attention", "H", "Show where the network looked", "Seeing"),
    Command("toggle_blind", "B", "Blind: hide the model's labels", "Seeing"),
    Command("toggle_kinds", "K", "List all kinds of movements", "Seeing"),
    Command("show_all", "Home", "The whole recording on the timeline", "Seeing"),
    Command("show_event", "Return", "The event on the timeline", "Seeing"),
    Command("sheet", "F1", "This sheet", "Seeing"),
    Command("new_project", "Ctrl+N", "New project …", "Projects"),
    Command("other_project", "Ctrl+O", "Open a project …", "Projects"),
)

HELD: Final = (
    Command("onset", "C", "Hold to compare with the onset", "Key frames"),
    Command("apex", "X", "Hold to compare with the apex", "Key frames"),
)
"""Keys that show a key frame as long as they are held; named by the key frame."""
