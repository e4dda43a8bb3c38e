import pytest
from pydantic import ValidationError

from app.settings import Settings, load_settings, save_settings


def test_settings_come_back_as_they_were_saved(tmp_path):
    path = tmp_path / "deep" / "settings.json"
    save_settings(Settings(opacity=20, theme="dark", consent=True), path)
    assert load_settings(path) == Settings(opacity=20, theme="dark", consent=True)


@pytest.mark.parametrize("content", ["", "{", '{"opacity": 700}', '{"theme": "pink"}', "\x00"])
def test_damaged_settings_give_the_defaults(tmp_path, content):
    path = tmp_path / "settings.json"
    path.write_text(content)
    assert load_settings(path) == Settings()


def test_a_missing_file_gives_the_defaults(tmp_path):
    assert load_settings(tmp_path / "none.json") == Settings()


def test_a_value_out_of_range_is_refused():
    with pytest.raises(ValidationError):
        Settings().opacity = 300
