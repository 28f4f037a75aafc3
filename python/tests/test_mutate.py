#===- test_mutate.py - programs without one synchronisation ----------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#

import os
import pathlib
import sys

import pytest

from quantc import mutate

BUILD = pathlib.Path(os.environ.get("QUANTC_BUILD_DIR", "build")).resolve()

# Threads read what those of the other warp wrote. Nothing follows the second
# barrier: it is not needed.
KERNEL = """.version 8.4
.target sm_80
.address_size 64
.shared .align 4 .b8 smem[256];
.visible .entry k(.param .u64 out) {
  .reg .b32 %r<6>; .reg .b64 %d<3>;
  mov.u32 %r0, %tid.x; shl.b32 %r1, %r0, 2; mov.u32 %r2, smem; add.u32 %r3, %r2, %r1;
  st.shared.u32 [%r3], %r0;
  bar.sync 0;
  xor.b32 %r4, %r1, 128; add.u32 %r4, %r4, %r2; ld.shared.u32 %r5, [%r4];
  ld.param.u64 %d0, [out]; mad.wide.u32 %d1, %r0, 4, %d0; st.global.u32 [%d1], %r5;
  bar.sync 0;
  ret;
}
"""

PROGRAM = """
import ctypes, sys
driver = ctypes.CDLL(sys.argv[1])
def check(code):
    if code:
        sys.exit(f"code {code}")
check(driver.cuInit(0))
module, function, memory = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_uint64()
check(driver.cuModuleLoadData(ctypes.byref(module), open(sys.argv[2], "rb").read()))
check(driver.cuModuleGetFunction(ctypes.byref(function), module, b"k"))
check(driver.cuMemAlloc_v2(ctypes.byref(memory), ctypes.c_size_t(256)))
parameters = (ctypes.c_void_p * 1)(ctypes.cast(ctypes.byref(memory), ctypes.c_void_p))
check(driver.cuLaunchKernel(function, 1, 1, 1, 64, 1, 1, 0, None, parameters, None))
out = (ctypes.c_uint32 * 64)()
check(driver.cuMemcpyDtoH_v2(out, memory, ctypes.c_size_t(256)))
print(list(out))
"""


@pytest.fixture
def command(tmp_path):
    (tmp_path / "kernel.ptx").write_text(KERNEL)
    (tmp_path / "program.py").write_text(PROGRAM)
    library = BUILD / "lib" / "libquantc_emulator.so"
    return [sys.executable, str(tmp_path / "program.py"), str(library), str(tmp_path / "kernel.ptx")]


def test_finds_what_is_needed(command):
    found = list(mutate.mutations(command))
    assert [(each.line, each.text) for each in found] == [(9, "bar.sync 0;"), (12, "bar.sync 0;")]
    assert found[0].finding.startswith("race: ")
    assert found[1].finding is None


def test_command(command, tmp_path, capsys):
    assert mutate.main(["--", *command]) == 1
    output = capsys.readouterr().out
    assert "0: line 9: bar.sync 0; -> race: " in output
    assert output.endswith("1: line 12: bar.sync 0; -> NOT DETECTED\n2 mutations, 1 not detected\n")
    known = tmp_path / "redundant"
    known.write_text("bar.sync # nothing follows it\n")
    assert mutate.main(["--redundant", str(known), "--", *command]) == 0
    assert "-> redundant: nothing follows it" in capsys.readouterr().out


def test_refusals(command, tmp_path, capsys):
    known = tmp_path / "redundant"
    known.write_text("bar.sync\n")
    for arguments, expected in (
        (["--redundant", str(known), "--", *command], "expected 'expression # reason', but got 'bar.sync'"),
        (["--", sys.executable, "-c", "exit(3)"], "expected exit code 0 of the whole program"),
        (["--", sys.executable, "-c", ""], "expected a program that synchronises"),
        (["--", "no-such-program"], "No such file"),
    ):
        assert mutate.main(arguments) == 1
        assert expected in capsys.readouterr().err
