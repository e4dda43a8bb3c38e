"""The exception hierarchy: messages are ready to be shown to a person."""


class FleetingError(Exception):
    """Something a person can act on: says what happened, to which file or device, and what to do."""


class ModelError(FleetingError):
    """The network file is missing, damaged or does not fit."""
