"""Whatever a program does wrong costs it the page, in one sentence, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest

from papertrace.errors import ConfigError
from papertrace.traces.config import ExternalDigitizer
from papertrace.traces.external.digitizer import External

IMAGE = np.full((80, 120, 3), 250, np.uint8)


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    """The folder for temporary files, which must be empty in the end."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert not list(folder.iterdir())


def reason(tool: External) -> str:
    """Return why a program failed."""
    page = tool.digitize(IMAGE, 500.0)
    assert (page.status, page.traces) == ("failed", [])
    assert page.reason.startswith("tool: ") and "\n" not in page.reason
    return page.reason.removeprefix("tool: ")


WRITE = "import sys\nopen(sys.argv[2], 'wb').write({!r})\n"


def csv(header: str, *rows: str) -> str:
    """Return a program that writes a CSV file."""
    return WRITE.format("\n".join([header, *rows, ""]).encode())


def leads(value: str, name: str = "II") -> str:
    """Return a program that writes one lead; `value` is Python in k, the number of the sample."""
    return csv(f"time_s,{name}", *(f"{k / 100},{eval(value, {'k': k, 'np': np})}" for k in range(300)))


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("raise ValueError('no rows')", "the program ended with status 1; it said last: ValueError: no rows"),
        ("import sys; sys.exit(3)", "the program ended with status 3"),
        ("import os; os.abort()", "the program was killed by signal 6 (SIGABRT)"),
        ("import os; os.kill(os.getpid(), 11)", "the program was killed by signal 11 (SIGSEGV)"),
        ("print('done')", "it wrote no page.csv; it said last: done"),
        ("import os, sys; os.mkfifo(sys.argv[2])", "it wrote no page.csv"),
        ("import os, sys; os.symlink('/dev/zero', sys.argv[2])", "it wrote no page.csv"),
        (WRITE.format(b""), "its page.csv is empty"),
        (WRITE.format(b"\x89PNG\r\n\x1a\n\0\xff"), "its page.csv is no CSV text in UTF-8"),
        (csv("time_s,II"), "its page.csv has 0 samples"),
        (csv("II", "1", "2"), "its page.csv has no column time_s, and the config tells no `rate_hz`"),
        (csv("time_s,II", "0,1", "0.01,2,3"), "its page.csv has 3 cells in data row 2 and 2 in its header"),
        (csv("time_s,II", "0,1", "0.01,high"), "no number in data row 2 (could not convert string to float: 'high')"),
        (csv("time_s,II", "0,1", "0,2"), "has a column time_s that does not grow"),
        (csv("time_s,II", "0,1", "nan,2", "0.2,1"), "has a column time_s that does not grow"),
        (csv("time_s,II", "0,1", "0.1,2", "0.9,2", "1,1"), "has a column time_s that is not evenly spaced"),
        (csv("time_s,II", "0,1", "1,2"), "its signals have 1 Hz: 50 to 20000 are allowed"),
        (csv("time_s,II", "7000,1", "7000.01,2"), "its signals are longer than 600 s"),
        (
            leads("np.sin(k)", "lead_two"),
            "'lead_two' is no lead: it may be I … aVF, V1 … V9, MLII and the like, or row1",
        ),
        (leads("np.sin(k)", "row0"), "'row0' is no lead"),
        (csv("time_s,V1,v1", *(f"{k / 100},{k % 3},{k % 4}" for k in range(9))), "lead V1 is there more than once"),
        (csv("time_s", "0", "0.01"), "its signals hold no value, only gaps"),
        (leads("np.nan"), "its signals hold no value, only gaps"),
        (leads("np.inf if k == 99 else 0.1 * (k % 9)"), "lead II has infinite values"),
        (
            leads("1000 * np.sin(k / 10)"),
            "lead II is more than 20 mV off its median for over 1 % of the time: not in mV?",
        ),
        (leads("0.001 * np.sin(k / 10)"), "no lead is anywhere more than 5 µV off its median: flat, or not in mV"),
        (leads("0"), "no lead is anywhere more than 5 µV off its median: flat, or not in mV"),
    ],
)
def test_each_failure_is_one_sentence(program, script, sentence):
    assert sentence in reason(program(script))


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("import sys; print('looking', file=sys.stderr); sys.exit(65)", "looking"),
        ("import sys; print('a\\n  no  rows\\n', file=sys.stderr); sys.exit(65)", "no rows"),
        ("import sys; sys.exit(65)", "no ECG that it can read"),
        (leads("np.sin(k)") + "sys.exit(65)", "no ECG that it can read"),
    ],
)
def test_a_program_may_say_that_it_is_no_ecg(program, script, sentence):
    page = program(script).digitize(IMAGE, 500.0)
    assert (page.status, page.reason, page.traces) == ("rejected", f"tool: {sentence}", [])


