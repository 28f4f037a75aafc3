"""The comparison of a joint choice with uniform ones."""

import json

import pytest

from quantc import pareto


class Road:
    """Answers as quantc would, with costs and divergences by bundle."""

    def __init__(self, folder, divergences):
        self.work, self.model, self.divergences = folder, folder, divergences
        self.imported, self.statistics = folder / "imported.mlir", folder / "s.json"
        self.float_bundle, self.evaluation = folder / "float", folder / "e.safetensors"
        self.limits = []

    def prepare(self):
        pass

    def compile(self, model, bundle):
        pass

    def run(self, command, *arguments):
        arguments = [str(argument) for argument in arguments]
        if command == "quantize":
            front = arguments[arguments.index("--pareto") + 1]
            if "--candidate" in arguments:
                document = {"cost_seconds": 2e-6}
            else:
                self.limits.append(float(arguments[arguments.index("--max-cost") + 1]))
                document = {"chosen": {"cost_seconds": 1.5e-6}}
            with open(front, "w") as file:
                json.dump(document, file)
        if command == "eval":
            name = arguments[0].rsplit("/", 1)[1]
            return json.dumps({"kl_divergence": self.divergences[name],
                               "perplexity_ratio": 1.001})
        return ""


def test_choice_has_the_cost_of_each_candidate_as_its_limit(tmp_path):
    road = Road(tmp_path, {"all-a": 3e-4, "auto-a": 2e-4})
    rows = pareto.compare(road, "auto.yaml", ["a"], 4)
    assert rows == [("a everywhere", 2e-6, 3e-4, pytest.approx(0.001)),
                    ("auto at that cost", 1.5e-6, 2e-4, pytest.approx(0.001))]
    assert road.limits == [pytest.approx(2e-6)]
    assert pareto.table("m", rows).splitlines()[1].split() == [
        "m", "a", "everywhere", "2.000", "3.00e-04", "+0.100", "%"]


def test_candidates_are_those_of_the_recipe(tmp_path):
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("auto:\n  candidates:\n    - name: a\n    - name: b\n      weights: {}\n")
    assert pareto.read_candidates(recipe) == ["a", "b"]
    recipe.write_text("version: 1\n")
    with pytest.raises(ValueError, match="expected a recipe with 'auto'"):
        pareto.read_candidates(recipe)
