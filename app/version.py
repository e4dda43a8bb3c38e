"""The program's version."""

from importlib import metadata

try:
    VERSION = metadata.version("fleeting")
except metadata.PackageNotFoundError:  # run from a source tree that was never installed
    VERSION = "0+unknown"
