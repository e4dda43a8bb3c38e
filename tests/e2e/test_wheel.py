"""The wheel in an empty environment, as a user installs it."""

import os
import subprocess
import sys
import venv
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.helpers import ROOT


def run(*command, **options):
    return subprocess.run(
        [str(c) for c in command], capture_output=True, text=True, check=False, timeout=900, **options
    )


@pytest.mark.timeout(1200)
def test_the_wheel_installs_into_an_empty_environment_and_the_doctor_is_content(tmp_path):
    built = run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path, ROOT)
    assert built.returncode == 0, built.stdout[-2000:] + built.stderr[-2000:]
    (wheel,) = tmp_path.glob("*.whl")
    venv.create(tmp_path / "empty", with_pip=True)
    python = tmp_path / "empty" / ("Scripts" if os.name == "nt" else "bin") / "python"
    # Compiling what is run once would take longer than running it.
    installed = run(python, "-m", "pip", "install", "--quiet", "--no-compile", "-c", ROOT / "constraints.txt", wheel)
    assert installed.returncode == 0, installed.stderr[-2000:]

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    doctor = run(Path(python).with_name("fleeting"), "doctor", cwd=elsewhere)
    assert doctor.returncode == 0, doctor.stdout + doctor.stderr
    assert "Everything works." in doctor.stdout

    # The application needs no torch, and its demo can be rendered without it.
    code = "import importlib.util, training.synthesis.demo; print(importlib.util.find_spec('torch'))"
    assert run(python, "-c", code, cwd=elsewhere).stdout.strip() == "None"


def test_every_installed_package_has_its_version_pinned():
    pinned = {
        line.split("==")[0].lower().replace("_", "-").replace(".", "-")
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if "==" in line
    }
    needed = set()
    waiting = ["fleeting"]
    while waiting:
        name = waiting.pop()
        for requirement in metadata.requires(name) or []:
            if "extra ==" in requirement and name != "fleeting":
                continue
            wanted = Requirement(requirement)
            key = wanted.name.lower().replace("_", "-").replace(".", "-")
            marker = wanted.marker
            if marker is not None and not any(marker.evaluate({"extra": e}) for e in ("", "training", "dev")):
                continue
            if key not in needed:
                needed.add(key)
                waiting.append(wanted.name)
    assert needed - pinned == set()
