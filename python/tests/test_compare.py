#===- test_compare.py - the table of compared recipes ----------------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#

import sys

import pytest

from quantc import compare, pareto


def test_table():
    rows = [compare.Row("net", "float", "perplexity", 4.5, parameter_bytes=4096,
                        seconds=2e-3),
            compare.Row("net", "w8", "perplexity", 4.509, (0.002, 0.001, 0.003),
                        0.99, 41.26, 3e-4, 1024, 1e-3, 2.1e-3),
            compare.Row("digits", "w8", "accuracy", 0.9945, (-0.001, -0.002, 0.0),
                        1.0, None, 0.0, 1024, 1e-6, 2e-6)]
    lines = compare.table(rows).splitlines()
    assert lines[0].split()[:4] == ["model", "recipe", "metric", "value"]
    assert lines[1].split() == ["net", "float", "perplexity", "4.5000", "4", "KiB",
                                "2000", "us"]
    assert "+0.200 % [+0.100, +0.300]  " in lines[2]
    assert lines[2].endswith("99.00%  41.3 dB  3.0e-04       1 KiB  1000 us     2.10x")
    assert "99.45%  -0.100 % [-0.200, +0.000]" in lines[3]
    assert "100.00%    exact" in lines[3]


def test_a_failed_command_ends_the_road(tmp_path):
    echoed = []
    road = compare.Road(sys.executable, tmp_path, tmp_path / "work", echoed.append)
    with pytest.raises(compare.CommandFailed, match="quantc -c failed with exit code 3"):
        road.run("-c", "raise SystemExit(3)")
    assert echoed == ["$ quantc -c 'raise SystemExit(3)'"]


def test_the_models_folder_is_no_place_for_work(tmp_path):
    with pytest.raises(ValueError, match="expected a work folder apart from"):
        compare.Road(sys.executable, tmp_path, tmp_path / ".")


@pytest.mark.parametrize("module", [compare, pareto])
def test_a_recipe_that_is_none_is_told_before_anything_runs(module, tmp_path, monkeypatch,
                                                            capsys):
    monkeypatch.setattr(sys, "argv", ["quantc", "net", "--recipe", "nosuch.yaml",
                                      "--work", str(tmp_path / "work")])
    with pytest.raises(SystemExit) as exit:
        module.main()
    assert exit.value.code == 2
    assert "expected a recipe file, but got 'nosuch.yaml'" in capsys.readouterr().err
    assert not (tmp_path / "work").exists()


def test_a_folder_without_data_is_refused_at_once(tmp_path):
    road = compare.Road(sys.executable, tmp_path / "model", tmp_path / "work")
    road.model.mkdir()
    for name in ("model.mlir", "calibration.safetensors", "evaluation.safetensors"):
        with pytest.raises(ValueError, match=f"but it has no {name}"):
            road.check()
        (road.model / name).touch()
    road.check()
    with pytest.raises(ValueError, match="no-such: expected the program quantc"):
        compare.Road("no-such", road.model, tmp_path / "work").check()
