#===- test_device_decode.py - token by token on the emulated GPU -----------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""The character model's decode step on the emulator: the cache is updated where
a tensor says, and every byte is the CPU's.

QUANTC_DEVICE_TOKENS says how many tokens; its default keeps the test short.
"""

import os
import pathlib
import re
import sys

import numpy as np
import pytest

import quantc
from quantc import compare

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("QUANTC_BUILD_DIR", ROOT / "build"))
EXAMPLE = ROOT / "examples" / "chartransformer"
TOKENS = int(os.environ.get("QUANTC_DEVICE_TOKENS", 4))
sys.path.insert(0, str(EXAMPLE))
import export  # noqa: E402


class DeviceRoad(compare.Road):
    """Compiles for sm_80, too."""

    def compile(self, model, bundle):
        self.run("compile", model, "--target=sm_80", "-o", bundle)


@pytest.fixture(scope="module")
def road(tmp_path_factory):
    folder = tmp_path_factory.mktemp("decode")
    params = export.read_parameters(
        quantc.load_safetensors(EXAMPLE / "model.safetensors"))
    export.export_decode(params, folder)
    tokens = quantc.load_safetensors(EXAMPLE / "calibration.safetensors")["tokens"]
    quantc.save_safetensors(export.as_steps(tokens[:2]),
                            folder / "calibration.safetensors")
    road = DeviceRoad(BUILD / "bin" / "quantc", folder, folder / "work",
                      echo=lambda _: None)
    road.prepare()
    return road


# The cache in f32, and in 8 bits with a scale for each head.
@pytest.mark.parametrize("recipe, cache", [("w8a8-symmetric", np.float32),
                                           ("furiosa-gptj", np.int8)])
def test_decode_has_the_bytes_of_the_processor(road, recipe, cache):
    bundle = road.quantize(ROOT / "recipes" / f"{recipe}.yaml")
    # A result begins as its argument, and is updated in place.
    plan = (bundle / "cuda" / "sm_80.plan").read_text()
    copies = re.findall(r"^copy o(\d+)\+0 i\d+\+0 ", plan, re.MULTILINE)
    assert len(set(copies)) == len(copies) == 2 * export.CONFIG.layers
    windows = quantc.load_safetensors(EXAMPLE / "evaluation.safetensors")["tokens"]
    steps = road.work / "steps.safetensors"
    quantc.save_safetensors({key: values[:TOKENS] for key, values
                             in export.as_steps(windows[:1]).items()}, steps)
    found = []
    for device in "cpu", "emulator":
        output = road.work / f"{device}.safetensors"
        road.run("run", bundle, "--device", device, "--input", steps, "--output", output)
        found.append({name: np.array(values) for name, values
                      in quantc.load_safetensors(output).items()})
    cpu, emulator = found
    assert len(cpu) == 2 * export.CONFIG.layers + 1
    for name, values in cpu.items():
        assert name == "logits" or values.dtype == cache
        assert values.tobytes() == emulator[name].tobytes(), name
    # The steps differ, and each has left a token in the cache.
    assert len(np.unique(cpu["logits"].reshape(TOKENS, -1), axis=0)) == TOKENS
    keys = cpu["cache.0.k"].reshape(export.CONFIG.heads, export.CONFIG.context, -1)
    assert np.all(np.any(keys[:, :TOKENS] != 0, axis=-1))
    assert not np.any(keys[:, TOKENS:])
