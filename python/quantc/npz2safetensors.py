#===- npz2safetensors.py - convert numpy's archives to safetensors ---------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""Converts a .npz file to the safetensors file that quantc reads."""

import argparse
import sys

from .tensors import npz_to_safetensors


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
