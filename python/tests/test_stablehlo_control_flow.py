#===- test_stablehlo_control_flow.py - loops, branches, calls against JAX --===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax
from stablehlo_programs import Case, Family, check, parameters

X = np.arange(6, dtype=np.float32).reshape(2, 3) - 2
W = np.random.default_rng(0).standard_normal((3, 3)).astype(np.float32)


def rnn(x, w):
    """Weights that do not change are carried through the loop, too."""
    return lax.scan(lambda c, t: (jnp.tanh(c @ w) + t, c), x, jnp.ones((4, 2, 3)))


def nested(x):
    def outer(i, carry):
        return lax.fori_loop(0, i, lambda j, c: c + j, carry)
    return lax.fori_loop(0, 4, outer, x)


LOOPS = Family("loops", [
    Case("counted", lambda x: lax.fori_loop(0, 5, lambda i, s: s + i, x), (X,)),
    Case("no_iteration", lambda x: lax.fori_loop(0, 0, lambda i, s: s + i, x), (X,)),
    Case("conditional", lambda x: lax.while_loop(lambda s: s[0] < 20, lambda s: s * 2, x),
         (np.float32([1, 2, 3]),)),
    Case("two_values", lambda x: lax.while_loop(lambda s: s[0] < 5, lambda s: (s[0] + 1, s[1] * 2),
                                                (0, x)), (X,)),
    Case("unsigned", lambda n: lax.while_loop(lambda i: i < np.uint32(3000000000),
                                              lambda i: i + np.uint32(1000000000), n),
         (np.uint32(5),)),
    Case("swap", lambda x, y: lax.fori_loop(0, 3, lambda i, s: (s[1], s[0]), (x, y)), (X, -X)),
    Case("scan", rnn, (X, W), rtol=1e-5),
    Case("nested", nested, (X,)),
    Case("empty", lambda x: lax.fori_loop(0, 3, lambda i, s: s + 1, x),
         (np.zeros((0, 3), np.float32),)),
])

CONDITIONS = Family("conditions", [
    *[Case(f"cond_{p}", lambda p, x: lax.cond(p, lambda y: y + 1, lambda y: y * 2, x),
           (np.bool_(p), X)) for p in (False, True)],
])

SWITCHES = Family("switches", [
    *[Case(f"switch_{i}", lambda i, x: lax.switch(
        i, [lambda y: y + 1, lambda y: y * 2, lambda y: y - 1], x), (np.int32(i), X))
      for i in (-5, 0, 1, 2, 7)],
])

BRANCHES = Family("branches", [
    Case("captured", lambda p, x, w: lax.cond(p, lambda: x @ w, lambda: x), (np.bool_(True), X, W),
         rtol=1e-6),
    Case("in_loop", lambda x: lax.fori_loop(0, 4, lambda i, s: lax.cond(
        i % 2 == 0, lambda: s + 1, lambda: s * 2), x), (X,)),
])

TWO_RESULTS = Family("two_results", [
    Case("two_results", lambda p, x: lax.cond(p, lambda: (x, 1), lambda: (-x, 2)),
         (np.bool_(False), X)),
])

inner = jax.jit(lambda x: jnp.clip(x, -1, 1))
CALLS = Family("calls", [
    Case("call", lambda x: inner(x) + inner(x * 2), (X,)),
    Case("nested", lambda x: jax.jit(lambda y: inner(y) + 1)(x), (X,)),
    Case("in_loop", lambda x: lax.fori_loop(0, 3, lambda i, s: inner(s) * 3, x), (X,)),
    Case("composite", lambda x: lax.composite(lambda y, *, k: y * k, "my.op")(x, k=2.0), (X,)),
    Case("barrier", lambda x: sum(lax.optimization_barrier((x, x + 1))), (X,)),
])


FAMILIES = [LOOPS, CONDITIONS, SWITCHES, BRANCHES, TWO_RESULTS, CALLS]


@pytest.mark.parametrize("family, case", parameters(FAMILIES))
def test_control_flow(family, case):
    check(family, case)
