#===- main_loop.py - machine instructions of the main loops ----------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""Compiles problems.py, and shows what ptxas makes of each main loop.

Every kernel has to meet the gates of quantc.sass: its matrix instruction and no
other product in the main loop, no spills, no local memory, 16-byte global loads,
registers within the budget of the occupancy that it is planned for.
The main loop of a product with zero points may have at most 2 % more instructions
than without, and no launch more. `--write FILE` writes the table (FILE.json, FILE.md), `--check FILE`
fails where FILE.json says otherwise; both demand the pinned ptxas, whose counts
these are. Triton's kernels of the same products stand
beside ours where FILE.triton.json has them (triton_main_loop.py).
"""

import argparse
import dataclasses
import json
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "python"))

from quantc import sass  # noqa: E402
import problems  # noqa: E402

# What the table's instructions come from: the wheel nvidia-cuda-nvcc.
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PTXAS = re.search(r"^nvidia-cuda-nvcc==(\S+)", (ROOT / "scripts" / "requirements.txt").read_text(),
                  re.M)[1]
MOST_EXTRA = 0.02  # instructions for zero points


def compile_problem(problem, quant_opt, folder):
    """The file with the problem's kernels."""
    source = pathlib.Path(folder, problem.name + ".mlir")
    lowered, binary = source.with_suffix(".lowered"), source.with_suffix(".binary")
    source.write_text(problem.text)
    for arguments, to in (([f"--pass-pipeline={problems.LOWERING}", source], lowered),
                          ([f"--qnn-to-nvvm=chip={problem.chip}", lowered], binary)):
        done = subprocess.run([quant_opt, *map(str, arguments), "-o", str(to)],
                              capture_output=True, text=True)
        if done.returncode:
            first = next((each for each in done.stderr.splitlines() if "error" in each), done.stderr)
            raise sass.SassError(f"{problem.name}: {first}")
    return binary


def measure(problem, quant_opt, folder):
    """The row of a problem, of its kernel with the matrix instruction."""
    binary = compile_problem(problem, quant_opt, folder)
    kernels = sass.assemble(binary)
    chosen = [each for each in kernels if not problem.matrix
              or any(one.name == problem.matrix for one in each.instructions)]
    if not chosen:
        raise sass.SassError(f"{problem.name}: expected a kernel with {problem.matrix}, but got "
                             f"{', '.join(each.name for each in kernels)}")
    planned = sass.Gates(planned=True)
    gates = dataclasses.replace(planned, main_loop=problem.matrix,
                                wide_loads=bool(problem.matrix) and problem.wide)
    for kernel in kernels:
        sass.check(f"{problem.name}: {kernel.name}", kernel, gates if kernel in chosen else planned)
    return {"problem": problem.name, "chip": problem.chip,
            "launches": binary.read_text().count("gpu.launch_func"),
            **row_of(chosen[0], problem.matrix)}


def row_of(kernel, matrix):
    loop = kernel.main_loop()
    def count(*names):
        return sum(each.name in names for each in loop)
    products = count(matrix)
    return {"threads": kernel.threads, "ctas": kernel.ctas, "registers": kernel.registers,
            "budget": kernel.budget(), "all": len(kernel.instructions), "loop": len(loop),
            "matrix": products,
            "each": round(len(loop) / products, 3) if products else "",
            "ldmatrix": count("LDSM"), "shared": count("LDS", "STS"),
            "global": count("LDG", "LDGSTS"), "barriers": count("BAR")}


def check_zero_points(rows):
    """Launches, and instructions a matrix instruction, with and without zero points."""
    by_name = {row["problem"]: row for row in rows}
    for problem in problems.problems():
        if not {problem.name, problem.symmetric} <= by_name.keys():
            continue
        row, plain = by_name[problem.name], by_name[problem.symmetric]
        if row["launches"] > plain["launches"]:
            raise sass.SassError(
                f"{problem.name}: expected at most {plain['launches']} launches, as "
                f"{problem.symmetric} has, but got {row['launches']}")
        if row["each"] > plain["each"] * (1 + MOST_EXTRA):
            raise sass.SassError(
                f"{problem.name}: expected at most {plain['each']} instructions a matrix "
                f"instruction and 2 %, as {problem.symmetric} has, but got {row['each']}")


