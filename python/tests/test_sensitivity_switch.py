#===- test_sensitivity_switch.py - sites in a program's own switch ----------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""`quantc sensitivity` makes switches of sites; a model may have some of its own, with
products in them that stay in float."""

import json

import jax
import numpy as np

import quantc
from command_line import ROOT, run_quantc


def test_a_switch_of_the_model_is_none_of_sites(tmp_path):
    random = np.random.default_rng(0)
    x = random.normal(size=(32, 8, 8)).astype(np.float32)
    which = (np.arange(32) % 3).astype(np.int32)

    def model(params, x, which):
        y = jax.lax.switch(which[0], [lambda x: x[0], lambda x: x[0] @ x[0].T,
                                      lambda x: x[0] @ params["inner"]], x)
        return {"logits": y @ params["head"]}

    params = {name: random.normal(size=(8, 8)).astype(np.float32)
              for name in ("inner", "head")}
    quantc.export(model, params, (x[:1], which[:1]), tmp_path / "model.mlir",
                  input_names=["x", "which"])
    quantc.save_safetensors({"x": x, "which": which}, tmp_path / "data.safetensors")
    options = [tmp_path / "model.mlir", "--data", tmp_path / "data.safetensors"]
    run_quantc("calibrate", *options, "-o", tmp_path / "statistics.json")
    run_quantc("sensitivity", *options, "--statistics", tmp_path / "statistics.json",
               "--recipe", ROOT / "recipes" / "w8a8-symmetric.yaml", "-o",
               tmp_path / "sensitivity.json")
    sites = json.loads((tmp_path / "sensitivity.json").read_text())["sites"]
    # The product of two activations stays in float.
    assert len(sites) == 2 and all(site["kl_divergence"] > 0 for site in sites)
