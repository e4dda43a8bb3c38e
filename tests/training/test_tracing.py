import gzip

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import Delaunay
from typer.testing import CliRunner

from model.labels import ACTION_UNITS
from model.muscles import SIDES, FaceAxes, load_muscles, muscle_field
from tests.helpers import demo_portrait
from training.cli import app
from training.synthesis.anatomy import ANATOMY_NAMES, load_anatomy
from training.tracing.mesh_files import Mesh, SculptureError, read_mesh, read_shape
from training.tracing.pulls import trace
from training.tracing.sculpture import GRID_X, GRID_Y, SculptedHead

EYES = (
    (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246),
    (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466),
)
MOUTH_CORNER, CHIN, BROW = 291, 152, 52


def sculpted_face():
    """The relief of the demo's face as a mesh: skin and eyes."""
    portrait = demo_portrait()
    points, depth = portrait.landmarks[:468].astype(float), portrait.depth[:468].astype(float)
    triangles = Delaunay(points).simplices

    def is_eye(place):
        outlines = (points[list(eye)].astype(np.float32) for eye in EYES)
        return any(cv2.pointPolygonTest(line, tuple(map(float, place)), False) > 0 for line in outlines)

    groups = tuple("eye" if is_eye(points[t].mean(axis=0)) else "skin" for t in triangles)
    vertices = np.column_stack([points[:, 0], -points[:, 1], -depth])
    return Mesh(vertices, tuple(tuple(int(i) for i in t) for t in triangles), groups)


def bump(mesh, vertex, shift, width=25.0):
    """A shape that moves the skin around one vertex."""
    distance = np.linalg.norm((mesh.vertices - mesh.vertices[vertex])[:, :2], axis=1)
    return np.exp(-0.5 * (distance / width) ** 2)[:, None] * np.array([*shift, 0.0])


def write_mesh(mesh, path):
    lines = [f"v {x:.4f} {y:.4f} {z:.4f}" for x, y, z in mesh.vertices]
    for polygon, group in zip(mesh.polygons, mesh.groups, strict=True):
        lines += [f"g {group}", "f " + " ".join(f"{i + 1}/1" for i in polygon)]
    path.write_text("# a face\n" + "\n".join(lines), encoding="utf-8")


def write_target(shift, path):
    text = "\n".join(f"{i} {x:.4f} {y:.4f} {z:.4f}" for i, (x, y, z) in enumerate(shift) if x or y)
    with gzip.open(path, "wt") if path.suffix == ".gz" else path.open("w") as file:
        file.write("# moves skin\n" + text)


@given(
    st.floats(0.15, 0.8), st.floats(0.0, 0.9), st.floats(-3.0, 3.0), st.floats(0.12, 0.3), st.floats(0.1, 0.25)
)  # fmt: skip
@settings(max_examples=10, deadline=None)
def test_a_single_pull_is_found_again(x, y, angle, sx, sy):
    across, down = np.meshgrid(GRID_X, GRID_Y)
    weight = np.exp(-0.5 * ((across - x) / sx) ** 2 - 0.5 * ((down - y) / sy) ** 2)
    field = (7.0 * weight[..., None] * (np.cos(angle), np.sin(angle))).astype(np.float32)
    pulls, left = trace(field)
    assert left < 0.03
    leader = pulls[0]
    np.testing.assert_allclose((leader.x, leader.y, leader.sx, leader.sy), (x, y, sx, sy), atol=0.02)
    np.testing.assert_allclose((leader.dx, leader.dy), (np.cos(angle), np.sin(angle)), atol=0.02)
    assert leader.amplitude == 1.0


def test_a_midline_muscle_moves_nothing_sideways():
    across, down = np.meshgrid(GRID_X, GRID_Y)
    weight = np.exp(-0.5 * (across / 0.3) ** 2 - 0.5 * ((down - 0.8) / 0.1) ** 2)
    pulls, _ = trace((weight[..., None] * (0.3, -1.0)).astype(np.float32), midline=True)
    assert all(pull.x == 0.0 and pull.dx == 0.0 for pull in pulls)


def test_the_field_of_a_sculpted_face_lies_where_the_skin_moves():
    mesh = sculpted_face()
    shift = bump(mesh, MOUTH_CORNER, (3.0, 4.0))
    head = SculptedHead(mesh, [shift, bump(mesh, BROW, (0.0, 4.0))], ["skin"], ["eye"])
    field = head.field(shift)
    row, column = np.unravel_index(np.hypot(*np.moveaxis(field, 2, 0)).argmax(), field.shape[:2])
    corner = FaceAxes.of(head.landmarks).coordinates(*head.landmarks[MOUTH_CORNER].astype(float))
    assert abs(GRID_X[column] - corner[0]) < 0.12
    assert abs(GRID_Y[row] - corner[1]) < 0.1
    across, down = field[row, column]
    assert across > 0 > down
    assert abs(np.arctan2(-down, across) - np.arctan2(4.0, 3.0)) < 0.15


