#===- verdicts.py - rows against gates -------------------------------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""Says which gates the measured rows keep."""

import operator

from cases import Gate

RELATIONS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
             "not above": operator.le}
# Shares, which people read in percent; a change with its sign.
SHARES = {"loss": "{:+.3f}", "excess": "{:+.3f}", "agreement": "{:.2f}", "neighbour": "{:.1f}"}
HEADER = ("model", "recipe", "value", "measured [95 % interval]", "gate", "verdict")


def with_unit(value, number):
    """A measured number, or a bound, as people read it."""
    if value in SHARES:
        return SHARES[value].format(100 * number) + " %"
    return f"{number:.5g}"


def find(gate, rows):
    """The row that a gate is about; None where it was not measured."""
    found = [row for row in rows
             if row.model == gate.model and row.recipe in gate.recipes]
    if len(gate.recipes) == 1:
        return found[0] if found else None
    return max(found, key=lambda row: row.values["cosine"][0], default=None)


def judge(gate, row):
    """Whether the gate is kept, and what people read of it."""
    value, *interval = row.values[gate.value]
    fits = RELATIONS[gate.relation]
    inside = [fits(limit, gate.bound) for limit in interval]
    # What is no worse has an interval that reaches down to the bound.
    kept = inside[0] if gate.relation == "not above" else fits(value, gate.bound)
    verdict = "kept" if kept else "MISSED"
    if any(inside) != all(inside):
        verdict += ", the interval crosses"
    numbers = "{} [{}, {}]".format(*(with_unit(gate.value, number)
                                     for number in (value, *interval)))
    best = "best: " if len(gate.recipes) > 1 else ""
    return kept, (gate.model, best + row.recipe, gate.value, numbers,
                  f"{gate.relation} {with_unit(gate.value, gate.bound)}", verdict)


def judge_pareto(row):
    """The same of `auto` against each of its candidates, from a row `pareto`."""
    for name in row.values:
        gate = Gate(row.model, ("pareto",), name, "not above", 0)
        kept, (*_, numbers, bound, verdict) = judge(gate, row)
        yield kept, (row.model, "auto", f"divergence less {name}'s", numbers, bound,
                     verdict)


def table(gates, rows):
    """Returns whether all gates of the measured rows are kept, and their table."""
    judged = [judge(gate, row) for gate in gates if (row := find(gate, rows))]
    for row in rows:
        if row.recipe == "pareto":
            judged += judge_pareto(row)
    return all(kept for kept, _ in judged), [HEADER, *(line for _, line in judged)]
