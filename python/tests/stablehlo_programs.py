#===- stablehlo_programs.py - runs many JAX functions through quantc -------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""Compares functions compiled by quantc with JAX's own results.

Processes cost more than operations: the cases of a family become one program
with an output for each, which JAX and quantc compile once.
"""

import dataclasses
import functools
import os
import pathlib
import subprocess
import tempfile
import typing

import jax
import numpy as np

import quantc

BIN = pathlib.Path(os.environ.get(
    "QUANTC_BUILD_DIR", pathlib.Path(__file__).resolve().parents[2] / "build")) / "bin"


@dataclasses.dataclass
class Case:
    """A function of arrays. rtol None means the same bits, NaN for NaN."""
    name: str
    fn: typing.Callable
    args: tuple
    rtol: typing.Optional[float] = None
    atol: float = 0.0


class Family:
    """Cases that are compiled together, on first use."""

    def __init__(self, name, cases):
        self.name = name
        self.cases = {case.name: case for case in cases}
        assert len(self.cases) == len(cases), f"{name}: names have to differ"

    @functools.cached_property
    def results(self):
        """For each case the flat results of quantc and of JAX."""
        return run_program(list(self.cases.values()))


def run_program(cases):
    args = [case.args for case in cases]

    def program(*args):
        return [case.fn(*a) for case, a in zip(cases, args)]

    compiled = jax.jit(program, keep_unused=True).lower(*args)
    text = compiled.as_text()
    expected = [[np.asarray(leaf) for leaf in jax.tree.leaves(value)]
                for value in compiled.compile()(*args)]
    actual = iter(run_text(text, jax.tree.leaves(args)))
    return {case.name: ([next(actual) for _ in leaves], leaves)
            for case, leaves in zip(cases, expected)}


def run_text(text, inputs):
    """Runs a StableHLO module on arrays; returns its results."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "program.mlir").write_text(text)
        tool("quant-opt", folder / "program.mlir", "--stablehlo-to-linalg",
             "--canonicalize", "--cse", "--verify-imported",
             "-o", folder / "linalg.mlir")
        tool("quantc", "compile", folder / "linalg.mlir", "-o", folder / "bundle")
        bundle = quantc.Bundle(folder / "bundle")
    arrays = {}
    for name, array in zip(bundle.inputs, inputs, strict=True):
        # The compiled code has integers without sign.
        arrays[name] = np.asarray(array).view(bundle.inputs[name].dtype)
    return list(bundle.run(arrays).values())


def tool(*command):
    command = [str(part) for part in command]
    result = subprocess.run([BIN / command[0], *command[1:]], capture_output=True,
                            text=True)
    if result.returncode != 0:
        raise AssertionError(f"{' '.join(command)}\n{result.stderr[:4000]}")


def check(family, name):
    case = family.cases[name]
    actual, expected = family.results[name]
    assert len(actual) == len(expected)
    for a, e in zip(actual, expected):
        assert a.shape == e.shape
        a = a.view(e.dtype)
        if case.rtol is None:
            assert_same(a, e)
        else:
            np.testing.assert_allclose(a.astype(np.float64), e.astype(np.float64),
                                       rtol=case.rtol, atol=case.atol, equal_nan=True)


def assert_same(actual, expected):
    """The same bits, where any NaN is as good as another."""
    bits = np.dtype(f"u{expected.dtype.itemsize}")
    same = np.ascontiguousarray(actual).view(bits) == np.ascontiguousarray(expected).view(bits)
    same |= (actual != actual) & (expected != expected)
    if not same.all():
        where = tuple(index[0] for index in np.nonzero(~same))
        raise AssertionError(f"{(~same).sum()} of {same.size} elements differ; at {where} "
                             f"expected {expected[where]!r}, but got {actual[where]!r}")


def parameters(families):
    """pytest parameters for all cases of some families."""
    import pytest

    return [pytest.param(family, name, id=f"{family.name}-{name}")
            for family in families for name in family.cases]