def test_trace_writes_a_muscle_table(tmp_path):
    mesh = sculpted_face()
    write_mesh(mesh, tmp_path / "head.obj")
    shapes = tmp_path / "shapes"
    shapes.mkdir()
    write_target(bump(mesh, MOUTH_CORNER, (3.0, 4.0)), shapes / "mouthSmileLeft.target")
    write_target(bump(mesh, CHIN, (0.0, 4.0)), shapes / "mouthShrugLower.target.gz")
    moved = Mesh(mesh.vertices + bump(mesh, MOUTH_CORNER, (0.0, -4.0)), mesh.polygons, mesh.groups)
    write_mesh(moved, shapes / "mouthFrown_L.obj")
    out = tmp_path / "table.toml"
    arguments = ["trace", "--head", tmp_path / "head.obj", "--shapes", shapes, "--out", out, "--skin", "skin"]
    result = CliRunner().invoke(app, [*map(str, arguments), "--eyes", "eye", "--remark", "made for a test"])
    assert result.exit_code == 0, result.output
    assert "browDown" in result.output  # what was not found is named
    assert out.read_text(encoding="utf-8").startswith("# made for a test\n")
    muscles = load_muscles(out)
    assert set(muscles) == {12, 15, 17}
    assert muscles[12][0].dy < 0 < muscles[12][0].dx
    assert muscles[15][0].dy > 0.9
    assert all(pull.x == 0.0 for pull in muscles[17])


@pytest.mark.parametrize(
    ("text", "says"),
    [("v 0 0 zero\nf 1 1 1", "zero"), ("v 0 0 0\nf 1 2 3", "no usable mesh"), ("", "no usable mesh")],
)
def test_a_file_that_is_no_mesh_is_named(tmp_path, text, says):
    path = tmp_path / "head.obj"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SculptureError, match=says):
        read_mesh(path)
    with pytest.raises(SculptureError, match=r"missing\.obj"):
        read_mesh(tmp_path / "missing.obj")


def test_a_shape_of_another_head_is_refused(tmp_path):
    mesh = sculpted_face()
    path = tmp_path / "smile.target"
    path.write_text(f"{len(mesh.vertices)} 1 0 0", encoding="utf-8")
    with pytest.raises(SculptureError, match=r"smile\.target"):
        read_shape(path, mesh)
    other = tmp_path / "smile.obj"
    write_mesh(Mesh(mesh.vertices[:3], ((0, 1, 2),), ("skin",)), other)
    with pytest.raises(SculptureError, match="another mesh"):
        read_shape(other, mesh)
    broken = tmp_path / "smile.target.gz"
    broken.write_bytes(b"no gzip")
    with pytest.raises(SculptureError, match="cannot be read"):
        read_shape(broken, mesh)


def test_a_head_without_a_face_and_shapes_without_a_head_are_told(tmp_path):
    cube = Mesh(
        np.array([[0, 0, 0], [9, 0, 0], [9, 9, 0], [0, 9, 0]], dtype=float), ((0, 1, 2, 3),), ("skin",)
    )  # fmt: skip
    with pytest.raises(SculptureError, match="No face"):
        SculptedHead(cube, [np.ones((4, 3))])
    with pytest.raises(SculptureError, match="No shape"):
        SculptedHead(cube, [np.zeros((4, 3))])
    write_mesh(cube, tmp_path / "cube.obj")
    result = CliRunner().invoke(
        app, ["trace", "--head", str(tmp_path / "cube.obj"), "--shapes", str(tmp_path), "--out", str(tmp_path / "t")]
    )
    assert isinstance(result.exception, SculptureError)
    assert "browInnerUp" in str(result.exception)
    assert not (tmp_path / "t").exists()


@pytest.mark.parametrize("name", ANATOMY_NAMES)
def test_every_anatomy_moves_the_features_that_its_action_units_are_named_after(name):
    anatomy = load_anatomy(name)
    assert set(ACTION_UNITS) <= set(anatomy)
    # Where the mesh puts brow, upper lid, mouth corner and lower lip on average (29 neutral portraits).
    features = {4: 0.02, 2: 0.02, 5: 0.13, 12: 0.66, 15: 0.67, 17: 0.74}
    axes = FaceAxes(np.zeros(2), np.array([1.0, 0.0]), np.array([0.0, 1.0]), 1.0, 2.2)
    x, y = np.linspace(0, 1.1, 56)[None, :], 2.2 * np.linspace(-0.3, 1.2, 76)[:, None]
    for au, height in features.items():
        size = np.hypot(*np.moveaxis(muscle_field(anatomy[au], SIDES[1], axes, x, y), 2, 0))
        row, _ = np.unravel_index(size.argmax(), size.shape)
        assert abs(y[row, 0] / 2.2 - height) < 0.09, au
