"""The comparison of a joint choice with uniform ones."""

import json

import pytest

from quantc import pareto


class Road:
    """Answers as quantc would, with costs and divergences by bundle."""

    candidates = ["a"]

    def __init__(self, folder, divergences):
        self.work, self.model, self.divergences = folder, folder, divergences
        self.imported, self.statistics = folder / "imported.mlir", folder / "s.json"
        self.float_bundle, self.evaluation = folder / "float", folder / "e.safetensors"
        self.limits = []

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
        if command == "sensitivity":
            sites = [{"site": site, "candidate": candidate}
                     for site in "xy" for candidate in self.candidates]
            with open(arguments[arguments.index("-o") + 1], "w") as file:
                json.dump({"sites": sites}, file)

    def evaluate(self, bundle, reference):
        divergence = self.divergences[bundle.name]
        return {"kl_divergence": divergence,
                "kl_divergence_interval": [divergence / 2, divergence * 2],
                "perplexity_ratio": 1.001, "perplexity_ratio_interval": [1, 1.002]}


def test_choice_has_the_cost_of_each_candidate_as_its_limit(tmp_path):
    road = Road(tmp_path, {"all-a": 3e-4, "auto-a": 2e-4, "all-b": 1e-4, "auto-b": 2e-4})
    road.candidates = ["b", "a"]
    pairs = pareto.compare(road, "auto.yaml", 4)
    about = pytest.approx
    assert pairs[1] == (
        pareto.Choice("a everywhere", 2e-6, (3e-4, about(1.5e-4), 6e-4),
                      (about(0.001), 0, about(0.002))),
        pareto.Choice("auto at that cost", 1.5e-6, (2e-4, 1e-4, 4e-4),
                      (about(0.001), 0, about(0.002))))
    assert road.limits == [about(2e-6), about(2e-6)]
    assert [pareto.is_worse(*pair) for pair in pairs] == [True, False]
    assert pareto.table("m", pairs).splitlines()[3].split() == [
        "m", "a", "everywhere", "2.000", "3.00e-04", "[1.50e-04,", "6.00e-04]", "+0.100",
        "%"]


@pytest.mark.parametrize("candidates", [[], [""]])
def test_a_recipe_without_candidates(tmp_path, candidates):
    road = Road(tmp_path, {})
    road.candidates = candidates
    with pytest.raises(ValueError, match="r.yaml: expected a recipe with 'auto'"):
        pareto.compare(road, "r.yaml", 4)
