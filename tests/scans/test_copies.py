import cv2
import numpy as np
import pytest

from papertrace.scans.copies import fading, fax, photocopy, streaks, webp

GREY = np.full((480, 640, 3), 160, np.uint8)


def test_even_fading_takes_a_share_of_the_ink():
    seen = fading(GREY, strength=0.4, patches=0.0, seed=1)
    assert seen == pytest.approx(255 - 95 * 0.6, abs=1)
    patchy = fading(GREY, strength=0.8, patches=1.0, seed=1)[..., 0].astype(float)
    assert patchy.min() >= 159 and patchy.max() <= 255 - 95 * 0.2 + 1 and np.ptp(patchy) > 25


def test_copies_are_grey_harder_and_dirtier():
    colours = np.full((200, 300, 3), (90, 140, 220), np.uint8)
    once = photocopy(colours, 1, contrast=1.5, blur_px=0.5, specks=0, seed=1)
    assert np.ptp(once, axis=2).max() == 0
    level = cv2.cvtColor(colours, cv2.COLOR_BGR2GRAY)[0, 0] / 255
    assert once[0, 0, 0] == pytest.approx(255 * level**1.5 / (level**1.5 + (1 - level) ** 1.5), abs=1)
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2).repeat(20, axis=0)
    assert np.array_equal(photocopy(ramp, 1, 1.0, 0, 0, 1), ramp)
    hard = photocopy(ramp, 2, 1.5, 0, 0, 1)[0, :, 0].astype(int)
    assert (np.diff(hard) >= 0).all() and hard[100] < 80 and hard[160] > 180
    dirty = photocopy(np.full_like(GREY, 255), 3, 1.0, 0, 0.001, 1)
    assert np.mean(dirty[..., 0] < 200) == pytest.approx(0.003, rel=0.15)


@pytest.mark.parametrize("dpi", [(204, 196), (204, 98)])
def test_a_fax_is_black_and_white_and_keeps_its_places(dpi):
    page = np.full((600, 800, 3), (225, 215, 250), np.uint8)  # paper, unevenly lit
    page = (page * np.linspace(1, 0.5, 800)[None, :, None]).astype(np.uint8)
    page[::40] = page[::40] * 0.85  # a faint grid
    cv2.line(page, (50, 100), (750, 400), (20, 20, 20), 4)
    seen = fax(page, 7.874, dpi, 170)
    assert set(np.unique(seen)) == {0, 255} and np.ptp(seen, axis=2).max() == 0
    rows, columns = np.nonzero(seen[..., 0] == 0)
    keep = np.abs(rows - (100 + (columns - 50) * 3 / 7)) < 20
    assert keep.mean() > 0.98  # the grid and the dim end of the paper are white
    assert abs((rows - (100 + (columns - 50) * 3 / 7))[keep].mean()) < 0.7
    runs = np.diff(np.flatnonzero(np.append(True, (seen[1:] != seen[:-1]).any(axis=(1, 2)))))
    assert runs.min() >= int(200 / dpi[1])


def test_a_fax_of_pale_ink_is_not_empty():
    page = np.full((600, 800, 3), 250, np.uint8)
    cv2.line(page, (50, 100), (750, 400), (200, 200, 200), 3)
    black = fax(page, 7.874, (204, 196), 100)[..., 0] == 0
    there = page[..., 0] < 250
    assert (black & there).sum() > 0.8 * there.sum() and (black & ~there).sum() < 0.2 * there.sum()
    assert not (fax(np.full_like(page, 250), 7.874, (204, 196), 100) == 0).any()


def test_every_column_has_its_own_gain():
    seen = streaks(GREY, 0.02, [{"x": 0.5, "width_px": 3, "change": -0.3}], seed=1)[..., 0].astype(float)
    assert np.ptp(seen, axis=0).max() == 0
    assert seen[0, 319:322] == pytest.approx(160 * 0.7, abs=160 * 0.08)
    others = np.delete(seen[0], slice(317, 324))
    assert others.std() / 160 == pytest.approx(0.02, rel=0.2)
    assert others.mean() == pytest.approx(160, abs=1)


def test_each_webp_generation_costs(page):
    crop = page.image[300:700, 200:800]
    loss = [np.abs(webp(crop, q).astype(int) - crop).mean() for q in ([], [90], [20])]
    assert loss[0] == 0 and sorted(loss) == loss and loss[-1] > loss[1]
