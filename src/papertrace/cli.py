"""The command line: one command a stage, and `digitize` for a person's own images.

A command knows paths and the config, and no science; each stage is imported when its command runs.
Exit status: 0 done, 1 something failed (one sentence on stderr says what), 2 wrong usage or config.
"""

from __future__ import annotations

import errno
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from papertrace import __version__
from papertrace.errors import ConfigError, PapertraceError

DISCARD = "PAPERTRACE_DISCARD"
"""Environment variable that does as `papertrace scores --discard`: kinds of images, blanks between them."""

if TYPE_CHECKING:
    from collections.abc import Callable

    from papertrace.config import Config

_REMEDIES = {
    errno.ENOSPC: "free some space and run the same command again",
    errno.EDQUOT: "free some space and run the same command again",
    errno.EACCES: "make it readable and writable for you, or name another place",
    errno.EPERM: "make it readable and writable for you, or name another place",
    errno.EROFS: "name a place that can be written to",
    errno.ENOENT: "check the path",
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
}


class _OneSentence(click.Group):
    """A group whose commands end in one sentence, not a traceback, on what a person can mend."""

    def invoke(self, ctx: click.Context):
        try:
            return super().invoke(ctx)
        except ConfigError as error:
            _end(str(error), 2)
        except PapertraceError as error:
            _end(str(error), 1)
        except OSError as error:
            if error.errno not in _REMEDIES:
                raise
            where = f"{error.filename}: " if error.filename else ""
            _end(f"{where}{error.strerror or error}; {_REMEDIES[error.errno]}", 1)


def _end(sentence: str, status: int) -> NoReturn:
    click.echo(f"papertrace: {sentence}", err=True)
    raise click.exceptions.Exit(status)


def _file(name: str, text: str, **options):
    return click.option(f"--{name}", type=click.Path(path_type=Path), help=text, **options)


_config_option = _file("config", "Config of the dataset (YAML), or of the stage (JSON).", required=True)
_results_needed = _file("results", "Folder of a dataset, such as results/demo.", required=True)
_BY_ID = (
    click.option("--id", "page_id", help="Make only the image of this page again; --out is then the image."),
    _file("results", "With --id: folder of the dataset, in place of a --config."),
)
_SHARD = click.option("--shard", type=click.IntRange(min=0), help="Number of the shard; all of them without it.")
_TABLES = {
    "records": "Table of records.",
    "manifest": "Table of planned pages.",
    "pages": "A shard's table of pages.",
    "scans": "The same shard's table of scans.",
    "traces": "The same shard's table of traces.",
}


def _stage_options(stage: str, *tables: str, sharded: bool = True, by_id: bool = False) -> Callable:
    """Return a decorator that gives a stage's command its options.

    They are the config, the tables that the stage takes, its shard, the --id of an image to make again, and the table
    to write.
    """
    written = f"{stage}/{'shard-KKKKK' if sharded else stage}"
    config = _file("config", "Config of the dataset (YAML), or of the stage (JSON).")
    options = [
        config if by_id else _config_option,
        *(_file(table, _TABLES[table]) for table in tables),
        *([_SHARD] if sharded else []),
        *(_BY_ID if by_id else ()),
        _file("out", f"The table to write [default: <results>/{written}.parquet]."),
    ]

    def decorate(command: Callable) -> Callable:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


@click.group(cls=_OneSentence, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="papertrace")
def cli() -> None:
    """The round trip of an ECG: record, page, scan, trace, score.

    A dataset is described by one config file and made stage by stage; Snakemake runs the same commands
    in parallel. Files are read from and written to results/<dataset>, wherever no other path is given.

    \b
    Examples:
      papertrace digitize photo.jpg scan.png --out traces/
      papertrace records --config config/demo.yaml
      papertrace manifest --config config/demo.yaml
      papertrace pages --config config/demo.yaml --shard 0
    """
    from papertrace.lifeline import end_with_run
    from papertrace.memory import keep_freed_memory
    from papertrace.threads import limit_threads

    end_with_run()
    limit_threads()
    keep_freed_memory()


@cli.command()
@_stage_options("download", sharded=False)
def download(config: Path, out: Path | None) -> None:
    """Fetch a database from PhysioNet or a mirror, as far as it is not there; verify every file.

    Run it again after an interruption: it goes on where it was. --out lists the files and their checksums.

    \b
    Example: papertrace download --config config/qtdb.yaml
    """
    dataset = _open(config)
    from papertrace.download import stage

    stage.run(dataset.config, out or dataset.table("download"))


