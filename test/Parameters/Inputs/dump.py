"""Prints the tensors of a safetensors file, one a line, in order of name."""

import sys

from safetensors.numpy import load_file

for name, value in sorted(load_file(sys.argv[1]).items()):
    print(f"{name} {value.dtype}{list(value.shape)} {value.ravel().tolist()}")
