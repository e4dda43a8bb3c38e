"""Pages as PDF, by Qt's own text layout."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtCore import QMarginsF, QSizeF
from PySide6.QtGui import QPageLayout, QPageSize, QPdfWriter, QTextDocument

from app.errors import OutputError
from app.session.files import naming
from model.whole_file import whole_file

_DPI: Final = 96
_MARGIN_MM: Final = 14.0


def write_pdf(html: str, title: str, path: Path) -> None:
    """Lays a page out on A4; the file appears whole or not at all. Needs Qt's application.

    Raises:
        OutputError: If it cannot be written.
    """
    with naming(path), whole_file(path) as partial:
        writer = QPdfWriter(str(partial))
        writer.setTitle(title)
        writer.setCreator("Fleeting")
        writer.setResolution(_DPI)
        writer.setPageLayout(
            QPageLayout(
                QPageSize(QPageSize.PageSizeId.A4),
                QPageLayout.Orientation.Portrait,
                QMarginsF(_MARGIN_MM, _MARGIN_MM, _MARGIN_MM, _MARGIN_MM),
                QPageLayout.Unit.Millimeter,
            )
        )
        document = QTextDocument()
        document.setHtml(html)
        room = writer.pageLayout().paintRectPixels(_DPI)
        document.setPageSize(QSizeF(room.width(), room.height()))
        document.print_(writer)
        del writer  # finishes the file
        if not partial.is_file() or not partial.stat().st_size:
            raise OutputError(f"{path} cannot be written. Free some space or choose another folder.")