@cli.command()
@_stage_options("records", sharded=False)
def records(config: Path, out: Path | None) -> None:
    """List, check and (for a simulation) write the records.

    \b
    Example: papertrace records --config config/demo.yaml
    """
    dataset = _open(config)
    from papertrace.records import stage

    stage.run(dataset.config, out or dataset.table("records"))


@cli.command()
@_stage_options("manifest", "records", sharded=False)
def manifest(config: Path, records: Path | None, out: Path | None) -> None:
    """Plan every page: which window of which record, with which seed.

    \b
    Example: papertrace manifest --config config/demo.yaml
    """
    dataset = _open(config)
    from papertrace.manifest import stage

    stage.run(dataset.config, dataset.given("records", records), out or dataset.table("manifest"))


@cli.command()
@_stage_options("pages", "manifest", "records", by_id=True)
def pages(
    config: Path | None,
    manifest: Path | None,
    records: Path | None,
    shard: int | None,
    page_id: str | None,
    results: Path | None,
    out: Path | None,
) -> None:
    """Draw clean pages, with their labels and their truth; or one of them again, byte for byte, by its id.

    \b
    Examples:
      papertrace pages --config config/demo.yaml --shard 0
      papertrace pages --results results/demo --id two-lead-0000_00000 --out page.png
    """
    if page_id is not None:
        return _rebuild("pages", config, results, manifest, records, page_id, shard, out)
    dataset = _open(_needed(config, results))
    from papertrace.pages import stage

    manifest = dataset.given("manifest", manifest)
    records = dataset.given("records", records)
    for k in dataset.shards(shard, out):
        stage.run(dataset.config, manifest, records, k, out or dataset.table("pages", k))


@cli.command()
@_stage_options("scans", "manifest", "pages", by_id=True)
@_file("records", "With --id: table of records.")
def scans(
    config: Path | None,
    manifest: Path | None,
    pages: Path | None,
    shard: int | None,
    page_id: str | None,
    results: Path | None,
    records: Path | None,
    out: Path | None,
) -> None:
    """Turn pages into what a scanner or a camera would have seen of them; or one page again, by its id.

    \b
    Examples:
      papertrace scans --config config/demo.yaml --shard 0
      papertrace scans --results results/demo --id two-lead-0000_00000 --out scan.jpg
    """
    if page_id is not None:
        if pages is not None:
            raise click.UsageError("--pages does not go with --id: the page itself is made again too")
        return _rebuild("scans", config, results, manifest, records, page_id, shard, out)
    dataset = _open(_needed(config, results))
    from papertrace.scans import stage

    manifest = dataset.given("manifest", manifest)
    for k in dataset.shards(shard, pages, out):
        images = dataset.given("pages", pages, k)
        dataset.restore(images)
        stage.run(dataset.config, manifest, images, out or dataset.table("scans", k))


@cli.command()
@_stage_options("traces", "pages", "scans")
def traces(config: Path, pages: Path | None, scans: Path | None, shard: int | None, out: Path | None) -> None:
    """Read the images of a shard back into millivolts and seconds.

    \b
    Example: papertrace traces --config config/demo.yaml --shard 0
    """
    dataset = _open(config)
    from papertrace.traces import stage

    for k in dataset.shards(shard, pages, scans, out):
        images = {"pages": dataset.given("pages", pages, k), "scans": dataset.given("scans", scans, k)}
        for kind in dataset.config.traces.inputs:
            dataset.restore(images[kind])
        stage.run(dataset.config, images["pages"], images["scans"], out or dataset.table("traces", k))