def test_two_files_of_other_names_are_one_too_many(program):
    script = "import pathlib, sys\nfor name in 'ab': pathlib.Path(sys.argv[2]).with_stem(name).touch()"
    assert reason(program(script)) == "it wrote 2 .csv files and none of them is page.csv"


def test_a_record_that_is_none(program):
    assert "it wrote no page.hea" in reason(program(leads("k"), output="wfdb"))
    script = "import sys\nopen(sys.argv[2] + '.hea', 'w').write('page 1 500 100\\nnosuch.dat 16 1000 16 0 0 0 0 II\\n')"
    assert "its page.hea is no WFDB record that can be read (" in reason(program(script, output="wfdb"))


def test_files_larger_than_a_worker_could_read_are_not(program):
    script = "import os, sys\nopen(sys.argv[2], 'w').close()\nos.truncate(sys.argv[2], 1 << 40)"
    assert reason(program(script)) == "its page.csv has more than 30 MB"
    script = "import os, sys\nfor s in ('.hea', '.dat'): open(sys.argv[2] + s, 'w').close()\n"
    script += "os.truncate(sys.argv[2] + '.dat', 1 << 40)"
    assert reason(program(script, output="wfdb")) == "its page.hea has more than 30 MB"


def test_a_program_that_is_not_there_is_told_before_any_page():
    with pytest.raises(ConfigError, match="digitizer 'x': there is no program 'no-such-tool' that can be run"):
        External(ExternalDigitizer(name="x", command="no-such-tool {image} {output}"))


def test_what_it_said_is_kept_for_the_log_and_its_last_line_for_the_table(program):
    script = "import sys\nfor k in range(9999): print('line', k)\nsys.exit(f'cannot read {sys.argv[1]}')"
    page = program(script).digitize(IMAGE)
    assert page.reason == "tool: the program ended with status 1; it said last: cannot read /image/page.png"
    assert page.said.endswith("line 9998\ncannot read /image/page.png") and len(page.said) < 9000


FAMILY = """
import os, subprocess, sys, time
sleep = [sys.executable, "-S", "-c", "import time; time.sleep(600)"]
child = subprocess.Popen(sleep)                                # of its group
stray = subprocess.Popen(sleep, start_new_session=True)        # has left it
shell = ["/bin/sh", "-c", "setsid sleep 600 >/dev/null 2>&1 & echo $!"]   # and one whose parent is gone
orphan = subprocess.check_output(shell, text=True)
pids = f"{os.getpid()} {child.pid} {stray.pid} {orphan}"
with open(PIDS + ".part", "w") as file:
    file.write(pids)
os.rename(PIDS + ".part", PIDS)
"""


def alive(pids: list[int]) -> list[int]:
    """Return which of the processes there are, zombies left out."""
    found = []
    for pid in pids:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        found += [pid] if state != "Z" else []
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
@pytest.mark.parametrize(
    ("end", "limit_s", "sentence"),
    [
        ("time.sleep(600)", 4, "the program had not ended when its time was up"),
        ("", 60, "it wrote no page.csv"),
        ("os.abort()", 60, "the program was killed by signal 6"),
    ],
)
def test_nothing_it_started_outlives_it(program, tmp_path, end, limit_s, sentence):
    pids = tmp_path / "pids"
    began = time.monotonic()
    tool = program(f"PIDS = {str(pids)!r}\n{FAMILY}\n{end}", timeout_s=limit_s)
    assert sentence in reason(tool)
    assert time.monotonic() - began < 30
    started = [int(pid) for pid in pids.read_text().split()]
    assert len(started) == 4 and alive(started) == []


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_nothing_outlives_papertrace(tmp_path, temporary, how):
    script, pids = tmp_path / "tool.py", tmp_path / "pids"
    script.write_text(f"PIDS = {str(pids)!r}\n{FAMILY}\ntime.sleep(600)")
    reader = (
        "import signal, sys, numpy as np\n"
        "from papertrace.traces.config import choice_told\n"
        "from papertrace.traces.external.digitizer import External\n"
        # a shell that starts the tests in the background has them ignore it
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "External(choice_told(sys.argv[1])).digitize(np.zeros((80, 80, 3), np.uint8))\n"
    )
    command = f"tool={sys.executable} -S {script} {{image}} {{output}}"
    papertrace = subprocess.Popen(
        [sys.executable, "-c", reader, command],
        env={**os.environ, "TMPDIR": str(temporary)},
        stderr=subprocess.DEVNULL,
    )
    limit = time.monotonic() + 60
    try:
        while not pids.exists():
            assert papertrace.poll() is None and time.monotonic() < limit
            time.sleep(0.02)
        started = [int(pid) for pid in pids.read_text().split()]
        assert len(alive(started)) == 4
        papertrace.send_signal(how)
        papertrace.wait(10)
    finally:
        papertrace.kill()
        papertrace.wait()
    while (alive(started) or list(temporary.iterdir())) and time.monotonic() < limit:
        time.sleep(0.02)
    assert alive(started) == []
