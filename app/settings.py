"""What the program remembers between runs: one schema for the file, the controls and their help texts."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Literal

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.session.files import write_json

log = logging.getLogger(__name__)


class Settings(BaseModel):
    """The user's choices."""

    model_config = ConfigDict(validate_assignment=True, extra="ignore")

    consent: bool = Field(False, title="Consent", description="The text about filming people was accepted.")
    theme: Literal["system", "light", "dark"] = Field("system", title="Theme", description="Colours of the window.")
    heatmap: bool = Field(True, title="Heatmap", description="Show where the network looked, over the face.")
    opacity: int = Field(60, ge=0, le=100, title="Opacity", description="How strongly the heatmap covers, percent.")
    colour_map: Literal["viridis", "cividis", "inferno"] = Field(
        "viridis", title="Colours", description="Colours of the heatmap; all can be told apart by colour-blind people."
    )
    outline: bool = Field(True, title="Outline", description="Draw the outline of each face.")
    all_kinds: bool = Field(False, title="All kinds", description="Also list longer movements, blinks and speech.")
    model: str = Field("", title="Network", description="Choose the network by its card.")
    last_folder: str = Field("", title="Last folder", description="Where a recording was opened last.")
    last_project: str = Field("", title="Last project", description="The project that was reviewed last.")
    rater: str = Field("R1", title="Rater", description="Your code as a rater; please do not use your name.")
    review_geometry: str = Field("", title="Review window", description="Its size and place, as Qt stores them.")
    review_layout: str = Field("", title="Review layout", description="How its parts share the room, as Qt stores it.")
    geometry: str = Field("", title="Window", description="Size and place of the window, as Qt stores them.")


def settings_file() -> Path:
    """Where the settings are kept."""
    return platformdirs.user_config_path("fleeting") / "settings.json"


def load_settings(path: Path | None = None) -> Settings:
    """Reads the settings; a missing or damaged file gives the defaults."""
    path = path or settings_file()
    try:
        return Settings.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Settings()
    except (OSError, ValidationError, ValueError) as error:
        log.warning("The settings %s are not readable (%s); the defaults are used.", path, error)
        return Settings()


def save_settings(settings: Settings, path: Path | None = None) -> None:
    """Writes the settings.

    Raises:
        OutputError: If the folder cannot be written.
    """
    path = path or settings_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, settings.model_dump())