@cli.command()
@_stage_options("scores", "manifest", "pages", "scans", "traces")
@click.option(
    "--discard",
    type=click.Choice(["pages", "scans"]),
    multiple=True,
    envvar=DISCARD,
    help="Then remove the shard's images of pages or of scans: nothing that follows needs them.",
)
def scores(
    config: Path,
    manifest: Path | None,
    pages: Path | None,
    scans: Path | None,
    traces: Path | None,
    shard: int | None,
    out: Path | None,
    discard: tuple[str, ...],
) -> None:
    """Compare the traces of a shard with the truth.

    \b
    Example: papertrace scores --config config/demo.yaml --shard 0
    """
    dataset = _open(config)
    from papertrace.scores import stage
    from papertrace.stored import discard_images

    manifest = dataset.given("manifest", manifest)
    for k in dataset.shards(shard, pages, scans, traces, out):
        images = {"pages": dataset.given("pages", pages, k), "scans": dataset.given("scans", scans, k)}
        stage.run(
            dataset.config,
            manifest,
            images["pages"],
            dataset.given("traces", traces, k),
            out or dataset.table("scores", k),
            images["scans"],
        )
        for kind in discard:
            discard_images(images[kind])


@cli.command()
@_config_option
@click.argument("scores", nargs=-1, type=click.Path(path_type=Path))
@_file("out", "The table to write [default: <results>/scores/scores.parquet].")
def summary(config: Path, scores: tuple[Path, ...], out: Path | None) -> None:
    """Join the SCORES of all shards, and summarize them.

    \b
    Examples:
      papertrace summary --config config/demo.yaml
      papertrace summary --config c.json --out scores/scores.parquet scores/shard-*.parquet
    """
    dataset = _open(config)
    from papertrace.scores import summary as stage

    tables = list(scores) or [dataset.table("scores", k) for k in dataset.shards(None)]
    stage.run(dataset.config, [dataset.given("scores", table) for table in tables], out or dataset.table("scores"))


@cli.command()
@_config_option
@_file("scores", "The table of all scores [default: <results>/scores/scores.parquet].")
def check(config: Path, scores: Path | None) -> None:
    """End in an error if more pages failed than `max_failure_share` allows.

    \b
    Example: papertrace check --config config/demo.yaml
    """
    dataset = _open(config)
    from papertrace.io import read_table
    from papertrace.scores.summary import ATTEMPT, failure_share

    table = dataset.given("scores", scores)
    share = failure_share(read_table(table, [*ATTEMPT, "status"]))
    allowed = dataset.config.max_failure_share
    if share > allowed:
        raise PapertraceError(
            f"{share:.2%} of the pages could not be made or read, more than the {allowed:.2%} that `max_failure_share` "
            f"allows; the reasons are in {table.with_name('failures.csv')}"
        )
    click.echo(f"{share:.2%} of the pages could not be made or read; {allowed:.2%} are allowed")


@cli.command()
@_config_option
@_file("results", "Folder of the dataset [default: <results>].")
@_file("out", "The list of figures to write [default: <results>/figures/figures.csv].")
def figures(config: Path, results: Path | None, out: Path | None) -> None:
    """Draw the figures, as PNG and PDF.

    \b
    Example: papertrace figures --config config/demo.yaml
    """
    dataset = _open(config)
    from papertrace.figures import stage

    results = results or dataset.folder
    dataset.given("scores", results / "scores/scores.parquet")
    stage.run(dataset.config, results, out or results / "figures/figures.csv")


@cli.command()
@_config_option
@_file("results", "Folder of the dataset [default: <results>].")
@_file("figures", "The list of figures [default: <results>/figures/figures.csv].")
@_file("out", "The report to write [default: <results>/report/report.html].")
def report(config: Path, results: Path | None, figures: Path | None, out: Path | None) -> None:
    """Write the report, to be opened in a browser.

    \b
    Example: papertrace report --config config/demo.yaml
    """
    dataset = _open(config)
    from papertrace.report import stage

    results = results or dataset.folder
    dataset.given("scores", results / "scores/scores.parquet")
    figures = dataset.given("figures", figures or results / "figures/figures.csv")
    stage.run(dataset.config, results, figures, out or results / "report/report.html")


@cli.command("report-page")
@click.argument("page_ids", nargs=-1, required=True, metavar="PAGE_ID...")
@_results_needed
@_file("config", "Config of the dataset [default: <results>/config/report.json].")
@_file("report", "The report [default: <results>/report/report.html].")
def report_page(page_ids: tuple[str, ...], results: Path, config: Path | None, report: Path | None) -> None:
    """Add the pictures of some pages to the report: what it does not show by itself.

    \b
    Example: papertrace report-page two-lead-0000_00000 --results results/demo
    """
    from papertrace.config import load_config
    from papertrace.report import stage

    settings = load_config(config or results / "config/report.json")
    report = report or results / "report/report.html"
    problems = stage.add_pages(settings, results, report, page_ids)
    if problems:
        raise PapertraceError("; ".join(problems))
    click.echo(f"{', '.join(page_ids)}: now in {report}")


