import cv2
import numpy as np
import pytest

from model.muscles import load_muscles
from tests.helpers import demo_portrait, tile_faces
from training.people import PeopleError, load_person, read_people
from training.synthesis.photos import NoPortraitsError, photos_in, read_portrait
from training.synthesis.portrait import PortraitError


@pytest.fixture(scope="module")
def photo():
    return demo_portrait().image


def saved(folder, name, image):
    path = folder / name
    assert cv2.imwrite(str(path), image)
    return path


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(NoPortraitsError, match="No portraits"):
        photos_in(tmp_path)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("grey", lambda image: cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)),
        ("on its side", lambda image: np.rot90(image).copy()),
        ("upside down", lambda image: np.rot90(image, 2).copy()),
    ],
)
def test_a_photo_that_is_grey_or_lies_on_its_side_is_used(tmp_path, photo, name, change):
    portrait = read_portrait(saved(tmp_path, f"{name}.png", change(photo)), load_muscles())
    left, right = portrait.landmarks[33], portrait.landmarks[263]
    assert abs(right[1] - left[1]) < 0.08 * (right[0] - left[0])


def test_a_tilted_head_is_levelled(tmp_path, photo):
    height, width = photo.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 20, 1.0)
    tilted = cv2.warpAffine(photo, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)
    portrait = read_portrait(saved(tmp_path, "tilted.png", tilted), load_muscles())
    left, right = portrait.landmarks[33], portrait.landmarks[263]
    assert abs(right[1] - left[1]) < 0.08 * (right[0] - left[0])


def test_a_cmyk_photo_is_used(tmp_path, photo):
    from PIL import Image

    path = tmp_path / "cmyk.jpg"
    Image.fromarray(np.ascontiguousarray(photo[..., ::-1])).convert("CMYK").save(path)
    assert read_portrait(path, load_muscles()).inter_ocular > 40


@pytest.mark.parametrize(
    ("name", "image", "words"),
    [
        ("garden.png", np.full((300, 300, 3), 90, np.uint8), "No face was found in .*garden"),
        ("team.png", tile_faces(3), "team.png shows 3 faces"),
        ("far.png", cv2.resize(demo_portrait().image, None, fx=0.3, fy=0.3), "far.png is too small: 2. pixels"),
    ],
)
def test_a_photo_without_one_large_face_is_refused_by_name(tmp_path, name, image, words):
    with pytest.raises(PortraitError, match=words):
        read_portrait(saved(tmp_path, name, image), load_muscles())


def test_a_damaged_file_is_refused_by_name(tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8 no picture")
    with pytest.raises(PortraitError, match=r"broken\.jpg cannot be read"):
        read_portrait(tmp_path / "broken.jpg", load_muscles())


def test_bad_photos_are_named_and_the_others_go_on(tmp_path, photo):
    faces = tmp_path / "faces"
    faces.mkdir()
    for name, image in {"a": photo, "b": photo[:, ::-1], "c": photo // 2 + 60}.items():
        saved(faces, f"{name}.png", image)
    (faces / "broken.png").write_bytes(b"nothing")
    seen = []
    people = read_people(faces, tmp_path / "cache", lambda done, of: seen.append((done, of)), workers=1)
    assert len(people.training) + len(people.held_out) == 3
    assert not set(people.training) & set(people.held_out)
    assert people.held_out
    assert len(people.refused) == 1
    assert "broken.png" in people.refused[0]
    assert seen[-1] == (4, 4)
    person = load_person(people.training[0])
    assert person.landmarks.shape == (478, 2)
    assert person.depth.shape == (478,)
    assert person.inter_ocular == pytest.approx(demo_portrait().inter_ocular, rel=0.05)


def test_a_single_portrait_cannot_be_split(tmp_path, photo):
    saved(tmp_path, "only.png", photo)
    with pytest.raises(PeopleError, match="At least two"):
        read_people(tmp_path, tmp_path / "cache", workers=1)
