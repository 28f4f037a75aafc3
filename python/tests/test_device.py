#===- test_device.py - bundles on the emulated GPU -------------------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""Runs both examples whole on the emulator, and bundles from Python.

QUANTC_DEVICE_SAMPLES says how many samples of the character model are run; its
default keeps the tests short.
"""

import ctypes
import json
import os
import pathlib
import re
import subprocess

import numpy as np
import pytest

import quantc
from quantc import compare, sass

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("QUANTC_BUILD_DIR", ROOT / "build"))
RECIPE = ROOT / "recipes" / "w8a8-symmetric.yaml"
# Predictions: an image each, and 128 tokens each.
SAMPLES = {"digits": 32,
           "chartransformer": int(os.environ.get("QUANTC_DEVICE_SAMPLES", 1))}
INTEGER_SITES = {"digits": 3, "chartransformer": 25}


def has_ptxas():
    try:
        return bool(sass.tool("ptxas"))
    except sass.SassError:
        return False


@pytest.fixture(scope="module")
def bundles(tmp_path_factory):
    """An example's int8 bundle for the CPU and sm_80, and data for it."""
    made = {}

    def get(name):
        if name not in made:
            folder = tmp_path_factory.mktemp(name)
            road = compare.Road(BUILD / "bin" / "quantc", ROOT / "examples" / name,
                                folder, echo=lambda _: None)
            road.prepare()
            int8 = road.quantize(RECIPE)
            bundle, data = folder / "device", folder / "part.safetensors"
            road.run("compile", int8.with_suffix(".mlir"), "--target=sm_80",
                     "-o", bundle)
            samples = quantc.load_safetensors(road.evaluation)
            quantc.save_safetensors({key: values[:SAMPLES[name]]
                                     for key, values in samples.items()}, data)
            made[name] = road, bundle, data
        return made[name]

    return get


@pytest.mark.parametrize("name", SAMPLES)
def test_examples_run_whole(bundles, name, tmp_path):
    road, bundle, data = bundles(name)
    found = json.loads(road.run("eval", bundle, "--device=emulator", "--reference",
                                bundle, "--data", data, "--json"))
    assert found["agreement"] == 1
    logits = []
    for device in "cpu", "emulator":
        output = tmp_path / f"{device}.safetensors"
        road.run("run", bundle, "--device", device, "--input", data, "--output",
                 output)
        logits.append(np.array(quantc.load_safetensors(output)["logits"]))
    # Sums of floats included (docs/arithmetic.md, Sums of f32).
    assert logits[0].tobytes() == logits[1].tobytes()


@pytest.mark.parametrize("name, sites", INTEGER_SITES.items())
@pytest.mark.parametrize("recipe", ["w8a8-symmetric", "w8a8-asymmetric"])
def test_integer_sites_have_the_same_bits(bundles, name, sites, recipe):
    """Given the same integers: what sums of floats before a site make of them is
    no matter here."""
    road, _, _ = bundles(name)
    quantized = road.quantize(ROOT / "recipes" / f"{recipe}.yaml").with_suffix(".mlir")
    done = subprocess.run([BUILD / "bin" / "quant-check", "--sites", "--device", "emulator",
                           quantized], capture_output=True, text=True)
    assert done.stdout == f"{sites} sites agree bit for bit, 0 do not\n", done.stderr


def test_f8_sites_have_the_same_bits(bundles):
    """Where operands are small integers, whose sums are exact in any order. The recipe
    leaves the third site, the output projection, in float."""
    road, _, _ = bundles("digits")
    quantized = road.quantize(ROOT / "recipes" / "modelopt-fp8.yaml").with_suffix(".mlir")
    done = subprocess.run([BUILD / "bin" / "quant-check", "--sites", "--device", "emulator",
                           "--chip", "sm_89", quantized], capture_output=True, text=True)
    assert done.stdout == "2 sites agree bit for bit, 0 do not\n", done.stderr


def test_f8_example_runs_whole(bundles, tmp_path):
    """On tensor cores of sm_89. Their sums of products of f8 have no order that is
    specified, the CPU's have that of k: the same but for the last bits."""
    road, _, data = bundles("digits")
    quantized = road.quantize(ROOT / "recipes" / "modelopt-fp8.yaml").with_suffix(".mlir")
    bundle = tmp_path / "bundle"
    road.run("compile", quantized, "--target=sm_89", "-o", bundle)
    assert re.search(r"mma\.sync\S*\.e4m3\.e4m3", (bundle / "cuda" / "sm_89.ptx").read_text())
    logits = {}
    for device in "cpu", "emulator":
        output = tmp_path / f"{device}.safetensors"
        road.run("run", bundle, "--device", device, "--input", data, "--output", output)
        logits[device] = np.array(quantc.load_safetensors(output)["logits"])
    cpu, emulator = logits["cpu"], logits["emulator"]
    assert (cpu.argmax(-1) == emulator.argmax(-1)).all()
    assert np.abs(cpu - emulator).max() < 1e-5 * np.abs(cpu).max()


