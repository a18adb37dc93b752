"""Splits of records into train, validation and test: the same whatever the seed, the recipe or the limit."""

from __future__ import annotations

import hashlib

from papertrace.manifest.recipes import spread


def by_hash(names: list[str], groups: list[str], salt: str) -> list[int]:
    """Return the places of `names` ordered by group, and within a group by a hash of the name.

    Whoever takes evenly spaced members of this order takes from every group in proportion to its size.
    """
    digests = [hashlib.sha256(f"{salt}\0{name}".encode()).digest() for name in names]
    return sorted(range(len(names)), key=lambda place: (groups[place], digests[place]))


def assign_splits(names: list[str], groups: list[str], validation_share: float, test_share: float) -> list[str]:
    """Assign each record to ``train``, ``validation`` or ``test``, stratified by group.

    Parameters
    ----------
    names, groups : list of str
        Record ids, and what they are stratified by: their source databases.
    validation_share, test_share : float
        Shares of the records; they are met to half a record over all groups, and to one within each.

    Returns
    -------
    list of str
        In the order of `names`. A function of the set of names alone: no seed enters.
    """
    order = by_hash(names, groups, "split")
    n_test = min(len(names), _rounded(len(names) * test_share))
    test = {order[k] for k in spread(len(order), n_test)}
    rest = [place for place in order if place not in test]
    n_validation = min(len(rest), _rounded(len(names) * validation_share))
    validation = {rest[k] for k in spread(len(rest), n_validation)}
    return [
        "test" if place in test else "validation" if place in validation else "train" for place in range(len(names))
    ]


def by_fold(folds: list[int | None]) -> list[str]:
    """Assign each record to a split as PTB-XL's authors recommend: fold 9 validates, fold 10 tests, the others train.

    A record without a fold, whose patient is therefore not known, is only trained on.

    References
    ----------
    .. [1] Wagner P et al., "PTB-XL, a large publicly available electrocardiography dataset", Sci Data 7:154, 2020.
    """
    return [{9: "validation", 10: "test"}.get(fold, "train") for fold in folds]


def _rounded(value: float) -> int:
    return int(value + 0.5)
