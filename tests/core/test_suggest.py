from gansmith.core.suggest import nearest, unknown
from gansmith.presets import PRESETS


def test_letters_that_changed_places_are_meant_before_another_letter() -> None:
    """wgan-pg is as far from wgan-lp, which is listed later, as from wgan-gp."""
    assert nearest("wgan-pg", PRESETS) == "wgan-gp"
    assert nearest("wgan-lq", PRESETS) == "wgan-lp"


def test_nothing_near_is_none() -> None:
    assert nearest("xyzzy", PRESETS) is None
    assert unknown("preset", "xyzzy", ["gan", "dcgan"]) == (
        "unknown preset 'xyzzy'; There are: gan, dcgan"
    )
