#===- device.py - bundles on a GPU -----------------------------------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""A bundle on a GPU, through quantc's runtime library.

quantc_runtime.h describes the functions; the tensors of other frameworks come
by DLPack, which dlpack.h describes.
"""

import ctypes
import os
import pathlib
import weakref

import ml_dtypes
import numpy as np

_NAME = "libquantc_runtime.so"
_Pointers = ctypes.POINTER(ctypes.c_void_p)


def _load_runtime():
    """The runtime at QUANTC_RUNTIME_LIBRARY, in the build beside this package,
    or where the system looks."""
    given = os.environ.get("QUANTC_RUNTIME_LIBRARY")
    built = pathlib.Path(__file__).resolve().parents[2] / "build" / "lib" / _NAME
    path = given or (str(built) if built.is_file() else _NAME)
    try:
        runtime = ctypes.CDLL(path)
    except OSError as error:
        raise FileNotFoundError(
            f"expected quantc's runtime {path} for a GPU, but it cannot be "
            f"loaded ({error}); QUANTC_RUNTIME_LIBRARY names another") from None
    runtime.quantc_bundle_open_on.restype = ctypes.c_void_p
    runtime.quantc_bundle_open_on.argtypes = [ctypes.c_char_p, ctypes.c_char_p,
                                              ctypes.c_char_p, ctypes.c_size_t]
    runtime.quantc_bundle_run.argtypes = [ctypes.c_void_p, _Pointers, _Pointers]
    runtime.quantc_bundle_launch.argtypes = [ctypes.c_void_p, _Pointers,
                                             _Pointers, ctypes.c_void_p]
    runtime.quantc_bundle_close.argtypes = [ctypes.c_void_p]
    runtime.quantc_bundle_close.restype = None
    runtime.quantc_bundle_device_bytes.argtypes = [ctypes.c_void_p]
    runtime.quantc_bundle_device_bytes.restype = ctypes.c_uint64
    runtime.quantc_last_error.restype = ctypes.c_char_p
    return runtime


class DeviceBundle:
    """A bundle that is loaded on a device; see Bundle for what it is of."""

    def __init__(self, directory, device):
        self._runtime = _load_runtime()
        message = ctypes.create_string_buffer(4096)
        self._bundle = self._runtime.quantc_bundle_open_on(
            str(directory).encode(), device.encode(), message, len(message))
        if not self._bundle:
            raise ValueError(message.value.decode(errors="replace"))
        weakref.finalize(self, self._runtime.quantc_bundle_close, self._bundle)

    @property
    def bytes(self):
        """Device memory that the bundle holds."""
        return self._runtime.quantc_bundle_device_bytes(self._bundle)

    def run(self, inputs, outputs):
        """Runs on tables of host pointers and waits."""
        self._check(self._runtime.quantc_bundle_run(self._bundle, inputs, outputs))

    def launch(self, inputs, outputs, stream):
        """Puts a run on tables of device pointers on a stream."""
        self._check(self._runtime.quantc_bundle_launch(self._bundle, inputs,
                                                       outputs, stream))

    def _check(self, status):
        if status != 0:
            raise RuntimeError(
                self._runtime.quantc_last_error().decode(errors="replace"))


#===----------------------------------------------------------------------===#
# DLPack
#===----------------------------------------------------------------------===#

_CUDA = 2  # kDLCUDA
# (code, bits) of DLDataType.
_DTYPES = {(6, 8): np.dtype(np.bool_), (0, 8): np.dtype(np.int8),
           (0, 16): np.dtype(np.int16), (0, 32): np.dtype(np.int32),
           (0, 64): np.dtype(np.int64), (2, 16): np.dtype(np.float16),
           (4, 16): np.dtype(ml_dtypes.bfloat16), (2, 32): np.dtype(np.float32),
           (2, 64): np.dtype(np.float64)}


class _DLTensor(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p),
                ("device_type", ctypes.c_int32),
                ("device_id", ctypes.c_int32),
                ("ndim", ctypes.c_int32),
                ("code", ctypes.c_uint8),
                ("bits", ctypes.c_uint8),
                ("lanes", ctypes.c_uint16),
                ("shape", ctypes.POINTER(ctypes.c_int64)),
                ("strides", ctypes.POINTER(ctypes.c_int64)),
                ("byte_offset", ctypes.c_uint64)]


def device_pointer(array, tensor, stream):
    """The address of a framework's array, which has to be what `tensor` says.

    Returns it with the capsule that keeps it alive.
    """
    if not hasattr(array, "__dlpack__"):
        raise ValueError(f"expected an array with __dlpack__ for {tensor}, but got "
                         f"{type(array).__name__}")
    if array.__dlpack_device__()[0] != _CUDA:
        raise ValueError(f"expected an array on a CUDA device for {tensor}")
    # The legacy default stream has the number 1 here.
    capsule = array.__dlpack__(stream=stream or 1)
    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype = ctypes.c_void_p
    get.argtypes = [ctypes.py_object, ctypes.c_char_p]
    described = _DLTensor.from_address(get(capsule, b"dltensor"))
    shape = tuple(described.shape[:described.ndim])
    dtype = _DTYPES.get((described.code, described.bits))
    if dtype != tensor.dtype or described.lanes != 1 or shape != tensor.shape:
        raise ValueError(f"expected the tensor {tensor}, but got "
                         f"{dtype}{list(shape)}")
    dense = 1
    for axis in reversed(range(described.ndim)):
        if (described.strides and shape[axis] > 1 and
                described.strides[axis] != dense):
            raise ValueError(f"expected a dense array in row-major order for "
                             f"{tensor}")
        dense *= shape[axis]
    return (described.data or 0) + described.byte_offset, capsule
