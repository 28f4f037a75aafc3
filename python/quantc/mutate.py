#===- mutate.py - is every synchronisation of a program needed? ------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""Runs a program that uses the emulator once for each barrier, fence, wait and
commit of its kernels, each time without that one.

`python -m quantc.mutate [options] -- COMMAND...`: the command has to end with
exit code 0 and print the same each time as long as its kernels are whole. Without
one instruction it has to fail, or to print something else, on at least one of the
schedules; else the instruction is redundant or the emulator is blind. --redundant
names a file of instructions that are known to be redundant: a regular expression
of the instruction, then `#` and the reason, a line each. Only the standard library
is needed.
"""

import argparse
import dataclasses
import os
import pathlib
import re
import subprocess
import sys

# Orders of warps and of asynchronous operations, those that find most first.
SCHEDULES = (
    "order=latest,async=latest",
    "order=earliest,async=latest",
    "order=earliest,async=earliest",
    "order=random,async=random,seed=1",
    "order=random,async=random,seed=2",
)


class MutationError(Exception):
    """Why the command cannot be judged, in one line."""


@dataclasses.dataclass
class Mutation:
    index: int
    line: int  # of its module's PTX
    text: str
    finding: str = None  # how it was detected; None: it was not


def run(command, options):
    """Exit code, standard output, and what the emulator said."""
    given = os.environ.get("QUANTC_EMULATOR", "")
    environment = {**os.environ, "QUANTC_EMULATOR": ",".join(filter(None, (given, options)))}
    done = subprocess.run(command, capture_output=True, text=True, errors="replace",
                          env=environment)
    return done.returncode, done.stdout, done.stderr


def first_finding(code, log):
    for line in log.splitlines():
        line = line.removeprefix("quantc emulator: ")
        if re.match(r"[a-z-]+: ", line) and not line.startswith("mutation"):
            return line
    return f"exit code {code}"


def mutations(command, schedules=SCHEDULES, patience=1 << 20):
    """Yields each mutation, judged."""
    whole = {}
    for schedule in schedules:
        code, whole[schedule], log = run(command, schedule)
        if code:
            raise MutationError(f"expected exit code 0 of the whole program with {schedule}, "
                                f"but got {code}: {first_finding(code, log)}")
    index = 0
    while True:
        mutation = None
        for schedule in schedules:
            code, output, log = run(command, f"{schedule},patience={patience},mutate={index}")
            match = re.search(rf"^quantc emulator: mutation {index}: line (\d+): (.*)$", log, re.M)
            if not match:
                return
            mutation = Mutation(index, int(match[1]), " ".join(match[2].split()))
            if code or output != whole[schedule]:
                mutation.finding = first_finding(code, log) if code else "another result"
                break
        yield mutation
        index += 1


def read_redundant(path):
    """(regular expression, reason) of each line."""
    result = []
    for number, line in enumerate(pathlib.Path(path).read_text().splitlines(), 1):
        expression, mark, reason = line.partition("#")
        if not line.strip():
            continue
        if not mark or not expression.strip() or not reason.strip():
            raise MutationError(f"{path}:{number}: expected 'expression # reason', but got '{line}'")
        result.append((expression.strip(), reason.strip()))
    return result


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m quantc.mutate",
                                     description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--redundant", metavar="FILE",
                        help="instructions that may go unnoticed, each with its reason")
    parser.add_argument("--schedule", action="append", metavar="OPTIONS",
                        help="of the emulator, instead of the five that are tried")
    parser.add_argument("command", nargs="+", metavar="COMMAND")
    options = parser.parse_args(arguments)
    try:
        redundant = read_redundant(options.redundant) if options.redundant else []
        missed = total = 0
        for mutation in mutations(options.command, options.schedule or SCHEDULES):
            total += 1
            verdict = mutation.finding
            if verdict is None:
                reasons = [reason for expression, reason in redundant
                           if re.search(expression, mutation.text)]
                verdict = f"redundant: {reasons[0]}" if reasons else "NOT DETECTED"
                missed += not reasons
            print(f"{mutation.index}: line {mutation.line}: {mutation.text} -> {verdict}", flush=True)
        print(f"{total} mutations, {missed} not detected")
        if not total:
            raise MutationError("expected a program that synchronises, but no mutation was applied")
        return 1 if missed else 0
    except (MutationError, OSError, re.error) as error:
        print(f"mutate: error: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
