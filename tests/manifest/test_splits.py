from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from papertrace.manifest.splits import assign_splits, by_hash

names_and_groups = st.dictionaries(st.text("abc0123456789", min_size=1, max_size=8), st.sampled_from("xyz"), min_size=1)
shares = st.tuples(st.floats(0, 1), st.floats(0, 1)).filter(lambda pair: sum(pair) <= 1)


@given(names_and_groups, shares, st.randoms())
def test_splits_meet_their_shares_and_do_not_depend_on_order(records, pair, random):
    names, groups = list(records), list(records.values())
    splits = assign_splits(names, groups, *pair)
    counts = Counter(splits)
    assert set(counts) <= {"train", "validation", "test"}
    assert abs(counts["validation"] - pair[0] * len(names)) <= 1
    assert abs(counts["test"] - pair[1] * len(names)) <= 0.5
    order = list(range(len(names)))
    random.shuffle(order)
    shuffled = assign_splits([names[k] for k in order], [groups[k] for k in order], *pair)
    assert [splits[k] for k in order] == shuffled


@given(names_and_groups)
def test_every_group_is_split_alike(records):
    names, groups = list(records), list(records.values())
    splits = assign_splits(names, groups, 0.15, 0.25)
    for group, size in Counter(groups).items():
        mine = Counter(split for split, other in zip(splits, groups, strict=True) if other == group)
        assert abs(mine["test"] - 0.25 * size) <= 1
        assert abs(mine["validation"] - 0.15 * size) <= 1.5


def test_salts_give_unrelated_orders():
    names, groups = [f"r{k}" for k in range(200)], ["x"] * 200
    test = {k for k, split in enumerate(assign_splits(names, groups, 0.15, 0.25)) if split == "test"}
    favoured = by_hash(names, groups, "limit")[2::4]
    assert 2 < len(test & set(favoured)) < 30, "about 12 of 50; the limit must not pick one split"
