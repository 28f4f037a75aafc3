"""Writes a small safetensors file: make.py FILE NAME:DTYPE:SHAPE...

Elements count up from 1, so that a test can tell tensors and orders apart.
"""

import sys

import numpy as np
from safetensors.numpy import save_file

path, *specs = sys.argv[1:]
tensors = {}
for spec in specs:
    name, dtype, shape = spec.split(":")
    dims = [int(dim) for dim in shape.split("x") if dim]
    count = int(np.prod(dims))
    tensors[name] = np.arange(1, count + 1).reshape(dims).astype(dtype)
save_file(tensors, path)
