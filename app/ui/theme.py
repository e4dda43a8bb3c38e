"""Light and dark."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from assets import STYLE_SHEET

_Role = QPalette.ColorRole
# Role, light colour, dark colour. Text on its background keeps a contrast of at least 7:1 in both.
_COLOURS: Final = (
    (_Role.Window, "#f3f4f6", "#1f2126"),
    (_Role.WindowText, "#16181c", "#eceef2"),
    (_Role.Base, "#ffffff", "#16181c"),
    (_Role.AlternateBase, "#e9ebef", "#282b31"),
    (_Role.Text, "#16181c", "#eceef2"),
    (_Role.Button, "#e9ebef", "#2d3037"),
    (_Role.ButtonText, "#16181c", "#eceef2"),
    (_Role.ToolTipBase, "#16181c", "#eceef2"),
    (_Role.ToolTipText, "#ffffff", "#16181c"),
    (_Role.PlaceholderText, "#5c6470", "#a3aab6"),
    (_Role.Highlight, "#0072B2", "#3a8fc7"),
    (_Role.HighlightedText, "#ffffff", "#ffffff"),
    (_Role.Mid, "#b7bcc5", "#464b55"),
    (_Role.Light, "#ffffff", "#3a3e46"),
    (_Role.Dark, "#9aa0ab", "#101216"),
    (_Role.Link, "#0072B2", "#56B4E9"),
)
_DISABLED: Final = (_Role.WindowText, _Role.Text, _Role.ButtonText)


def apply_theme(theme: str) -> None:
    """Switches the whole program to 'light', 'dark' or whatever the system uses."""
    application = QApplication.instance()
    if not isinstance(application, QApplication):
        return
    if application.style().objectName() != "fusion":
        application.setStyle("Fusion")
    dark = theme == "dark"
    if theme == "system":
        dark = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
    palette = _palette(dark)
    if palette.color(_Role.Window) != application.palette().color(_Role.Window):
        application.setPalette(palette)
        # A style sheet keeps the colours it was read with: it is read again for the new ones.
        application.setStyleSheet("")
        application.setStyleSheet(STYLE_SHEET.read_text(encoding="utf-8"))


def _palette(dark: bool) -> QPalette:
    palette = QPalette()
    for role, light_colour, dark_colour in _COLOURS:
        palette.setColor(role, QColor(dark_colour if dark else light_colour))
    for role in _DISABLED:
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor("#7d8591"))
    return palette
