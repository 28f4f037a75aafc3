#===- interrupt.py - kill a calibration in its middle ----------------------===#
#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""interrupt.py DIR COMMAND... kills COMMAND once DIR/checkpoint.json is there.

COMMAND calibrates over DIR/shards, which this script fills with two files that
take far longer than writing the first checkpoint. The first element of the one
and the last element of the other are NaN.
"""

import pathlib
import subprocess
import sys
import time

import numpy
from safetensors.numpy import save_file


def main(folder: pathlib.Path, command: list[str]) -> None:
    shards = folder / "shards"
    shards.mkdir()
    random = numpy.random.default_rng(1)
    for name, bad in (("a", 0), ("b", -1)):
        values = random.standard_normal((20000, 3, 8), dtype=numpy.float32)
        values.flat[bad] = numpy.nan
        save_file({"x": values}, shards / f"{name}.safetensors")
    checkpoint = folder / "checkpoint.json"
    process = subprocess.Popen(command)
    while not checkpoint.exists() and process.poll() is None:
        time.sleep(0.001)
    process.kill()
    if process.wait() == 0:
        sys.exit("expected the command to be interrupted, but it ended before")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), sys.argv[2:])
