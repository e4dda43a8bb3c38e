"""Errors of the application, each with a message for the person at the screen."""

from model.errors import FleetingError

__all__ = ["FleetingError", "OutputError", "SessionError", "SourceError"]


class SourceError(FleetingError):
    """A camera or recording cannot be opened or stopped delivering."""


class OutputError(FleetingError):
    """Results cannot be written."""


class SessionError(FleetingError):
    """A project cannot be opened or a change cannot be kept."""
