#===- accuracy - every recipe on every model, against its gate -------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""Measures the recipes that come along and says which gates they keep.

Digits; the character transformer as a prefill, with outlier channels, and as a decode
step with a key-value cache (token by token over the whole evaluation text); and a
sentence encoder, which is fetched: each against its float model. Run it with the
interpreter of the build's environment:

    .venv/bin/python examples/accuracy [model[:recipe] ...]

`model:pareto` holds the recipe `auto` against each of its candidates everywhere, at
equal cost.

Rows that were measured before, of the same compiler, recipe, model and data, are not
measured again. The exit code is 1 where a gate is missed.
"""

import argparse
import itertools
import json
import pathlib
import subprocess
import sys

import cases
import models
import page
import verdicts

sys.path.insert(0, str(models.ROOT / "python"))
from quantc import compare  # noqa: E402


TABLES = ("tables", "gates")
"""What the page has, by the names of its marks."""


def parse_part(text):
    """('model', [recipes]) of `model` or `model:recipe`."""
    model, _, recipe = text.partition(":")
    if model not in cases.RECIPES:
        raise argparse.ArgumentTypeError(
            f"expected a model of {', '.join(cases.RECIPES)}, but got '{model}'")
    known = cases.parts(model)
    if recipe and recipe not in known:
        raise argparse.ArgumentTypeError(
            f"expected a recipe of {', '.join(known)}, but got '{recipe}'")
    return model, [recipe] if recipe else known


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="accuracy", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="model[:recipe]", type=parse_part,
                        help=f"some of {', '.join(cases.RECIPES)} (default: all)")
    parser.add_argument("--quantc", type=pathlib.Path,
                        default=models.ROOT / "build" / "bin" / "quantc",
                        help="the compiler to run")
    parser.add_argument("--work", type=pathlib.Path,
                        default=models.ROOT / "build" / "accuracy",
                        help="a folder for what is made on the way, and the rows")
    parser.add_argument("--runs", type=int, default=20,
                        help="timed runs of each bundle (default 20)")
    parser.add_argument("--again", action="store_true",
                        help="measure rows anew that were measured before")
    parser.add_argument("--keep", action="store_true",
                        help="also take rows that another compiler made")
    parser.add_argument("--only-measured", action="store_true",
                        help="measure nothing: tables of the rows that are there")
    parser.add_argument("--page", type=pathlib.Path, metavar="FILE",
                        help="put the tables between the marks of this page, as "
                             "docs/accuracy.md has them")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE",
                        help="write what was measured, and the verdicts")
    parsed = parser.parse_args(arguments)
    if parsed.page and parsed.parts:
        parser.error("expected all models for --page, but got some")
    return parsed


def names_of(recipes):
    """The rows that are made of recipes."""
    return list(dict.fromkeys(recipes if recipes == ["pareto"] else ["float", *recipes]))


def measure(arguments):
    """Returns {model: [rows]} of all parts."""
    chosen = {}
    everything = [(model, cases.parts(model)) for model in cases.RECIPES]
    for model, recipes in arguments.parts or everything:
        chosen.setdefault(model, []).extend(recipes)
    rows = {}
    for model, recipes in chosen.items():
        case = models.open_case(model, arguments)
        if not case:
            continue
        rows[model] = [row for name in names_of(recipes) if (row := case.row(name))]
    return rows


def check_complete(rows):
    """Fails where the rows of a page are not all there."""
    for model in cases.RECIPES:
        there = [row.recipe for row in rows.get(model, ())]
        for name in names_of(cases.parts(model)):
            if name not in there:
                raise ValueError(f"expected all rows for --page, but {model}:{name} was "
                                 "not measured")


def tables(rows):
    """The tables of the rows, each of one kind of models."""
    for header, left, is_in in models.TABLES:
        lines = [line for row in rows if is_in(row) for line in row.lines]
        if lines:
            yield page.text_table([header, *lines], left)


def document(rows, lines):
    """What a machine reads of them."""
    return {"rows": [{"model": row.model, "recipe": row.recipe, "values": row.values}
                     for row in rows],
            "gates": [dict(zip(verdicts.HEADER, line)) for line in lines]}


def main():
    arguments = parse(sys.argv[1:])
    try:
        if arguments.page:
            page.check(arguments.page, TABLES)
        rows = measure(arguments)
        everything = list(itertools.chain(*rows.values()))
        kept, lines = verdicts.table(cases.GATES, everything)
        gates = page.text_table(lines, len(verdicts.HEADER))
        text = list(tables(everything))
        if arguments.page:
            check_complete(rows)
            page.write(arguments.page, dict(zip(TABLES, ("\n\n".join(text), gates))))
        if arguments.json:
            page.write_file(arguments.json, json.dumps(
                document(everything, lines[1:]), indent=1) + "\n")
    except (compare.CommandFailed, subprocess.CalledProcessError, OSError,
            ValueError) as error:
        sys.exit(f"accuracy: error: {error}")
    for table in text:
        print("\n" + table)
    print()
    for model, measured in rows.items():
        print(f"{model}: {sum(row.seconds for row in measured):.0f} s of one processor "
              f"for {len(measured)} rows, {sum(row.cached for row in measured)} of them "
              "measured before")
    if len(lines) > 1:
        print("\n" + gates)
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
