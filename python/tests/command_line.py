#===- command_line.py - quantc as a user calls it ---------------------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""Runs the compiler that the build has made."""

import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
QUANTC = pathlib.Path(os.environ.get("QUANTC_BUILD_DIR", ROOT / "build")) / "bin/quantc"


def run_quantc(*arguments, error=None):
    """The finished process, which must succeed, or fail with one error that says
    `error`."""
    done = subprocess.run([QUANTC, *map(str, arguments)], capture_output=True, text=True)
    assert (done.returncode == 0) == (error is None), done.stderr
    if error is not None:
        assert error in done.stderr, done.stderr
        assert done.stderr.count("error:") == 1, done.stderr
    return done