@cli.command()
@_config_option
@click.option(
    "--round", "number", type=click.IntRange(min=0), default=0, show_default=True, help="Number of the round."
)
@click.option(
    "--split", type=click.Choice(["train", "validation"]), default="train", show_default=True, help="Whose records."
)
@_file("out", "Folder to write.", required=True)
def samples(config: Path, number: int, split: str, out: Path) -> None:
    """Make a round of samples for training: crops of generated pages and what the networks are to tell of them.

    \b
    Example: papertrace samples --config config/train.yaml --round 0 --out results/training/samples/round-000
    """
    dataset = _open(config)
    from papertrace.training import stage

    stage.run_samples(dataset.config, number, split, out)


@cli.command()
@click.argument("network", type=click.Choice(["trace", "page"]))
@click.argument("rounds", nargs=-1, required=True, type=click.Path(path_type=Path))
@_config_option
@_file("validation", "Round of samples of the validation split.", required=True)
@_file("work", "Folder of the checkpoint and the log.", required=True)
@_file("out", "ONNX file to write.", required=True)
def fit(network: str, rounds: tuple[Path, ...], config: Path, validation: Path, work: Path, out: Path) -> None:
    """Train a network on rounds of samples, or go on with a training that was stopped.

    \b
    Example: papertrace fit page round-* --validation held-out --config config/train.yaml --work page --out page.onnx
    """
    dataset = _open(config)
    from papertrace.training import stage

    stage.run_fit(dataset.config, network, list(rounds), validation, work, out)


@cli.command()
@click.argument("training", type=click.Path(path_type=Path))
@_file("out", "Figure to write.", required=True)
def curves(training: Path, out: Path) -> None:
    """Draw the learning curves of a training.

    \b
    Example: papertrace curves results/training/training --out curves.png
    """
    from papertrace.training.curves import draw_curves

    draw_curves(training, out)


@cli.command()
@click.argument("images", nargs=-1, required=True, metavar="IMAGE...", type=click.Path(path_type=Path))
@_file("out", "Folder to write to; it is made where missing.", required=True)
@click.option(
    "--rate",
    type=click.FloatRange(50, 2000),
    default=500.0,
    show_default=True,
    help="Sampling rate of the traces in Hz.",
)
@click.option(
    "--digitizer",
    metavar="NAME",
    default="network",
    show_default=True,
    help="Who reads: network, classical or dncnn, network:weights=FOLDER with networks of one's own, or one that "
    "the --config names.",
)
@_file("config", "Config whose digitizers are known by their names.")
@click.option(
    "--digitizer-command",
    "command",
    metavar="NAME=COMMAND",
    help="A program that reads instead, such as mine='mytool {image} {output}' (docs/your-digitizer.md).",
)
def digitize(
    images: tuple[Path, ...], out: Path, rate: float, digitizer: str, config: Path | None, command: str | None
) -> None:
    """Read images of ECGs into millivolts and seconds.

    For each IMAGE: <stem>.csv (time_s, then mV a lead), <stem>.hea and .dat (WFDB), <stem>.json (what was found, and
    how sure that is) and <stem>.overlay.png (to see what was read). An image that cannot be read costs itself only:
    its .json says why. Ends in status 1 if an image failed or was rejected.

    \b
    Examples:
      papertrace digitize photo.jpg --out traces/
      papertrace digitize scans/*.png --out traces/ --rate 250
      papertrace digitize photo.jpg --out traces/ --digitizer-command mine='mytool {image} {output}'
    """
    from papertrace.traces.config import choice_named, choice_told
    from papertrace.traces.files import digitize_files

    known = () if config is None else _open(config).config.traces.digitizers
    choice = choice_named(digitizer, known) if command is None else choice_told(command)
    outcomes = digitize_files(list(images), out, rate, choice)
    if outcomes["ok"] < len(images):
        raise PapertraceError(
            f"of {len(images)} images {outcomes['ok']} were read, {outcomes['failed']} failed and "
            f"{outcomes['rejected']} were rejected as no ECG that can be read; the reasons are in {out}/*.json"
        )


