#===- bundle.py - compiled bundles as Python functions ---------------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""Loads and runs a bundle that `quantc compile` wrote.

The structures are those of quantc_model.h, which describes them. Nothing but
numpy is needed: a model's library describes itself.
"""

import _ctypes
import concurrent.futures
import ctypes
import dataclasses
import itertools
import json
import math
import pathlib
import platform
import re
import struct
import typing
import weakref
import zlib

import ml_dtypes
import numpy as np

from .device import DeviceBundle, device_pointer

_ABI_VERSION = 2
_DTYPES = [np.dtype(dtype) for dtype in (
    np.bool_, np.int8, np.int16, np.int32, np.int64, np.float16,
    ml_dtypes.bfloat16, np.float32, np.float64, np.uint8, np.uint16, np.uint32,
    np.uint64, ml_dtypes.float8_e4m3fn, ml_dtypes.float8_e5m2, ml_dtypes.int4)]
_INT4 = np.dtype(ml_dtypes.int4)


class _TensorInfo(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p),
                ("shape", ctypes.POINTER(ctypes.c_int64)),
                ("rank", ctypes.c_uint32),
                ("dtype", ctypes.c_uint32),
                ("bytes", ctypes.c_uint64),
                ("scale", ctypes.c_double),
                ("zero_point", ctypes.c_int64)]


class _ParameterInfo(ctypes.Structure):
    _fields_ = [("tensor", _TensorInfo), ("offset", ctypes.c_uint64)]


_Pointers = ctypes.POINTER(ctypes.c_void_p)
_Task = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64)


_Share = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, _Task,
                          ctypes.c_void_p)


class _Parallel(ctypes.Structure):
    _fields_ = [("context", ctypes.c_void_p),
                ("threads", ctypes.c_int64),
                ("run", _Share)]


class _ModelInfo(ctypes.Structure):
    _fields_ = [("abi_version", ctypes.c_uint32),
                ("num_parameters", ctypes.c_uint32),
                ("num_inputs", ctypes.c_uint32),
                ("num_outputs", ctypes.c_uint32),
                ("parameters", ctypes.POINTER(_ParameterInfo)),
                ("inputs", ctypes.POINTER(_TensorInfo)),
                ("outputs", ctypes.POINTER(_TensorInfo)),
                ("name", ctypes.c_char_p),
                ("fingerprint", ctypes.c_char_p),
                ("target", ctypes.c_char_p),
                ("compiler", ctypes.c_char_p),
                ("parameter_file_bytes", ctypes.c_uint64),
                ("parameter_header_bytes", ctypes.c_uint64),
                ("parameter_header_hash", ctypes.c_uint64),
                ("workspace_bytes", ctypes.c_uint64),
                ("run", ctypes.CFUNCTYPE(ctypes.c_int32, _Pointers, _Pointers,
                                         _Pointers)),
                ("run_with_workspace", ctypes.c_void_p),
                ("run_parallel",
                 ctypes.CFUNCTYPE(ctypes.c_int32, _Pointers, _Pointers,
                                  _Pointers, ctypes.c_void_p,
                                  ctypes.POINTER(_Parallel)))]


@dataclasses.dataclass(frozen=True)
class Tensor:
    """What the model says about an input or output.

    Where scale is not None, an integer q stands for (q - zero_point) * scale.
    """
    name: str
    dtype: np.dtype
    shape: tuple
    scale: typing.Optional[float]
    zero_point: int

    def __str__(self):
        return f"'{self.name}' {self.dtype}{list(self.shape)}"


class Bundle:
    """A compiled model, mapped into this process.

    With `threads` above 1, which needs a model compiled for it, Python's threads
    share the work; handing it out costs some ten microseconds an operation.

    `device` may be "cuda", "cuda:1" or "emulator" for a bundle that was compiled
    for GPUs; that needs quantc's runtime library.

    Attributes:
      inputs, outputs: the tensors by name, in the model's order.
      name, fingerprint, target, compiler: what the model says about itself.
    """

    def __init__(self, directory, threads=1, device="cpu"):
        directory = pathlib.Path(directory)
        library = directory / "model.so"
        if not library.is_file():
            raise FileNotFoundError(f"{library}: expected a bundle's library, "
                                    "but there is no such file")
        _check_seal(library)
        try:
            model = ctypes.CDLL(str(library.resolve()))
            # A library that stays open would hide one compiled again later.
            weakref.finalize(self, _ctypes.dlclose, model._handle)
            function = model.quantc_model
        except (AttributeError, OSError) as error:
            raise ValueError(f"{library}: expected a compiled model: "
                             f"{error}") from None
        function.restype = ctypes.POINTER(_ModelInfo)
        self._info = function().contents
        if self._info.abi_version != _ABI_VERSION:
            raise ValueError(f"{library}: expected ABI version {_ABI_VERSION}, "
                             f"but got {self._info.abi_version}")
        self.name = self._info.name.decode()
        self.fingerprint = self._info.fingerprint.decode()
        self.target = self._info.target.decode()
        self.compiler = self._info.compiler.decode()
        self.inputs = _describe(self._info.inputs, self._info.num_inputs)
        self.outputs = _describe(self._info.outputs, self._info.num_outputs)
        self._device = None
        if device != "cpu":
            if threads != 1:
                raise ValueError(f"expected 1 thread on the device '{device}', but "
                                 f"got {threads}")
            self._device = DeviceBundle(directory, device)
            return
        _check_features(directory / "manifest.json")
        self._map_parameters(directory / "parameters.safetensors")
        self._start_threads(library, threads)

    def _start_threads(self, library, threads):
        if threads < 1:
            raise ValueError(f"expected at least 1 thread, but got {threads}")
        self._parallel = None
        if threads == 1:
            return
        if not self._info.run_parallel:
            raise ValueError(f"{library}: expected a model compiled for {threads} "
                             "threads, but got one for a single thread")
        pool = concurrent.futures.ThreadPoolExecutor(threads - 1)

        def share(_, count, task, argument):
            indices = itertools.count()

            def take():
                while (index := next(indices)) < count:
                    task(argument, index)

            # Threads that have not begun by the end have nothing left to do.
            others = [pool.submit(take) for _ in range(min(threads, count) - 1)]
            take()
            for other in others:
                other.cancel() or other.result()

        self._parallel = _Parallel(None, threads, _Share(share))

    def _map_parameters(self, path):
        info = self._info
        self._parameters = (ctypes.c_void_p * info.num_parameters)()
        if info.num_parameters == 0:
            return
        self._file = np.memmap(path, np.uint8, mode="r")
        if len(self._file) != info.parameter_file_bytes:
            raise ValueError(f"{path}: expected {info.parameter_file_bytes} bytes, "
                             f"but got {len(self._file)}")
        header = self._file[:info.parameter_header_bytes].tobytes()
        if _fnv1a(header) != info.parameter_header_hash:
            raise ValueError(f"{path}: expected the parameters that the model was "
                             "compiled with")
        for index in range(info.num_parameters):
            self._parameters[index] = (self._file.ctypes.data +
                                       info.parameters[index].offset)

    def run(self, inputs):
        """Runs the model on a dictionary of arrays; returns one of new arrays.

        The arrays need the model's element types and shapes exactly. Those that
        numpy lacks are those of ml_dtypes, as in JAX.
        """
        _check_names("inputs", self.inputs, inputs)
        arrays = []
        for name, tensor in self.inputs.items():
            array = np.asarray(inputs[name], order="C")
            if array.dtype != tensor.dtype or array.shape != tensor.shape:
                raise ValueError(f"expected the input {tensor}, but got "
                                 f"{array.dtype}{list(array.shape)}")
            arrays.append(_pack(array) if array.dtype == _INT4 else array)
        outputs = {name: np.empty(*_storage(tensor))
                   for name, tensor in self.outputs.items()}
        tables = _pointers(arrays), _pointers(list(outputs.values()))
        if self._device:
            self._device.run(*tables)
            status = 0
        elif self._parallel:
            status = self._info.run_parallel(self._parameters, *tables, None,
                                             ctypes.byref(self._parallel))
        else:
            status = self._info.run(self._parameters, *tables)
        if status != 0:
            raise MemoryError(f"model '{self.name}': out of memory")
        for name, tensor in self.outputs.items():
            if tensor.dtype == _INT4:
                outputs[name] = _unpack(outputs[name], tensor.shape)
        return outputs

    def launch(self, inputs, outputs, stream=0):
        """Puts a run on a CUDA stream and returns at once.

        `inputs` and `outputs` are dictionaries of dense arrays in device memory
        with `__dlpack__`, as those of PyTorch, CuPy and JAX; they have to live
        until the stream has done its work. `stream` is the number that the
        frameworks give (`torch.cuda.current_stream().cuda_stream`).
        """
        if not self._device:
            raise ValueError("expected a bundle on a GPU, but got one on the CPU")
        tables, owners = [], []
        for what, tensors, arrays in (("inputs", self.inputs, inputs),
                                      ("outputs", self.outputs, outputs)):
            _check_names(what, tensors, arrays)
            pointers = [device_pointer(arrays[name], tensor, stream)
                        for name, tensor in tensors.items()]
            owners.append(pointers)
            tables.append((ctypes.c_void_p * len(pointers))(
                *(pointer for pointer, _ in pointers)))
        self._device.launch(*tables, stream)

    @property
    def device_bytes(self):
        """Device memory that the bundle holds; 0 on the CPU."""
        return self._device.bytes if self._device else 0


# What stands at the end of a library: magic, bytes before it, their CRC-32.
_SEAL = struct.Struct("<8sQII")
_MACHINES = {"x86_64": 62, "aarch64": 183}


def _check_seal(path):
    """Checks what the dynamic linker would believe and crash on.

    quantc/Runtime/LibrarySeal.h describes the seal.
    """
    data = path.read_bytes()
    code, seal = data[:-_SEAL.size], data[-_SEAL.size:]
    if len(seal) < _SEAL.size or not seal.startswith(b"quantcso"):
        raise ValueError(f"{path}: expected a compiled model with quantc's seal at "
                         "its end, but got a file that is truncated or of other "
                         "origin")
    _, size, checksum, _ = _SEAL.unpack(seal)
    if size != len(code):
        raise ValueError(f"{path}: expected {size} bytes before the seal, but got "
                         f"{len(code)}")
    if checksum != zlib.crc32(code):
        raise ValueError(f"{path}: expected the library that its seal was made for, "
                         "but got a damaged one")
    machine = int.from_bytes(code[18:20], "little")
    if machine != _MACHINES.get(platform.machine(), machine):
        raise ValueError(f"{path}: expected a model compiled for "
                         f"{platform.machine()}, but got one for ELF machine "
                         f"{machine}")


# LLVM's names of features, where Linux has others than the same without marks.
_LINUX_NAMES = {"bmi": "bmi1", "lzcnt": "abm", "sse3": "pni",
                "dotprod": "asimddp", "fp16fml": "asimdfhm", "fullfp16": "asimdhp",
                "lse": "atomics", "rdm": "asimdrdm"}


def _check_features(path):
    """Checks that the processor has what the manifest lists: without an
    instruction the process ends by a signal. quantc/Runtime/CpuFeatures.h."""
    if not path.is_file():
        return
    needed = json.loads(path.read_text()).get("cpu_features", [])
    found = re.search(r"^(?:flags|Features)\s*: (.*)$",
                      pathlib.Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    present = set(found[1].replace("_", "").split()) if found else set()
    missing = [name for name in needed
               if _LINUX_NAMES.get(name, name.replace(".", "")) not in present]
    if missing:
        raise ValueError(f"{path}: expected a processor with the features that the "
                         "model was compiled for, but this one lacks "
                         + ", ".join(f"'{name}'" for name in missing))


def _describe(infos, count):
    tensors = {}
    for info in infos[:count]:
        name = info.name.decode()
        tensors[name] = Tensor(name, _DTYPES[info.dtype],
                               tuple(info.shape[:info.rank]), info.scale or None,
                               info.zero_point)
    return tensors


def _storage(tensor):
    """The shape and element type that the model writes."""
    if tensor.dtype == _INT4:
        return (math.prod(tensor.shape) + 1) // 2, np.uint8
    return tensor.shape, tensor.dtype


def _pack(array):
    """int4 elements two in a byte, the first one in the low half."""
    halves = array.astype(np.int8).view(np.uint8).reshape(-1) & 15
    halves = np.append(halves, np.zeros(halves.size % 2, np.uint8))
    return halves[0::2] | halves[1::2] << 4


def _unpack(data, shape):
    halves = np.stack([data << 4, data & 0xf0], -1).view(np.int8).reshape(-1) >> 4
    return halves[:math.prod(shape)].reshape(shape).astype(ml_dtypes.int4)


def _pointers(arrays):
    return (ctypes.c_void_p * len(arrays))(*(a.ctypes.data for a in arrays))


def _check_names(what, expected, given):
    if set(given) != set(expected):
        raise ValueError(f"expected the {what} {_names(expected)}, but got "
                         f"{_names(given)}")


def _names(names):
    return ", ".join(f"'{name}'" for name in names) or "nothing"


def _fnv1a(data):
    value = 0xcbf29ce484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001b3 & (1 << 64) - 1
    return value
