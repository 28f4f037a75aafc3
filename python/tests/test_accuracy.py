#===- test_accuracy.py - the accuracy table and its gates ------------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#

import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("QUANTC_BUILD_DIR", ROOT / "build"))
ACCURACY = ROOT / "examples" / "accuracy"
sys.path.insert(0, str(ACCURACY))
import cases  # noqa: E402
import models  # noqa: E402
import page  # noqa: E402
import store  # noqa: E402
import verdicts  # noqa: E402


def run(*arguments):
    return subprocess.run([sys.executable, ACCURACY, *map(str, arguments)], text=True,
                          capture_output=True)


def row(recipe, **values):
    return store.Row("m", recipe, values, [])


@pytest.mark.parametrize("name", ["furiosa-bert", "lecture-static"])
def test_an_estimator_replaces_that_of_the_activations(name):
    text = (ROOT / "recipes" / f"{name}.yaml").read_text()
    assert cases.with_estimator(text, "99.99") == text
    expected = text.replace("  estimator: percentile\n  percentile: 99.99\n",
                            "  estimator: entropy\n")
    assert expected != text
    assert cases.with_estimator(text, "entropy") == expected
    # The other way round from a recipe without `percentile`.
    assert cases.with_estimator(expected, "99.99") == text
    with pytest.raises(ValueError, match="expected a recipe with one estimator"):
        cases.with_estimator("version: 1\n", "mse")


def test_rows_and_gates_name_what_there_is():
    for recipes in cases.RECIPES.values():
        for recipe in recipes:
            assert (ROOT / "recipes" / f"{recipe.split('@')[0]}.yaml").exists(), recipe
    for gate in cases.GATES:
        assert set(gate.recipes) <= set(cases.RECIPES[gate.model]), gate
    for (model, recipe), other in cases.PAIRS.items():
        assert {recipe, other} <= set(cases.RECIPES[model])


@pytest.mark.parametrize("measured, relation, kept, verdict", [
    ((0.1, 0.0, 0.2), "<=", True, "kept"),
    ((0.1, 0.0, 0.4), "<=", True, "kept, the interval crosses"),
    ((0.4, 0.2, 0.5), "<=", False, "MISSED, the interval crosses"),
    ((0.4, 0.35, 0.5), "<=", False, "MISSED"),
    ((0.4, 0.35, 0.5), ">=", True, "kept"),
    ((0.4, 0.2, 0.5), "not above", True, "kept, the interval crosses"),
    ((0.2, 0.1, 0.25), "not above", True, "kept"),
    ((0.4, 0.35, 0.5), "not above", False, "MISSED"),
])
def test_a_gate_is_about_the_value_and_tells_of_the_interval(measured, relation, kept,
                                                             verdict):
    gate, = cases.gates("m", "r", ("loss", relation, 0.3))
    found, line = verdicts.judge(gate, row("r", loss=measured))
    assert (found, line[-1]) == (kept, verdict)
    percent = ["{:+.3f} %".format(100 * number) for number in (*measured, 0.3)]
    assert line[3:5] == ("{} [{}, {}]".format(*percent[:3]), f"{relation} {percent[3]}")


def test_of_several_recipes_the_best_is_held_against_the_gate():
    gates = cases.gates("m", ["a", "b", "c"], ("neighbour", ">=", 0.97))
    rows = [row("a", cosine=(0.98, 0, 1), neighbour=(0.99, 0.98, 1)),
            row("b", cosine=(0.99, 0, 1), neighbour=(0.96, 0.95, 0.965))]
    kept, lines = verdicts.table(gates, rows)
    assert not kept and [line[1] for line in lines[1:]] == ["best: b"]
    assert verdicts.table(gates, []) == (True, [verdicts.HEADER])


@pytest.mark.parametrize("interval, kept", [((-0.1, 0.2), True), ((0.05, 0.2), False)])
def test_auto_is_held_against_each_candidate(interval, kept):
    found, lines = verdicts.table([], [row("pareto", static=(0.1, *interval))])
    assert found == kept
    assert lines[1][1:3] == ("auto", "divergence less static's")


def test_a_row_is_kept_as_long_as_its_sources_are_the_same(tmp_path):
    compiler = tmp_path / "compiler"

    def measure(key, content="one", **options):
        compiler.write_text(content)
        store.digest_file.cache_clear()
        return store.Store(tmp_path / "rows", compiler, **options).measure(
            "r", key, lambda: row("r", loss=(1, 0, 2))).cached

    assert [measure("k"), measure("k")] == [False, True]
    assert not measure("l")
    assert [measure("l", "two", keep=True), measure("l", "two")] == [True, False]
    assert not measure("l", "two", again=True)


def test_the_interval_of_a_mean():
    values = np.random.default_rng(1).normal(3, 2, 1000)
    mean, low, high = models.pareto.with_interval(values)
    assert mean == pytest.approx(values.mean())
    half = 1.96 * values.std() / 1000 ** 0.5
    assert (mean - low, high - mean) == (pytest.approx(half, rel=0.1),
                                         pytest.approx(half, rel=0.1))


