"""The tool bar: source, start and stop, snapshot, overlays, theme."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QComboBox, QSlider, QToolBar, QToolButton, QWidget

from app.settings import Settings
from app.ui.choices import Choice

_OPEN_FILE: Final = "Open recording …"
_OPEN_FOLDER: Final = "Open folder of pictures …"
_THEMES: Final = ("system", "light", "dark")
_COLOURS: Final = ("viridis", "cividis", "inferno")


def _help(field: str) -> str:
    return Settings.model_fields[field].description or ""


class _SourceBox(QComboBox):
    """Tells that it is being opened, so that cameras plugged in meanwhile can be looked for."""

    opened = Signal()

    def showPopup(self) -> None:
        self.opened.emit()
        super().showPopup()


class Controls(QToolBar):
    """Everything that a person can switch."""

    source_chosen = Signal(object)
    """The `Choice` that was selected."""
    open_file = Signal()
    open_folder = Signal()
    run_toggled = Signal()
    snapshot = Signal()
    rest = Signal()
    """Everybody in view looks neutral from now on."""
    choose_model = Signal()
    review = Signal()
    settings_changed = Signal()

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__("Controls", parent)
        self.setMovable(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self._settings = settings
        self.sources = _SourceBox()
        self.sources.setAccessibleName("Source")
        self.sources.setToolTip("Where the frames come from")
        self.sources.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.sources.setMinimumContentsLength(18)
        self.sources.activated.connect(self._activate)
        self.addWidget(self.sources)
        self.run_action = self._action("&Start", "F5", lambda: self.run_toggled.emit(), "Start or stop the source")
        self.snapshot_action = self._action(
            "S&napshot", "Ctrl+S", lambda: self.snapshot.emit(), "Save what is shown as a picture"
        )
        self.snapshot_action.setEnabled(False)
        self.rest_action = self._action(
            "&Neutral", "N", lambda: self.rest.emit(), "Look neutral for 3 seconds: the face is learnt at rest"
        )
        self.show_running(False)
        self.addSeparator()
        self.outline_action = self._switch("&Outline", "O", "outline")
        self.heatmap_action = self._switch("&Heatmap", "H", "heatmap")
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self.opacity.setRange(0, 100)
        self.opacity.setValue(settings.opacity)
        self.opacity.setFixedWidth(90)
        self.opacity.setAccessibleName("Opacity of the heatmap")
        self.opacity.setToolTip(_help("opacity"))
        self.opacity.valueChanged.connect(lambda value: self._set("opacity", value))
        self.addWidget(self.opacity)
        self.colours = self._box("Colours of the heatmap", _COLOURS, "colour_map")
        self.addSeparator()
        self.kinds_action = self._switch("All &kinds", "K", "all_kinds")
        self.addSeparator()
        self.review_action = self._action(
            "&Review …", "Ctrl+R", lambda: self.review.emit(), "Review recorded sessions frame by frame"
        )
        self.model_action = self._action("Net&work …", "Ctrl+M", lambda: self.choose_model.emit(), _help("model"))
        self.theme = self._box("Theme", _THEMES, "theme")
        self._choices: list[Choice] = []
        self._current = 0

    def set_choices(self, choices: list[Choice], current: int = 0) -> None:
        """Fills the selector; the entries for opening files come last."""
        self._choices = choices
        self.sources.clear()
        for choice in choices:
            self.sources.addItem(choice.title)
        self.sources.insertSeparator(len(choices))
        self.sources.addItem(_OPEN_FILE)
        self.sources.addItem(_OPEN_FOLDER)
        self._current = current
        self.sources.setCurrentIndex(current)

    def set_cameras(self, cameras: list[Choice]) -> None:
        """Offers these cameras, behind the first entry; everything else and the selection stay."""
        others = [choice for choice in self._choices if not choice.is_camera]
        choices = [*others[:1], *cameras, *others[1:]]
        titles = [choice.title for choice in choices]
        if titles == [choice.title for choice in self._choices]:
            return
        selected = self.choice.title if self.choice else ""
        self.set_choices(choices, titles.index(selected) if selected in titles else 0)

    def add_choice(self, choice: Choice) -> None:
        """Adds a recording and selects it."""
        self.set_choices([*self._choices, choice], len(self._choices))

    @property
    def choice(self) -> Choice | None:
        """The selected source."""
        return self._choices[self._current] if self._choices else None

    def show_running(self, running: bool) -> None:
        self.run_action.setText("■  &Stop" if running else "▶  &Start")
        self.rest_action.setEnabled(running)

    def _activate(self, index: int) -> None:
        if index < len(self._choices):
            self._current = index
            self.source_chosen.emit(self._choices[index])
            return
        self.sources.setCurrentIndex(self._current)
        if self.sources.itemText(index) == _OPEN_FILE:
            self.open_file.emit()
        elif self.sources.itemText(index) == _OPEN_FOLDER:
            self.open_folder.emit()

    def _action(self, text: str, key: str, call: object, tip: str) -> QAction:
        action = QAction(text, self)
        action.setShortcut(QKeySequence(key))
        action.setToolTip(f"{tip} ({key})")
        action.triggered.connect(call)
        self.addAction(action)
        button = self.widgetForAction(action)
        if isinstance(button, QToolButton):
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        return action

    def _switch(self, text: str, key: str, field: str) -> QAction:
        action = self._action(text, key, lambda on: self._set(field, on), _help(field))
        action.setCheckable(True)
        action.setChecked(getattr(self._settings, field))
        return action

    def _box(self, name: str, values: tuple[str, ...], field: str) -> QComboBox:
        box = QComboBox()
        box.addItems(list(values))
        box.setCurrentText(getattr(self._settings, field))
        box.setAccessibleName(name)
        box.setToolTip(_help(field))
        box.currentTextChanged.connect(lambda value: self._set(field, value))
        self.addWidget(box)
        return box

    def _set(self, field: str, value: object) -> None:
        setattr(self._settings, field, value)
        self.settings_changed.emit()
