import math

import numpy as np
import pytest

from papertrace.scans.sensor import blur, encode_jpeg, jpeg, noise, temperature, temperature_gains

GREY = np.full((300, 400, 3), 128, np.uint8)


@pytest.mark.parametrize("sigma", [2.0, 7.5, 25.0])
def test_noise_is_gaussian_and_independent(sigma):
    error = noise(GREY, sigma, seed=1).astype(float) - 128
    assert error.std() == pytest.approx(sigma, rel=0.03)
    assert abs(error.mean()) < 0.02 * sigma
    for k in (0.5, 1, 2):  # grey levels are whole, so between them
        level = np.floor(k * sigma) + 0.5
        assert np.mean(np.abs(error) < level) == pytest.approx(math.erf(level / sigma / math.sqrt(2)), abs=0.01)
    for shifted in (error[1:] * error[:-1], error[:, 1:] * error[:, :-1], error[..., 1:] * error[..., :-1]):
        assert abs(shifted.mean()) < 0.01 * sigma**2


def test_noise_is_its_seed():
    assert np.array_equal(noise(GREY, 5, 1), noise(GREY, 5, 1))
    assert not np.array_equal(noise(GREY, 5, 1), noise(GREY, 5, 2))
    assert np.array_equal(noise(GREY, 0, 1), GREY)


def test_light_bulbs_are_warm_and_the_sky_is_cold():
    assert temperature_gains(6504) == pytest.approx((1, 1, 1))
    blue, green, red = temperature_gains(3000)
    assert blue < green < red == 1
    blue, green, red = temperature_gains(12_000)
    assert red < green < blue == 1
    # Worked by hand: exponents 10.314 and 7.862 at 3000 K, 4.757 and 3.626 at 6504 K.
    by_hand = (math.exp(7.862) - 1) / (math.exp(10.314) - 1) * (math.exp(4.757) - 1) / (math.exp(3.626) - 1)
    assert temperature_gains(3000)[0] == pytest.approx(by_hand, rel=1e-3)
    assert np.array_equal(temperature(GREY, 6504), GREY)


def test_blur_has_its_width():
    step = np.zeros((41, 200, 3), np.uint8)
    step[:, 100:] = 200
    edge = np.diff(blur(step, 1.5)[20, :, 0].astype(float))
    places = np.arange(len(edge)) + 0.5
    centre = np.average(places, weights=edge)
    assert centre == pytest.approx(99.5, abs=0.05)
    assert np.sqrt(np.average((places - centre) ** 2, weights=edge)) == pytest.approx(1.5, rel=0.05)
    assert np.array_equal(blur(step, 0), step)


def test_each_jpeg_generation_costs(page):
    crop = page.image[300:700, 200:800]
    loss = [np.abs(jpeg(crop, q).astype(int) - crop).mean() for q in ([], [95], [50], [50, 30])]
    assert loss[0] == 0 and sorted(loss) == loss and loss[-1] > loss[1]
    assert encode_jpeg(crop, 90) == encode_jpeg(crop, 90)
