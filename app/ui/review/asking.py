"""Dialogs in which the review asks for files and folders, or whether something may be thrown away."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from app.batch import VIDEOS
from app.session.project_file import SUFFIX

_PROJECTS = f"Project (*{SUFFIX})"


def ask_new_project(parent: QWidget, folder: str) -> Path | None:
    """Where a new project shall lie, with the suffix of a project; None if that was called off."""
    chosen, _ = QFileDialog.getSaveFileName(parent, "New project", folder, _PROJECTS)
    if not chosen:
        return None
    path = Path(chosen)
    return path if path.suffix == SUFFIX else path.with_name(path.name + SUFFIX)


def ask_project(parent: QWidget, folder: str) -> Path | None:
    """Which project to open; None if that was called off."""
    chosen, _ = QFileDialog.getOpenFileName(parent, "Open a project", folder, _PROJECTS)
    return Path(chosen) if chosen else None


def ask_recordings(parent: QWidget, folder: str) -> list[Path]:
    """Which recordings to add; none if that was called off."""
    pattern = " ".join(f"*{suffix}" for suffix in sorted(VIDEOS))
    chosen, _ = QFileDialog.getOpenFileNames(parent, "Add recordings", folder, f"Video ({pattern});;All files (*)")
    return [Path(path) for path in chosen]


def ask_moved(parent: QWidget, folder: str) -> Path | None:
    """Where recordings lie that are not at their place any more; None if that was called off."""
    chosen = QFileDialog.getExistingDirectory(parent, "Find moved recordings", folder)
    return Path(chosen) if chosen else None


def may_remove(parent: QWidget, name: str) -> bool:
    """Whether a recording may leave the project with all that was said of it."""
    answer = QMessageBox.question(
        parent,
        "Remove from the project",
        f"Remove {name}, all that was found in it and all that was said of it from the project? The recording "
        "itself stays where it is. This cannot be undone, nor can anything done before it.",
    )
    return answer == QMessageBox.StandardButton.Yes