class Encoder:
    """A road whose bundles embed 50 pairs: in float, and with noise."""

    def __init__(self, folder):
        self.work, self.evaluation = folder, folder / "evaluation.safetensors"
        random = np.random.default_rng(0)
        rows = random.normal(size=(100, 16))
        rows[1::2] = rows[::2] + 0.8 * random.normal(size=(50, 16))
        self.rows = {"float": rows, "noisy": rows + 0.3 * random.normal(size=(100, 16))}

    def run(self, command, bundle, *arguments):
        models.evaluate.quantc.save_safetensors({"embedding": self.rows[bundle]},
                                                arguments[-1])

    def bench(self, bundle, runs):
        return [0.002] if bundle == "float" else [0.001, 0.002]

    def parameter_bytes(self, bundle):
        return 2**20


def test_embeddings_are_held_against_those_of_float(tmp_path):
    road, evaluate = Encoder(tmp_path), models.evaluate
    expected = evaluate.embeddings(road, "float")
    assert np.linalg.norm(expected, axis=1) == pytest.approx(1)
    found = evaluate.measure(road, "noisy", expected, runs=1)

    def cosine(a, b):
        return a @ b / np.linalg.norm(a) / np.linalg.norm(b)

    def nearest(rows):
        return [max(range(50), key=lambda j: cosine(rows[2 * i], rows[2 * j + 1]))
                for i in range(50)]

    exact, noisy = road.rows["float"], road.rows["noisy"]
    cosines = [cosine(a, b) for a, b in zip(exact, noisy)]
    assert found.cosine[0] == pytest.approx(np.mean(cosines))
    assert found.cosine[1] < found.cosine[0] < found.cosine[2] < 1
    assert found.worst == pytest.approx(np.quantile(cosines, 0.01))
    assert found.same[0] == np.mean(np.equal(nearest(noisy), nearest(exact))) < 1
    assert found.right == np.mean(np.equal(nearest(noisy), range(50)))
    for bundle in ("float", "noisy"):
        cells = evaluate.measure(road, bundle, expected, runs=1).cells(bundle)
        assert len(cells) == len(evaluate.HEADER)
    assert cells[-2:] == ("1.0 ms", "2.00x")


def test_a_part_is_measured_once(tmp_path):
    arguments = ("digits:lecture-static", "--work", tmp_path, "--runs", 2, "--quantc",
                 BUILD / "bin" / "quantc")
    first = run(*arguments)
    assert first.returncode == 0, first.stderr
    assert "$ quantc quantize" in first.stdout
    line = first.stdout.splitlines()[-1].split()
    assert (line[:3], line[-1]) == (["digits", "lecture-static", "agreement"], "kept")
    for options in ((), ("--only-measured",)):
        second = run(*arguments, *options)
        assert "$ quantc" not in second.stdout
        assert "2 of them measured before" in second.stdout
        assert second.stdout.splitlines()[-1] == first.stdout.splitlines()[-1]


def test_a_page_gets_the_tables_between_its_marks(tmp_path):
    file = tmp_path / "page.md"
    text = "a\n<!-- begin gates -->\nold\n<!-- end gates -->\nb\n"
    file.write_text(text)
    page.write(file, {"gates": page.text_table([("m", "n"), ("long", "10")], 1)})
    written = file.read_text()
    assert written == ("a\n<!-- begin gates -->\n```\nm      n\nlong  10\n```\n"
                       "<!-- end gates -->\nb\n")
    with pytest.raises(ValueError, match="expected one '<!-- begin tables -->'"):
        page.write(file, {"gates": "new", "tables": "none"})
    assert file.read_text() == written
    assert [each.name for each in tmp_path.iterdir()] == ["page.md"]


def test_the_page_of_the_repository_has_the_marks():
    page.check(ROOT / "docs" / "accuracy.md", ("gates", "tables"))


def test_a_page_is_written_whole_or_not(tmp_path):
    file = tmp_path / "page.md"
    text = (ROOT / "docs" / "accuracy.md").read_text()
    file.write_text(text)
    for arguments, code, message in (
            (["digits"], 2, "expected all models for --page, but got some"),
            (["--only-measured"], 1, "but digits:float was not measured")):
        found = run("--page", file, "--work", tmp_path / "work", "--quantc",
                    BUILD / "bin" / "quantc", *arguments)
        assert (found.returncode, file.read_text()) == (code, text)
        assert message in found.stderr
    file.write_text("no marks\n")
    found = run("--page", file)
    assert found.returncode == 1
    assert "expected one '<!-- begin tables -->'" in found.stderr


@pytest.mark.parametrize("part, message", [
    ("digit", "expected a model of digits, chartransformer"),
    ("digits:w8", "expected a recipe of lecture-static"),
])
def test_parts_that_are_none(part, message):
    found = run(part)
    assert found.returncode == 2
    assert message in found.stderr