def markdown(rows, triton):
    columns = ("launches", "threads", "ctas", "registers", "budget", "all", "loop", "matrix", "each",
               "ldmatrix", "shared", "global", "barriers")
    text = (f"Machine instructions (ptxas {PTXAS}) of the kernel and of one iteration of its main loop;\n"
            "in the loop matrix instructions, all for each of those, ldmatrix, other shared memory,\n"
            "global loads, barriers. A round of a small product's loop is one step for each buffer.\n"
            "Launches are all of the problem's. The kernel is planned for so many CTAs of so many\n"
            "threads on a multiprocessor, which leaves each thread the registers of its budget.\n"
            "Written by benchmarks/gpu/main_loop.py, kept current by test/Codegen/sass/main-loop.test.\n\n"
            "| problem | chip | launches | threads | CTAs | registers | budget | all | loop | matrix | each | ldmatrix | shared | global | barriers | Triton: each | tile | registers |\n"
            "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|---:|\n")
    notes = ""
    for row in rows:
        cells = [str(row[column]) for column in columns]
        theirs = triton.get(row["problem"], {})
        cells += [str(theirs.get("each", "")), "x".join(map(str, theirs.get("tile", []))),
                  str(theirs.get("registers", ""))]
        text += f"| {row['problem']} | {row['chip']} | {' | '.join(cells)} |\n"
        if note := theirs.get("none", theirs.get("note")):
            notes += f"- {row['problem']}: {note}.\n"
    if notes:
        text += ("\nTriton's kernels (triton_kernels.py, Triton 3.9.0, the same ptxas) have the shape of\n"
                 "tile, of a few, with the fewest instructions for each matrix instruction:\n\n" + notes)
    return text


def check_files(path, rows, table):
    """Fails where the files of an earlier --write say otherwise; `table` is None where
    only some rows were measured."""
    rewrite = f"benchmarks/gpu/main_loop.py --write {path} brings it up to date"
    written = json.loads(pathlib.Path(path + ".json").read_text())
    known = {row["problem"]: row for row in written}
    for row in rows:
        if known.get(row["problem"]) != row:
            raise sass.SassError(
                f"{row['problem']}: expected {known.get(row['problem'])}, but got {row}: {rewrite}")
    if table is None:
        return
    if written != rows:
        raise sass.SassError(f"{path}.json: expected the rows of problems.py alone, in their "
                             f"order: {rewrite}")
    if pathlib.Path(path + ".md").read_text() != table:
        raise sass.SassError(f"{path}.md: expected the table of {path}.json and "
                             f"{path}.triton.json: {rewrite}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--quant-opt", default="build/bin/quant-opt")
    parser.add_argument("--write", metavar="FILE")
    parser.add_argument("--check", metavar="FILE")
    parser.add_argument("--only", action="append", metavar="NAME",
                        help="these problems alone")
    options = parser.parse_args()
    try:
        if (options.write or options.check) and sass.ptxas_version() != PTXAS:
            raise sass.SassError(f"expected ptxas {PTXAS}, as the table has, "
                                 f"but got {sass.ptxas_version()}")
        with tempfile.TemporaryDirectory() as folder:
            rows = [measure(problem, options.quant_opt, folder)
                    for problem in problems.select(options.only)]
        check_zero_points(rows)
        path = options.write or options.check
        triton_path = pathlib.Path(f"{path}.triton.json")
        triton = json.loads(triton_path.read_text()) if path and triton_path.exists() else {}
        table = markdown(rows, triton)
        data = json.dumps(rows, indent=1) + "\n"
        if options.write:
            pathlib.Path(options.write + ".json").write_text(data)
            pathlib.Path(options.write + ".md").write_text(table)
        if options.check:
            check_files(options.check, rows, None if options.only else table)
        print(table, end="")
    except (sass.SassError, problems.UnknownName, OSError) as error:
        print(f"main_loop: error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
