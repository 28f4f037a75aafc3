#===- compare.py - compare two safetensors files --------------------------===#
#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""compare.py ACTUAL EXPECTED TOLERANCE compares all tensors; the tolerance is
relative to the largest magnitude of the expected tensor."""

import sys

import numpy
from safetensors.numpy import load_file


def main() -> None:
    actual, expected = load_file(sys.argv[1]), load_file(sys.argv[2])
    assert actual.keys() == expected.keys(), (actual.keys(), expected.keys())
    for name, value in expected.items():
        assert actual[name].shape == value.shape, (actual[name].shape, value.shape)
        error = numpy.abs(actual[name] - value).max() / numpy.abs(value).max()
        assert error <= float(sys.argv[3]), f"{name}: error {error}"


if __name__ == "__main__":
    main()
