from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.helpers import demo_portrait
from training.clipset import Batch, ClipArrays, make_clips
from training.flow_maps import FlowMapSet, read_flow_maps
from training.people import People, read_people
from training.published import MapStyle, write_flow_maps


@pytest.fixture(scope="session")
def faces(tmp_path_factory) -> Path:
    """Three 'persons': the public-domain portrait, mirrored and darkened."""
    folder = tmp_path_factory.mktemp("faces")
    image = demo_portrait().image
    for name, picture in {"a": image, "b": image[:, ::-1], "c": (image * 0.7).astype(np.uint8)}.items():
        cv2.imwrite(str(folder / f"{name}.png"), picture)
    return folder


@pytest.fixture(scope="session")
def cache(tmp_path_factory) -> Path:
    """One cache for all tests of a process."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def people(faces, cache) -> People:
    return read_people(faces, cache, workers=1)


@pytest.fixture(scope="session")
def fields(cache) -> ClipArrays:
    """Flow-field clips."""
    return make_clips([Batch(120, seed=3)], cache, workers=1)[0]


@pytest.fixture(scope="session")
def map_folder(people, tmp_path_factory) -> Path:
    """A flow-map set of 36 clips of three subjects, made in a way of its own."""
    folder = tmp_path_factory.mktemp("maps")
    everyone = (*people.training, *people.held_out)
    write_flow_maps(everyone, folder, 36, database="other", style=MapStyle(flow="farneback"), seed=1, workers=1)
    return folder


@pytest.fixture
def maps(map_folder) -> FlowMapSet:
    return read_flow_maps(map_folder)
