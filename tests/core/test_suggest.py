from gansmith.core.suggest import closest_match, unknown_name
from gansmith.presets import PRESETS


def test_letters_that_changed_places_are_meant_before_another_letter() -> None:
    """wgan-pg is as far from wgan-lp, which is listed later, as from wgan-gp."""
    assert closest_match("wgan-pg", PRESETS) == "wgan-gp"
    assert closest_match("wgan-lq", PRESETS) == "wgan-lp"


def test_nothing_near_is_none() -> None:
    assert closest_match("xyzzy", PRESETS) is None
    assert unknown_name("preset", "xyzzy", ["gan", "dcgan"]) == (
        "unknown preset 'xyzzy'. There are: gan, dcgan"
    )


def test_case_does_not_matter() -> None:
    assert closest_match("d", ["D", "G"]) == "D"
    assert closest_match("gab", ["Gba", "Gab"]) == "Gab"