@pytest.mark.skipif(not has_ptxas(), reason="expected ptxas in the wheel or QUANTC_CUDA_BIN")
@pytest.mark.parametrize("name, sites", INTEGER_SITES.items())
def test_machine_code_of_examples(bundles, name, sites):
    """All kernels of a model pass the gates that need no choice (no spills, no local
    memory, no warnings), and each integer site has matrix instructions or dp4a."""
    _, bundle, _ = bundles(name)
    kernels = sass.assemble(bundle / "cuda" / "sm_80.ptx")
    gates = sass.Gates(planned=True)
    for kernel in kernels:
        sass.check(kernel.name, kernel, gates)
    products = [kernel.name for kernel in kernels
                if any(each.name in ("IMMA", *sass.DOT) for each in kernel.instructions)]
    assert len(products) == sites, products


def test_bundle_runs_from_python(bundles):
    _, directory, data = bundles("digits")
    bundle = quantc.Bundle(directory, device="emulator")
    assert bundle.device_bytes > 0
    image = {"image": quantc.load_safetensors(data)["image"][:1]}
    expected = quantc.Bundle(directory).run(image)["logits"]
    for _ in range(3):
        assert bundle.run(image)["logits"].tobytes() == expected.tobytes()


class DeviceArray:
    """An array on the emulated device, as frameworks show theirs."""

    def __init__(self, driver, array, strides=None, device=2):
        self.driver, self.array, self.device = driver, array, device
        self.address = ctypes.c_uint64()
        assert driver.cuMemAlloc_v2(ctypes.byref(self.address),
                                    ctypes.c_size_t(array.nbytes)) == 0
        assert driver.cuMemcpyHtoD_v2(self.address, ctypes.c_void_p(array.ctypes.data),
                                      ctypes.c_size_t(array.nbytes)) == 0
        self.shape = (ctypes.c_int64 * array.ndim)(*array.shape)
        self.strides = strides and (ctypes.c_int64 * array.ndim)(*strides)

    def __dlpack_device__(self):
        return self.device, 0

    def __dlpack__(self, stream):
        from quantc.device import _DLTensor
        self.tensor = _DLTensor(self.address.value, 2, 0, self.array.ndim, 2, 32, 1,
                                self.shape, self.strides, 0)
        new = ctypes.pythonapi.PyCapsule_New
        new.restype = ctypes.py_object
        new.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
        return new(ctypes.addressof(self.tensor), b"dltensor", None)

    def get(self):
        assert self.driver.cuMemcpyDtoH_v2(ctypes.c_void_p(self.array.ctypes.data),
                                           self.address,
                                           ctypes.c_size_t(self.array.nbytes)) == 0
        return self.array


def test_bundle_takes_device_arrays(bundles):
    _, directory, data = bundles("digits")
    bundle = quantc.Bundle(directory, device="emulator")
    driver = ctypes.CDLL(str(BUILD / "lib" / "libquantc_emulator.so"))
    context = ctypes.c_void_p()
    assert driver.cuDevicePrimaryCtxRetain(ctypes.byref(context), 0) == 0
    assert driver.cuCtxPushCurrent_v2(context) == 0
    image = np.array(quantc.load_safetensors(data)["image"][:1])
    expected = quantc.Bundle(directory).run({"image": image})["logits"]
    given = DeviceArray(driver, image)
    result = DeviceArray(driver, np.zeros_like(expected))
    for _ in range(3):
        bundle.launch({"image": given}, {"logits": result})
        assert result.get().tobytes() == expected.tobytes()

    def refuse(message, arrays, outputs):
        with pytest.raises(ValueError, match=message):
            bundle.launch(arrays, outputs)

    refuse("expected the inputs 'image', but got 'x'", {"x": given}, {"logits": result})
    refuse("expected the tensor 'image'", {"image": result}, {"logits": result})
    refuse("expected an array with __dlpack__ for 'image' .*, but got list",
           {"image": [1]}, {"logits": result})
    refuse("expected an array on a CUDA device for 'image'",
           {"image": DeviceArray(driver, image, device=1)}, {"logits": result})
    refuse("expected a dense array in row-major order for 'image'",
           {"image": DeviceArray(driver, image, strides=(64, 1, 8, 1))},
           {"logits": result})
    with pytest.raises(ValueError, match="expected a bundle on a GPU"):
        quantc.Bundle(directory).launch({"image": given}, {"logits": result})


def test_bundle_refuses_devices(bundles):
    _, directory, _ = bundles("digits")
    with pytest.raises(ValueError, match="expected the device cpu, cuda, cuda:N or "
                                         "emulator, but got 'tpu'"):
        quantc.Bundle(directory, device="tpu")
    with pytest.raises(ValueError, match="expected 1 thread on the device"):
        quantc.Bundle(directory, threads=2, device="emulator")
