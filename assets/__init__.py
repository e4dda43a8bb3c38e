"""Files that ship with the program: the network with its model card, the muscle table, icons, style sheet."""

from pathlib import Path

ROOT = Path(__file__).parent
ASTANN_ONNX = ROOT / "astann.onnx"
ASTANN_CARD = ROOT / "astann.md"
MUSCLES_TOML = ROOT / "muscles.toml"
ANATOMIES = ROOT / "anatomies"
ICON = ROOT / "fleeting.svg"
STYLE_SHEET = ROOT / "style.qss"
