#===- tensors.py - safetensors files as numpy arrays -----------------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""Reads and writes safetensors files, also with bfloat16 and float8 tensors.

The numpy interface of the safetensors package cannot read the element types
that numpy lacks; here they are those of ml_dtypes, as in JAX.
"""

import json
import math
import os
import pathlib
import tempfile
import zipfile

import ml_dtypes
import numpy as np

_DTYPES = {
    "F64": np.dtype(np.float64),
    "F32": np.dtype(np.float32),
    "F16": np.dtype(np.float16),
    "BF16": np.dtype(ml_dtypes.bfloat16),
    "F8_E4M3": np.dtype(ml_dtypes.float8_e4m3fn),
    "F8_E5M2": np.dtype(ml_dtypes.float8_e5m2),
    "I64": np.dtype(np.int64),
    "I32": np.dtype(np.int32),
    "I16": np.dtype(np.int16),
    "I8": np.dtype(np.int8),
    "U64": np.dtype(np.uint64),
    "U32": np.dtype(np.uint32),
    "U16": np.dtype(np.uint16),
    "U8": np.dtype(np.uint8),
    "BOOL": np.dtype(np.bool_),
}
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}


def write_atomically(path, write):
    """Calls `write(file)` on a new file that replaces `path` when complete."""
    path = pathlib.Path(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"cannot write {path}: no such directory")
    mask = os.umask(0)
    os.umask(mask)
    handle, temporary = tempfile.mkstemp(prefix=path.name + ".", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            write(file)
        os.chmod(temporary, 0o666 & ~mask)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def save(tensors, path):
    """Writes a dictionary of arrays as a safetensors file, in its order."""
    header, arrays, offset = {}, [], 0
    for name, array in tensors.items():
        array = np.asarray(array, order="C")
        if array.dtype not in _NAMES:
            raise TypeError(f"tensor '{name}': expected an element type that "
                            f"safetensors has, but got {array.dtype}")
        header[name] = {"dtype": _NAMES[array.dtype],
                        "shape": list(array.shape),
                        "data_offsets": [offset, offset + array.nbytes]}
        arrays.append(array)
        offset += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    # The data begins at a multiple of 64 bytes, so that a memory-mapped tensor
    # of a file whose sizes are multiples of 64 is aligned for vector loads.
    text += b" " * (-(len(text) + 8) % 64)

    def write(file):
        file.write(len(text).to_bytes(8, "little") + text)
        for array in arrays:
            file.write(array.reshape(-1).view(np.uint8).data)

    write_atomically(path, write)


def load(path):
    """Reads a safetensors file as a dictionary of read-only mapped arrays."""
    size = os.path.getsize(path)
    if size < 8:
        raise ValueError(f"{path}: expected a safetensors file, "
                         f"but it has only {size} bytes")
    data = np.memmap(path, np.uint8, mode="r")
    length = int.from_bytes(data[:8].tobytes(), "little")
    if length > size - 8:
        raise ValueError(f"{path}: expected a header of {length} bytes, "
                         f"but the file has {size} bytes")
    try:
        header = json.loads(data[8:8 + length].tobytes())
    except ValueError as error:
        raise ValueError(f"{path}: malformed header: {error}") from None
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        if entry["dtype"] not in _DTYPES:
            raise ValueError(f"{path}: tensor '{name}' has the unsupported "
                             f"element type {entry['dtype']}")
        dtype, shape = _DTYPES[entry["dtype"]], tuple(entry["shape"])
        begin, end = entry["data_offsets"]
        expected = math.prod(shape) * dtype.itemsize
        if begin < 0 or end - begin != expected or 8 + length + end > size:
            raise ValueError(f"{path}: tensor '{name}' of {expected} bytes does "
                             f"not fit the offsets [{begin}, {end}]")
        raw = data[8 + length + begin:8 + length + end]
        tensors[name] = raw.view(np.ndarray).view(dtype).reshape(shape)
    return tensors


def npz_to_safetensors(source, target):
    """Converts the arrays of an .npz file; names and element types are kept."""
    if os.path.exists(target) and os.path.samefile(source, target):
        raise ValueError(f"{target}: expected an output apart from the input")
    try:
        archive = np.load(source, allow_pickle=False)
    except (ValueError, zipfile.BadZipFile):
        archive = None
    if not isinstance(archive, np.lib.npyio.NpzFile):
        raise ValueError(f"{source}: expected an .npz archive")
    with archive:
        save({name: archive[name] for name in archive.files}, target)
