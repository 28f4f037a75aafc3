"""The comparison of a joint choice with uniform ones."""

import json

import numpy as np
import pytest

import logit_metrics
import quantc
from quantc import pareto


class Road:
    """Answers as quantc would, with costs, and logits by bundle."""

    candidates = ["a"]

    def __init__(self, folder, logits, labels):
        self.work, self.model, self.logits = folder, folder, logits
        self.imported, self.statistics = folder / "imported.mlir", folder / "s.json"
        self.float_bundle, self.evaluation = folder / "float", folder / "e.safetensors"
        self.limits, self.mask = [], []
        quantc.save_safetensors({"labels": labels}, self.evaluation)

    def compile(self, model, bundle):
        pass

    def run(self, command, *arguments):
        arguments = [str(argument) for argument in arguments]
        if command == "quantize":
            front = arguments[arguments.index("--pareto") + 1]
            if "--candidate" in arguments:
                document = {"chosen": {"cost_seconds": 2e-6}}
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
        if command == "run":
            name = arguments[0].rsplit("/", 1)[1]
            quantc.save_safetensors({"out": self.logits[name]},
                                    arguments[arguments.index("--output") + 1])


def make_road(folder, noise, shape=(40, 5, 7)):
    """A road whose bundles' logits are the float ones with so much noise."""
    random = np.random.default_rng(0)
    logits = {"float": random.normal(size=shape).astype(np.float32)}
    for name, scale in noise.items():
        added = scale * random.normal(size=shape)
        logits[name] = (logits["float"] + added).astype(np.float32)
    return Road(folder, logits, random.integers(shape[-1], size=shape[:-1], dtype=np.int32))


def test_choice_has_the_cost_of_each_candidate_as_its_limit(tmp_path):
    road = make_road(tmp_path, {"all-a": 0.2, "auto-a": 0.1, "all-b": 0.1, "auto-b": 0.2})
    road.candidates = ["b", "a"]
    pairs = pareto.compare(road, "auto.yaml", 4)
    about = pytest.approx
    assert road.limits == [about(2e-6), about(2e-6)]
    assert [(choice.name, choice.cost) for choice in pairs[1]] == [
        ("a everywhere", 2e-6), ("auto at that cost", 1.5e-6)]
    assert [pareto.is_worse(*pair) for pair in pairs] == [True, False]
    lines = pareto.table("m", pairs).splitlines()
    assert lines[3].split()[:4] == ["m", "a", "everywhere", "2.000"]
    assert "[+" in lines[2] and "[-" in lines[4]


def test_divergence_and_perplexity(tmp_path):
    road = make_road(tmp_path, {"all-a": 0.2, "auto-a": 0.2})
    uniform, _ = pareto.compare(road, "auto.yaml", 4)[0]
    logits, reference = road.logits["all-a"], road.logits["float"]
    assert uniform.divergences.mean() == pytest.approx(
        logit_metrics.kl_divergence(logits, reference))
    labels = quantc.load_safetensors(road.evaluation)["labels"]
    assert uniform.change == pytest.approx(
        logit_metrics.perplexity(logits, labels)
        / logit_metrics.perplexity(reference, labels) - 1)


def test_accuracy(tmp_path):
    road = make_road(tmp_path, {"all-a": 2, "auto-a": 2}, (40, 7))
    uniform, _ = pareto.compare(road, "auto.yaml", 4)[0]
    labels = quantc.load_safetensors(road.evaluation)["labels"]
    assert uniform.change == pytest.approx(
        logit_metrics.accuracy(road.logits["all-a"], labels)
        - logit_metrics.accuracy(road.logits["float"], labels))


def test_what_does_not_differ_is_not_worse():
    same = [pareto.Choice("c", 1, np.ones(9), None)] * 2
    assert not pareto.is_worse(*same)


@pytest.mark.parametrize("candidates", [[], [""]])
def test_a_recipe_without_candidates(tmp_path, candidates):
    road = make_road(tmp_path, {})
    road.candidates = candidates
    with pytest.raises(ValueError, match="r.yaml: expected a recipe with 'auto'"):
        pareto.compare(road, "r.yaml", 4)
