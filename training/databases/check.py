"""What lies below a folder, against what each database is known to hold."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from training.databases.casme2 import CASME2
from training.databases.casme3 import CASME3
from training.databases.fourdme import FOURDME
from training.databases.mmew import MMEW
from training.databases.reading import Reading
from training.databases.samm import SAMM
from training.databases.smic import FPS, read_smic
from training.databases.workbook import DatabaseError, MissingDatabaseError

LABELS: Final = ("negative", "positive", "surprise")
READERS: Final[dict[str, Callable[[Path], Reading]]] = {
    **{f"SMIC-{camera}": functools.partial(read_smic, camera=camera) for camera in FPS},
    **{coded.name: coded.read for coded in (CASME2, SAMM, CASME3, MMEW, FOURDME)},
}
"""Every database by its name."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a complete copy holds, as far as it is published for the three-class tasks.

    Attributes:
        counts: Clips of each of `LABELS`.
        subjects: Persons with such a clip; None where it is not published.
    """

    counts: tuple[int, int, int]
    subjects: int | None


# The composition of the MEGC 2019 challenge (See et al. 2019) for HS, CASME II and SAMM; SMIC's own paper for the rest.
EXPECTED: Final = {
    "SMIC-HS": Expected((70, 51, 43), 16),
    "SMIC-VIS": Expected((23, 28, 20), None),
    "SMIC-NIR": Expected((23, 28, 20), None),
    CASME2.name: Expected((88, 32, 25), 24),
    SAMM.name: Expected((92, 26, 15), 28),
}


def check(root: Path, names: tuple[str, ...] = tuple(READERS)) -> dict[str, Reading | DatabaseError]:
    """Reads every database that ``root`` might hold; none stops the others.

    Args:
        root: The folder of one database, or one with a sub-folder for each.
        names: Databases to look for.

    Returns:
        Name to what was found, or why it could not be read.

    Raises:
        DatabaseError: If the folder does not exist.
    """
    if not root.is_dir():
        raise DatabaseError(f"There is no folder {root}. Name the folder into which the database was unpacked.")
    return {name: _read(name, root) for name in names}


def _read(name: str, root: Path) -> Reading | DatabaseError:
    missing: DatabaseError | None = None
    for folder in (root, *sorted(path for path in root.iterdir() if path.is_dir())):
        try:
            return READERS[name](folder)
        except MissingDatabaseError as error:
            missing = missing or error  # the first one speaks of the folder that was named
        except DatabaseError as error:
            return error
    assert missing is not None
    return missing
