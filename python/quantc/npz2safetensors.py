#===- npz2safetensors.py - convert numpy's archives to safetensors ---------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""Converts a .npz file to the safetensors file that quantc reads."""

import argparse
import sys
import zipfile

import numpy as np

from . import tensors


def npz_to_safetensors(source, target):
    """Converts the arrays of an .npz file; names and element types are kept."""
    try:
        archive = np.load(source, allow_pickle=False)
    except (ValueError, zipfile.BadZipFile):
        archive = None
    if not isinstance(archive, np.lib.npyio.NpzFile):
        raise ValueError(f"{source}: expected an .npz archive")
    with archive:
        tensors.save({name: archive[name] for name in archive.files}, target)


def main():
    parser = argparse.ArgumentParser(prog="quantc.npz2safetensors",
                                     description=__doc__)
    parser.add_argument("source", help="the .npz file")
    parser.add_argument("target", help="the safetensors file to write")
    arguments = parser.parse_args()
    try:
        npz_to_safetensors(arguments.source, arguments.target)
    except (OSError, TypeError, ValueError) as error:
        sys.exit(f"npz2safetensors: error: {error}")


if __name__ == "__main__":
    main()