@cli.command()
@_results_needed
@click.option(
    "--format",
    "name",
    type=click.Choice(["coco", "yolo", "masks", "lines", "challenge2024"]),
    required=True,
    help="COCO instances, YOLO boxes, label images, tables of centre lines and grids, or "
    "records with images as in the PhysioNet Challenge 2024.",
)
@click.option(
    "--input", "kind", type=click.Choice(["pages", "scans"]), default="scans", show_default=True, help="Which images."
)
@_file("out", "Folder to write; new or empty.", required=True)
def export(results: Path, name: str, kind: str, out: Path) -> None:
    """Write the images and labels of a dataset in the format of other programs.

    \b
    Examples:
      papertrace export --results results/demo --format coco --out demo-coco
      papertrace export --results results/demo --format challenge2024 --input pages --out demo-challenge
    """
    from papertrace.exports.export import export as run

    done = run(results, name, kind, out)
    rest = f"; {len(done.left_out)} left out, listed in {out / 'left-out.csv'}" if done.left_out else ""
    click.echo(f"{done.images} {kind} in {out}{rest}")


@cli.command()
@_results_needed
def datasheet(results: Path) -> None:
    """Say what a dataset holds: DATASHEET.md, SHA256SUMS and the schema of its recipes, in its folder.

    \b
    Example: papertrace datasheet --results results/demo
    """
    from papertrace.exports.datasheet import write_datasheet

    for path in write_datasheet(results):
        click.echo(path)


@cli.command()
@_results_needed
@_file("against", "Compare with another run's folder, or with what this command printed of it.")
def checksums(results: Path, against: Path | None) -> None:
    """Print the SHA-256 of all tables, images and simulated records, or compare them with another run's.

    Left out is what tells of the run itself: logs, benchmarks, config, figures and report (which show what it cost).
    Two runs of the same config are the same however they were made; ends in status 1 where they are not.

    \b
    Examples:
      papertrace checksums --results results/demo > demo.sha256
      papertrace checksums --results results/demo --against demo.sha256
    """
    from papertrace.checksums import checksums, difference, from_text, to_text

    sums = checksums(results)
    if against is None:
        click.echo(to_text(sums), nl=False)
        return
    differs = difference(sums, from_text(against) if against.is_file() else checksums(against))
    if differs:
        kinds = {"missing": differs.missing, "added": differs.added, "changed": differs.changed}
        counts = ", ".join(f"{len(names)} {kind} ({names[0]})" for kind, names in kinds.items() if names)
        raise PapertraceError(f"{results}: of {len(sums)} files, beside {against}: {counts}")
    click.echo(f"{len(sums)} files, the same as in {against}")


@cli.command()
@_file("out", "Folder to write; new, empty, or an earlier gallery.", required=True)
@_file("config", "Also show what this config makes, with its resolution and its own layouts.")
@click.option("--cores", type=click.IntRange(1, 256), default=2, show_default=True, help="Worker processes.")
def gallery(out: Path, config: Path | None, cores: int) -> None:
    """Show every layout, page option, artifact and preset: index.html, contact-sheet.png and overview.png.

    The ECGs are simulated; nothing else is needed.

    \b
    Examples:
      papertrace gallery --out results/gallery
      papertrace gallery --out results/gallery --config config/demo.yaml --cores 4
    """
    from papertrace.config import Config
    from papertrace.gallery import stage

    images = stage.run(Config() if config is None else _open(config).config, out, cores, own=config is not None)
    click.echo(f"{images} images in {out / 'index.html'}")


@cli.command()
@_results_needed
@click.option(
    "--remove", is_flag=True, help="Remove the tables of damaged shards, so that the next run makes them anew."
)
def verify(results: Path, remove: bool) -> None:
    """Find what was damaged since it was written: files cut short, changed or lost.

    Every file that a table tells of is read and compared with its SHA-256. Ends in status 1 where one is damaged and
    nothing is removed.

    \b
    Examples:
      papertrace verify --results results/demo
      papertrace verify --results results/demo --remove
    """
    from papertrace.verify import find_damage, remove_tables

    if not results.is_dir():
        raise PapertraceError(f"{results}: no such folder; name that of a dataset, such as results/demo")
    damages = list(find_damage(results))
    for damage in damages:
        click.echo(damage.sentence)
    if damages and not remove:
        raise PapertraceError(
            f"{len(damages)} files in {results} are damaged; --remove has the next run make them anew"
        )
    for table in remove_tables(damages):
        click.echo(f"{table}: removed; the next run makes it anew")
    if not damages:
        click.echo(f"{results}: all files are what was written")


