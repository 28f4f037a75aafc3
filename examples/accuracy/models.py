#===- models.py - the models of the accuracy table -------------------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""Takes each model through the road and makes rows of it."""

import pathlib
import shutil
import subprocess
import sys

import cases
from store import Row, Store, digest, digest_file

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
sys.path[:0] = [str(ROOT / "python"), str(EXAMPLES / "minilm")]
import evaluate  # noqa: E402
from quantc import compare, pareto  # noqa: E402

TABLES = [
    (compare.HEADER, 3, lambda row: row.recipe != "pareto" and row.model != "minilm"),
    (("model", *evaluate.HEADER), 2,
     lambda row: row.recipe != "pareto" and row.model == "minilm"),
    (pareto.HEADER, 2, lambda row: row.recipe == "pareto"),
]
"""Headers, how many columns are text, and which rows are below."""

FILES = ("model.mlir", "model.safetensors", "calibration.safetensors",
         "evaluation.safetensors")


def is_there(folder):
    return all((folder / name).exists() for name in FILES)


def prepare(name, work):
    """The folder of a model; variants of an example are written to `work`."""
    if is_there(EXAMPLES / name):
        return EXAMPLES / name
    folder = work / "models" / name
    example, _, variant = name.partition("-")
    # Scripts and weights are the same again in every run of one checkout.
    sources = [*sorted((EXAMPLES / example).glob("*.py")),
               *sorted((EXAMPLES / example).glob("*.safetensors"))]
    key = digest(*map(digest_file, sources))
    made = folder / "made-of"
    if is_there(folder) and made.exists() and made.read_text() == key:
        return folder
    shutil.rmtree(folder / "made-of", ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    if variant:
        subprocess.run([sys.executable, EXAMPLES / example / "export.py",
                        f"--{variant}", "--output", folder,
                        EXAMPLES / example / "model.safetensors"], check=True)
        for data in ("calibration", "evaluation"):
            if not (folder / f"{data}.safetensors").exists():
                shutil.copy(EXAMPLES / example / f"{data}.safetensors", folder)
    else:
        subprocess.run([sys.executable, EXAMPLES / example / "prepare.py",
                        "--work", folder], check=True)
    made.write_text(key)
    return folder


class Case:
    """One model: its road, its recipes and the rows of it."""

    def __init__(self, name, folder, arguments):
        self.name, self.runs = name, arguments.runs
        self.only_measured = arguments.only_measured
        self.work = arguments.work / name
        self.road = compare.Road(arguments.quantc, folder, self.work,
                                 lambda line: print(line, flush=True), self.mask,
                                 cases.BLOCKS.get(name, 1))
        self.store = Store(self.work / "rows", arguments.quantc, arguments.keep,
                           arguments.again)
        self.files = [digest_file(folder / name) for name in FILES]
        self.bundles = {}

    mask = None

    def recipe(self, name):
        """The recipe's file; variants are written to the work folder."""
        base, _, estimator = name.partition("@")
        source = ROOT / "recipes" / f"{base}.yaml"
        if not estimator:
            return source
        folder = self.work / "recipes"
        folder.mkdir(exist_ok=True)
        variant = folder / f"{name}.yaml"
        variant.write_text(cases.with_estimator(source.read_text(), estimator))
        return variant

    def row(self, name):
        """The row of a recipe, or None where nothing is to be measured."""
        source = {"float": None, "pareto": "auto"}.get(name, name)
        recipes = [self.recipe(source)] if source else []
        if other := cases.PAIRS.get((self.name, name)):
            recipes.append(self.recipe(other))
        samples = cases.PARETO[self.name] if name == "pareto" else None
        key = digest(*self.files, self.runs, cases.BLOCKS.get(self.name), samples,
                     *map(digest_file, recipes))
        if self.only_measured:
            return self.store.load(name, key)
        return self.store.measure(name, key, lambda: self.make(name, *recipes))

    def make(self, name, recipe=None, other=None):
        if name == "pareto":
            return self.compare_auto(recipe)
        bundle = self.bundle(recipe)
        row = self.measure(name, bundle)
        if other:
            found = self.road.evaluate(bundle, self.bundle(other))
            row.values["excess"] = compare.change(found)
        return row

    def compare_auto(self, recipe):
        self.bundle(None)
        pairs = pareto.compare(self.road, recipe, cases.PARETO[self.name])
        values = {uniform.name: pareto.difference(uniform, joint)
                  for uniform, joint in pairs}
        return Row(self.name, "pareto", values,
                   [line for pair in pairs for line in pareto.cells(self.name, *pair)])

    def bundle(self, recipe):
        """The bundle of a recipe, or of the float model."""
        if not self.bundles:
            if not self.store.read("prepared", self.files):
                self.road.prepare()
                self.store.note("prepared", self.files, True)
            self.bundles[None] = self.road.float_bundle
        if recipe not in self.bundles:
            self.bundles[recipe] = self.road.quantize(recipe)
        return self.bundles[recipe]


class LogitCase(Case):
    """A model with labels: perplexity or accuracy, and the float model's logits."""

    def measure(self, name, bundle):
        row = self.road.measure(bundle, self.runs)
        row.recipe = name
        values = {} if name == "float" else {
            "loss": row.change, "agreement": (row.agreement, *row.agreement_interval),
            "divergence": (row.divergence, *row.divergence_interval)}
        return Row(row.model, name, values, [compare.cells(row)])


class EmbeddingCase(Case):
    """The sentence encoder: cosines, and which neighbour is the nearest."""

    mask = "mask"
    expected = None

    def measure(self, name, bundle):
        if self.expected is None:
            self.expected = evaluate.embeddings(self.road, self.road.float_bundle)
        found = evaluate.measure(self.road, bundle, self.expected, self.runs)
        return Row(self.name, name, found.values(), [(self.name, *found.cells(name))])


def open_case(name, arguments):
    """The case of a model, or None where nothing may be made and nothing is there."""
    if arguments.only_measured and not (
            is_there(EXAMPLES / name) or is_there(arguments.work / "models" / name)):
        return None
    kind = EmbeddingCase if name == "minilm" else LogitCase
    return kind(name, prepare(name, arguments.work), arguments)
