"""How many pages and shards a run has, told from the config alone: no header is opened, no table read.

The workflow needs the shards' names before any rule has run; the manifest holds exactly `page_count` rows.
"""

from __future__ import annotations

from papertrace.config import Config
from papertrace.errors import ConfigError


def page_count(config: Config) -> int:
    """Return how many pages the manifest of `config` holds.

    Raises
    ------
    ConfigError
        The folder of records is missing or empty, or does not suit the recipe.
    """
    from papertrace.manifest.recipes import page_total
    from papertrace.records.listing import list_records

    return page_total(config, len(list_records(config)))


def shard_names(config: Config) -> list[str]:
    """Return the names of the shards to be made, all of them or those of the config's `part`.

    Each holds `config.shard_size` pages, the last one of all the rest.

    Raises
    ------
    ConfigError
        As `page_count`, or there are more parts than shards.
    """
    shards = -(-page_count(config) // config.shard_size)
    number, parts = map(int, (config.part or "1/1").split("/"))
    if parts > shards:
        raise ConfigError(f"`part` is {config.part!r}, but there are only {shards} shards: make fewer parts")
    return [shard_name(k) for k in range((number - 1) * shards // parts, number * shards // parts)]


def shard_name(shard: int) -> str:
    """Return the name of a shard's table and folder.

    Examples
    --------
    >>> shard_name(3)
    'shard-00003'
    """
    return f"shard-{shard:05d}"