@cli.command()
@_results_needed
@click.option(
    "--input", "kinds", type=click.Choice(["pages", "scans"]), multiple=True, help="Which images [default: both]."
)
def restore(results: Path, kinds: tuple[str, ...]) -> None:
    """Make the images again that a run did not keep (`keep` in its config), byte for byte.

    \b
    Example: papertrace restore --results results/qtdb --input scans
    """
    from papertrace.exports.dataset import shard_tables
    from papertrace.exports.rebuild import dataset_config
    from papertrace.stored import missing_images, restore_images

    config = dataset_config(results)
    for kind in kinds or ("pages", "scans"):
        tables = shard_tables(results, kind)
        made = sum(restore_images(config, table) for table in tables)
        gone = sum(len(missing_images(table)) for table in tables)
        click.echo(f"{kind}: {made} images made again")
        if gone:
            raise PapertraceError(f"{results / kind}: {gone} images could not be made again; see above")


@cli.command()
@click.argument("parts", nargs=-1, required=True, metavar="PART...", type=click.Path(path_type=Path))
@_file("out", "Folder of the whole dataset; new.", required=True)
def merge(parts: tuple[Path, ...], out: Path) -> None:
    """Put the results of parts together that were made in several places (`part` in the config).

    Nothing may be missing, damaged or contradictory. Afterwards the workflow, started with the same config but for
    `part`, goes on with the summary.

    \b
    Example: papertrace merge site-a/qtdb site-b/qtdb --out results/qtdb
    """
    from papertrace.merge import merge as run

    click.echo(f"{out}: {run(parts, out):,} pages of {len(parts)} parts")


@cli.command()
@_results_needed
@_file("out", "Also write the table as CSV, to this file.")
def costs(results: Path, out: Path | None) -> None:
    """Show what a run cost: seconds per page and peak memory of each stage, as Markdown.

    \b
    Example: papertrace costs --results results/demo --out costs.csv
    """
    from papertrace.costs import stage_costs, to_csv, to_markdown
    from papertrace.io import write_text

    rows = stage_costs(results)
    click.echo(to_markdown(rows), nl=False)
    if out is not None:
        write_text(to_csv(rows), out)


@cli.command()
@_file("config", "Config of the dataset (YAML).")
@click.option(
    "--set",
    "keys",
    multiple=True,
    metavar="KEY=VALUE",
    help="A key of the config that is other than in the file, as Snakemake's --config takes it; may be repeated.",
)
@click.option("--cores", type=click.IntRange(1, 1_000_000), default=2, show_default=True, help="For the wall clock.")
@_file("like", "A run on this machine, such as results/qtdb-210: stages take as much more or less as they did there.")
@_file("against", "A run, by its own config unless one is named: what was forecast beside what it took.")
def plan(config: Path | None, keys: tuple[str, ...], cores: int, like: Path | None, against: Path | None) -> None:
    """Say what a run will take before it starts: jobs, core hours, wall clock, memory and disk, stage by stage.

    \b
    Examples:
      papertrace plan --config config/qtdb.yaml --cores 16
      papertrace plan --config config/qtdb.yaml --set limit=1000 --set 'records={folder: /data/qtdb}'
      papertrace plan --config config/qtdb.yaml --like results/qtdb-210
      papertrace plan --against results/qtdb-210 --cores 2
    """
    from papertrace import forecast_told
    from papertrace.config import load_config
    from papertrace.cost_model import measured_model
    from papertrace.costs import stage_costs
    from papertrace.forecast import forecast, likened

    if against is not None:
        # a run that has no report yet keeps its config in parts
        run = load_config(config or against / "config/report.json", keys)
        return click.echo(forecast_told.beside_run(run, against, cores), nl=False)
    if config is None:
        raise click.UsageError("Missing option '--config'.")
    told = forecast(load_config(config, keys))
    if like is not None:
        told = likened(told, forecast(load_config(like / "config/report.json")), stage_costs(like))
    click.echo(forecast_told.told(told, measured_model(), cores, str(like) if like else None), nl=False)


