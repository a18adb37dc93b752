import math

import numpy as np
import pytest

from papertrace.scans.optics import exposure, gamma, glare, moire, motion_blur, shadow, sharpening, shot_noise, vignette
from papertrace.scans.sensor import blur

GREY = np.full((480, 640, 3), 160, np.uint8)


def test_exposure_counts_light_and_the_veil_lifts_black():
    levels = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    assert np.array_equal(exposure(levels, 0.0, 0.0), levels)
    darker = exposure(levels, -1.0, 0.0)[0, :, 0]
    assert darker[255] == round(255 * 0.5 ** (1 / 2.2)) and darker[0] == 0
    assert (exposure(levels, 1.0, 0.0)[0, 200:, 0] == 255).all()
    assert exposure(levels, 0.0, 0.02)[0, 0, 0] == round(255 * 0.02 ** (1 / 2.2))


def test_sharpening_steepens_an_edge_and_leaves_rims():
    edge = np.full((40, 60, 3), 200, np.uint8)
    edge[:, 30:] = 100
    soft = blur(edge, 1.0)
    seen = sharpening(soft, 2.0, 1.0)[20, :, 0].astype(int)
    assert -np.diff(seen).min() > 1.15 * -np.diff(soft[20, :, 0].astype(int)).min()
    assert 203 < seen.max() < 230 and 70 < seen.min() < 97
    assert (seen[:20] == 200).all() and (seen[40:] == 100).all()


def test_a_shadow_has_half_its_strength_on_its_edge():
    seen = shadow(GREY, degrees=0.0, offset=0.0, softness=0.1, strength=0.5, bow=0.0)[..., 0].astype(float)
    assert seen[:, 5] == pytest.approx(160, abs=2) and seen[:, -5] == pytest.approx(80, abs=2)
    assert seen[:, 320] == pytest.approx(120, abs=5)
    # tanh(2 x / softness) goes from 0.1 to 0.9 of the way within 1.1 softness
    profile = seen[240]
    width = np.count_nonzero((profile > 88) & (profile < 152)) / math.hypot(240, 320)
    assert width == pytest.approx(0.11, rel=0.2)
    moved = shadow(GREY, 0.0, 0.3, 0.1, 0.5, 0.0)[..., 0].astype(float)
    assert moved[:, 320 + 120] == pytest.approx(120, abs=6)


def test_glare_goes_a_share_of_the_way_to_white():
    seen = glare(GREY, x=0.25, y=0.5, radius=0.1, stretch=1.0, degrees=30.0, strength=0.6)[..., 0].astype(float)
    assert seen[240, 160] == pytest.approx(160 + 0.6 * 95, abs=3)
    assert seen[240, 200] == pytest.approx(160 + 0.6 * 95 * math.exp(-0.5), abs=3)  # one radius, 40 px, away
    assert seen[240, 600] == pytest.approx(160, abs=1)
    white = np.full_like(GREY, 255)
    assert np.array_equal(glare(white, 0.5, 0.5, 0.3, 2.0, 0.0, 0.6), white)


def test_a_vignette_is_the_fourth_power_of_the_cosine():
    seen = vignette(GREY, 30.0)[..., 0].astype(float)
    assert seen[240, 320] == pytest.approx(160, abs=1)
    half_way = math.atan(320 / 400 * math.tan(math.radians(30)))
    assert seen[240, 638] == pytest.approx(160 * math.cos(half_way) ** (4 / 2.2), abs=3)
    assert seen[2, 2] == pytest.approx(160 * math.cos(math.radians(30)) ** (4 / 2.2), abs=4)


def test_gamma_is_a_power():
    assert gamma(GREY, 2.0)[0, 0, 0] == round(160 * 160 / 255)
    assert np.array_equal(gamma(GREY, 1.0), GREY)


@pytest.mark.parametrize("level", [60, 160, 230])
@pytest.mark.parametrize("electrons", [300, 5000])
def test_shot_noise_counts_photons(level, electrons):
    seen = shot_noise(np.full_like(GREY, level), electrons, seed=3).astype(float)
    light = electrons * (seen / 255) ** 2.2
    expected = electrons * (level / 255) ** 2.2
    rounding = electrons * 2.2 * (level / 255) ** 1.2 / 255 * math.sqrt(3 / 12)  # three roundings to grey levels
    assert light.std() == pytest.approx(math.sqrt(expected + rounding**2), rel=0.1)
    assert light.mean() == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize("degrees", [0.0, 30.0, 90.0])
def test_motion_blur_smears_and_shifts_nothing(degrees):
    dot = np.zeros((61, 61, 3), np.uint8)
    dot[30, 30] = 255
    seen = motion_blur(dot, 9.0, degrees)[..., 0].astype(float)
    rows, columns = np.indices(seen.shape) - 30
    weight = seen / seen.sum()
    assert abs((weight * rows).sum()) < 0.15 and abs((weight * columns).sum()) < 0.15
    along = columns * math.cos(math.radians(degrees)) + rows * math.sin(math.radians(degrees))
    assert math.sqrt((weight * along**2).sum()) == pytest.approx(9 / math.sqrt(12), rel=0.15)
    assert np.array_equal(motion_blur(GREY, 5, 20), GREY)


def test_moire_beats_at_the_difference_of_the_pitches():
    seen = moire(GREY, pitch_px=1.05, degrees=0.0, bow=0.0, strength=0.3)[..., 0].astype(float)
    spectrum = np.abs(np.fft.rfft(seen.mean(axis=0) - seen.mean()))
    frequency = np.fft.rfftfreq(640)[spectrum.argmax()]
    assert frequency == pytest.approx(1 - 1 / 1.05, abs=1 / 640)
    assert seen.mean() == pytest.approx(160, abs=1)
    assert np.ptp(seen) == pytest.approx(160 * 0.3, abs=4)
    colours = moire(GREY, 1.05, 0.0, 0.0, 0.3).astype(float)
    assert np.abs(colours[..., 0] - colours[..., 2]).max() > 10  # the beats are coloured
