"""Threads of a reading share the C library's arenas."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.processes import ROOT

# Each thread holds something that only malloc can give; how many arenas that takes is in glibc's own report.
_PROGRAM = """
import ctypes, os, re, sys, tempfile, threading
from connector.memory import share_arenas
libc = ctypes.CDLL(None)
if not hasattr(libc, "malloc_info"):
    sys.exit("no glibc")
if sys.argv[1] == "shared":
    share_arenas()
barrier = threading.Barrier(8)
def work():
    held = [bytes(5_000) for _ in range(100)]
    barrier.wait()
threads = [threading.Thread(target=work) for _ in range(8)]
[one.start() for one in threads]
[one.join() for one in threads]
libc.fopen.restype = ctypes.c_void_p
libc.fclose.argtypes = [ctypes.c_void_p]
libc.malloc_info.argtypes = [ctypes.c_int, ctypes.c_void_p]
with tempfile.NamedTemporaryFile() as file:
    stream = libc.fopen(file.name.encode(), b"w")
    libc.malloc_info(0, stream)
    libc.fclose(stream)
    print(len(re.findall(r"<heap nr=", open(file.name).read())))
"""


def _said_by(program: str, *arguments: str) -> list[str]:
    outcome = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    if "no glibc" in outcome.stderr:
        pytest.skip("another C library")
    assert outcome.returncode == 0, outcome.stderr
    return outcome.stdout.split()


def _arenas(how: str) -> int:
    return int(_said_by(_PROGRAM, how)[0])


def test_threads_share_arenas() -> None:
    assert _arenas("alone") > 2
    assert _arenas("shared") <= 2


_HOLES = """
import ctypes, sys
from pathlib import Path
from connector.memory import give_back, share_arenas
if not hasattr(ctypes.CDLL(None), "malloc_trim"):
    sys.exit("no glibc")
def held():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
texts = [str(number).zfill(900) for number in range(60_000)]
kept = texts[::200]
del texts
before = held()
print(give_back(), before - held() > 20_000_000, len(kept))
"""


def test_what_lies_free_is_given_back() -> None:
    if sys.platform != "linux":
        pytest.skip("another system than Linux")
    assert _said_by(_HOLES) == ["True", "True", "300"]


_WITHOUT_PANDAS = """
import sys
import pyarrow as pa
import pyarrow.compute as pc
from connector.memory import keep_pandas_out
said = [keep_pandas_out()]
pa.array(["a", None], pa.string())
pc.equal(pa.array([True, None]), pa.scalar(None, pa.bool_()))
said.append("pandas" in sys.modules)
frame = pa.table({"a": [1.0, None]}).to_pandas()
said.append(pa.array(frame["a"]).null_count)
said.append(keep_pandas_out())
print(*said)
"""


def test_arrow_does_without_pandas_until_it_is_asked_for_a_frame() -> None:
    assert _said_by(_WITHOUT_PANDAS) == ["True", "False", "1", "False"]


_IMPORTED = """
import sys
import connector.cache.copy, connector.sync.pipeline, connector.zoho.crm
print("pandas" in sys.modules)
"""


def test_the_connector_imports_no_pandas() -> None:
    """It takes a third of a second and 35 MB; one of Arrow's values made at import would bring it."""
    assert _said_by(_IMPORTED) == ["False"]