@cli.command()
def schema() -> None:
    """Print the JSON schema of a config file."""
    from papertrace.config import json_schema

    click.echo(json.dumps(json_schema(), indent=2))


def main() -> None:
    """Run the command line (the console script's entry point)."""
    cli(prog_name="papertrace")


@dataclass(frozen=True)
class _Dataset:
    """A config and where its files lie; `whole` is false where the config holds one stage's keys only."""

    config: Config
    folder: Path
    whole: bool

    def table(self, stage: str, shard: int | None = None) -> Path:
        """Return the path of a stage's table, or of one shard's."""
        from papertrace.plan import shard_name

        return self.folder / stage / f"{stage if shard is None else shard_name(shard)}.parquet"

    def given(self, stage: str, path: Path | None, shard: int | None = None) -> Path:
        """Return the path that was named, or else the stage's own; the file must be there."""
        path = path or self.table(stage, shard)
        if not path.is_file():
            command = "summary" if stage == "scores" and path.stem == "scores" else stage
            raise PapertraceError(f"{path}: no such file; make it with `papertrace {command}`")
        return path

    def restore(self, images: Path) -> None:
        """Make the images again that a shard's table tells of and that are not there, as after a run that kept none."""
        from papertrace.stored import missing_images, restore_images

        if missing_images(images):
            from papertrace.exports.rebuild import dataset_config

            restore_images(self.config if self.whole else dataset_config(images.parents[1]), images)

    def shards(self, shard: int | None, *named: Path | None) -> list[int]:
        """Return the shards to work on: the one asked for, or all. Files named on the command line are one shard's."""
        if shard is not None:
            return [shard]
        if named and all(named):
            return [-1]
        if any(named) or not self.whole:
            raise click.UsageError("name the --shard: the files and the config named here do not tell it")
        from papertrace.plan import page_count

        return list(range(-(-page_count(self.config) // self.config.shard_size)))


def _needed(config: Path | None, results: Path | None) -> Path:
    """Return the config that a stage needs wherever it does not make one image by --id."""
    if results is not None:
        raise click.UsageError("--results goes with --id only; name the --config")
    if config is None:
        raise click.UsageError("Missing option '--config'.")
    return config


def _rebuild(
    stage: str,
    config: Path | None,
    results: Path | None,
    manifest: Path | None,
    records: Path | None,
    page_id: str,
    shard: int | None,
    out: Path | None,
) -> None:
    """Make one image again by its id; where its shard is there, its SHA-256 must be the same."""
    if out is None:
        raise click.UsageError("name the image to write: --out FILE")
    if shard is not None:
        raise click.UsageError("--shard does not go with --id: an id is enough")
    from papertrace.exports.rebuild import dataset_config, rebuild_image, written_sha256
    from papertrace.io import sha256_bytes, write_bytes

    if config is not None:
        dataset = _open(config)
        # A stage's own config lacks the keys of the others; together they lie beside it.
        whole = dataset.config if dataset.whole else dataset_config(dataset.folder)
        dataset = _Dataset(whole, results or dataset.folder, whole=True)
    elif results is not None:
        dataset = _Dataset(dataset_config(results), results, whole=True)
    else:
        raise click.UsageError("name the dataset: --config FILE or --results FOLDER")
    _, data = rebuild_image(
        dataset.config, dataset.given("manifest", manifest), dataset.given("records", records), page_id, stage
    )
    written = written_sha256(dataset.folder, page_id, stage)
    if written not in (None, sha256_bytes(data)):
        raise PapertraceError(
            f"{page_id}: what this config and this version of papertrace make is not the image that the table of "
            f"{stage} in {dataset.folder} tells of; use the config and the version that the dataset was made with"
        )
    write_bytes(data, out)


def _open(path: Path) -> _Dataset:
    """Read a config; a stage's own lies in its dataset's folder (``<results>/config/<stage>.json``)."""
    from papertrace.config import STAGE_SECTIONS, load_config

    config = load_config(path)
    if path.suffix == ".json" and path.stem in STAGE_SECTIONS and path.parent.name == "config":
        return _Dataset(config, path.parent.parent, whole=False)
    return _Dataset(config, Path(config.results) / config.dataset, whole=True)
