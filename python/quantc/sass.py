#===- sass.py - what ptxas makes of a kernel -------------------------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""Assembles PTX and checks the machine code (SASS).

Every kernel is assembled by ptxas and disassembled by nvdisasm, both pinned
wheels (scripts/requirements.txt) unless QUANTC_CUDA_BIN names another folder:
counts of instructions belong to one version of the assembler. Whatever is given:
spills, local memory, warnings and performance losses (C75xx: serialised
matrix instructions) are errors, and so are more registers than the occupancy leaves
that a kernel is planned for (.minnctapersm and .reqntid or .maxntid). The main loop is the one with most matrix
instructions of those with no such loop inside (a loop that waits may be inside);
without matrix instructions, that of dp4a, else of anything. Only the standard library is needed.
"""

import argparse
import collections
import dataclasses
import importlib.util
import json
import math
import os
import pathlib
import re
import subprocess
import sys
import tempfile

# Matrix instructions by operand: integers, halves, 8-bit floats, doubles; the
# forms with a G are those of a warp group.
MATRIX = ("IMMA", "HMMA", "QMMA", "DMMA", "IGMMA", "HGMMA", "QGMMA")
# Dot products of four bytes: dp4a.
DOT = ("IDP", "IDP4A")
# Forms of IMAD that multiply nothing by a variable: moves, adds, shifts.
NO_PRODUCT = ("MOV", "IADD", "SHL", "X")

# Of a multiprocessor, from sm_80 on; a warp gets registers by the 256, eight for
# each thread, and instructions name 255 (CUDA C++ programming guide, compute
# capabilities).
REGISTER_FILE, REGISTER_GRANULARITY, REGISTERS_OF_THREAD = 65536, 8, 255


class SassError(Exception):
    """What is wrong with an input or a kernel, in one line."""


def tool(name):
    """The path of one of the CUDA toolkit's binaries."""
    folders = []
    if "QUANTC_CUDA_BIN" in os.environ:
        folders.append(os.environ["QUANTC_CUDA_BIN"])
    elif package := importlib.util.find_spec("nvidia"):
        folders += [os.path.join(root, "cu13", "bin") for root in package.submodule_search_locations]
    for folder in folders:
        path = pathlib.Path(folder, name)
        if path.is_file():
            if not os.access(path, os.X_OK):  # wheels may lose the run bit
                path.chmod(path.stat().st_mode | 0o111)
            return str(path)
    raise SassError(f"{name}: expected it in {' or '.join(folders) or 'the wheel nvidia-cuda-nvcc'}")


def ptxas_version():
    """Such as 13.0.88."""
    _, text = run([tool("ptxas"), "--version"])
    match = re.search(r"V(\d+\.\d+\.\d+)", text)
    return match[1] if match else "of an unknown version"


@dataclasses.dataclass
class Instruction:
    opcode: str  # with its modifiers: IMMA.16832.S8.S8
    operands: list
    target: str = None  # label of a branch

    @property
    def name(self):
        return self.opcode.split(".")[0]

    @property
    def multiplies(self):
        """A product of two variables by the integer units."""
        if self.name in ("XMAD", "IMUL"):
            return True
        if self.name != "IMAD" or set(self.opcode.split(".")[1:]) & set(NO_PRODUCT):
            return False
        return all(re.match(r"-?U?R\d+", each) for each in self.operands[1:3])


def register_budget(threads, ctas):
    """Registers of a thread where a multiprocessor has `ctas` CTAs of `threads`."""
    each = REGISTER_FILE // (-(-threads // 32) * 32 * ctas)
    return min(each // REGISTER_GRANULARITY * REGISTER_GRANULARITY, REGISTERS_OF_THREAD)


@dataclasses.dataclass
class Kernel:
    name: str
    registers: int = 0
    threads: int = 0  # of a CTA, where the PTX says how many
    ctas: int = 0  # on a multiprocessor at once, as planned; 0: nothing is planned
    stack: int = 0  # bytes of local memory, spills included
    spills: int = 0  # bytes stored and loaded
    shared: int = 0  # bytes, static
    instructions: list = dataclasses.field(default_factory=list)
    labels: dict = dataclasses.field(default_factory=dict)  # -> index of instruction

    def loops(self):
        """Each loop as its range of instructions."""
        result = []
        for at, each in enumerate(self.instructions):
            begin = self.labels.get(each.target)
            # A branch to itself ends every kernel.
            if each.name == "BRA" and begin is not None and begin < at:
                result.append((begin, at + 1))
        return result

    def main_loop(self):
        """Instructions of the main loop; empty without a loop."""
        for names in (MATRIX, DOT, None):
            def count(span):
                return sum(not names or each.name in names
                           for each in self.instructions[slice(*span)])
            spans = [span for span in self.loops() if count(span)]
            inner = [a for a in spans
                     if not any(b != a and a[0] <= b[0] and b[1] <= a[1] for b in spans)]
            if inner:
                return self.instructions[slice(*max(inner, key=count))]
        return []

    def budget(self):
        """Registers that the planned occupancy leaves a thread."""
        return register_budget(self.threads, self.ctas) if self.threads and self.ctas else None

    def summary(self):
        loop = self.main_loop()
        return {
            "kernel": self.name,
            "registers": self.registers,
            "ctas": self.ctas,
            "budget": self.budget(),
            "shared": self.shared,
            "instructions": len(self.instructions),
            "loop": len(loop),
            "counts": dict(sorted(collections.Counter(each.name for each in loop).items())),
        }


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def parse_properties(log):
    """Kernels by name, from what ptxas -v says."""
    kernels, current = {}, None
    for line in log.splitlines():
        if match := re.search(r"Compiling entry function '(\S+)'", line):
            current = kernels.setdefault(match[1], Kernel(match[1]))
        elif match := re.search(r"Function properties for (\S+)", line):
            current = kernels.get(match[1].strip("'"), current)
        if current is None:
            continue
        if match := re.search(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads",
                              line):
            current.stack = max(current.stack, int(match[1]))
            current.spills += int(match[2]) + int(match[3])
        if match := re.search(r"Used (\d+) registers", line):
            current.registers = int(match[1])
            if match := re.search(r"(\d+) bytes smem", line):
                current.shared = int(match[1])
    return kernels


def parse_plan(text, kernels):
    """Adds what the PTX says of threads and CTAs."""
    for match in re.finditer(r"\.entry\s+(\S+?)\s*\((.*?)\)([^{]*)\{", text, re.S):
        kernel = kernels.get(match[1])
        if kernel is None:
            continue
        if threads := re.search(r"\.(?:reqntid|maxntid)\s+([\d, ]+)", match[3]):
            kernel.threads = math.prod(int(each) for each in threads[1].split(",") if each.strip())
        if ctas := re.search(r"\.minnctapersm\s+(\d+)", match[3]):
            kernel.ctas = int(ctas[1])


def parse_code(text, kernels):
    """Adds the instructions that nvdisasm -c prints."""
    current, pending = None, []
    for line in text.splitlines():
        if match := re.match(r"\.text\.(\S+):", line):
            current, pending = kernels.get(match[1]), []
        elif match := re.match(r"(\.L_x_\d+):", line):
            pending.append(match[1])
        elif current is not None and (
                match := re.match(r"\s*/\*[0-9a-f]+\*/\s+(?:@!?U?P\w+\s+)?([A-Z][\w.]*)\s*(.*?)\s*;", line)):
            target = re.search(r"`\((\.L_x_\d+)\)", match[2])
            for label in pending:
                current.labels[label] = len(current.instructions)
            pending = []
            current.instructions.append(
                Instruction(match[1], [each.strip() for each in match[2].split(",")],
                            target and target[1]))


def modules_of(text):
    """The PTX modules of a text: it is one, or MLIR with gpu.binary ops."""
    if "gpu.binary" not in text:
        return [text]
    def plain(match):
        return chr(int(match[1], 16)) if match[1] else match[2]
    strings = re.findall(r'"((?:[^"\\]|\\.)*\.version (?:[^"\\]|\\.)*)"', text)
    return [re.sub(r"\\([0-9A-F]{2})|\\(.)", plain, each).rstrip("\0") for each in strings]


def assemble(path, chip=None, strict=True):
    """The kernels of a file with PTX, or with MLIR that has it in gpu.binary ops,
    as the chip gets them: the module's own where none is given. `strict` checks
    what every kernel must keep."""
    modules = modules_of(pathlib.Path(path).read_text())
    if not modules:
        raise SassError(f"{path}: expected PTX, but its gpu.binary ops have none")
    return [kernel for text in modules for kernel in assemble_module(path, text, chip, strict)]


def without_plan(text, names):
    """The PTX without the planned occupancy of some kernels."""
    def free(match):
        return (re.sub(r"\.minnctapersm\s+\d+\s*", "", match[0]) if match[1] in names
                else match[0])
    return re.sub(r"\.entry\s+(\S+?)\s*\((.*?)\)([^{]*)\{", free, text, flags=re.S)


def run_ptxas(path, text, chip, folder, strict):
    """The kernels as ptxas -v describes them; leaves kernel.cubin in the folder."""
    ptx, cubin = os.path.join(folder, "kernel.ptx"), os.path.join(folder, "kernel.cubin")
    pathlib.Path(ptx).write_text(text)
    code, log = run([tool("ptxas"), "-v", f"-arch={chip}", ptx, "-o", cubin])
    log = log.replace(ptx, str(path))
    if code:
        first = next((each for each in log.splitlines() if re.search("error|fatal", each)), log.strip())
        raise SassError(f"{path}: ptxas: {first}")
    for line in log.splitlines() if strict else ():
        if re.search(r"\bC75\d\d\b", line) or "warning" in line:
            raise SassError(f"{path}: {line.strip()}")
    return parse_properties(log)


def assemble_best(path, text, chip, folder, strict):
    """The same, without the planned occupancy of kernels that spill less so, as
    `quantc compile` does. Held to one, ptxas sometimes spills where it needs no more
    registers without; the plan still says how many a kernel may take."""
    kernels = run_ptxas(path, text, chip, folder, strict)
    if spilling := {name: each.spills for name, each in kernels.items() if each.spills}:
        kernels = run_ptxas(path, without_plan(text, spilling), chip, folder, strict)
        better = [name for name, spills in spilling.items() if kernels[name].spills < spills]
        if len(better) < len(spilling):
            kernels = run_ptxas(path, without_plan(text, better), chip, folder, strict)
    parse_plan(text, kernels)
    return kernels


def assemble_module(path, text, chip, strict):
    if chip is None:
        match = re.search(r"^\s*\.target\s+(sm_\w+)", text, re.M)
        chip = match[1] if match else "sm_80"
    with tempfile.TemporaryDirectory() as folder:
        kernels = assemble_best(path, text, chip, folder, strict)
        cubin = os.path.join(folder, "kernel.cubin")
        code, text = run([tool("nvdisasm"), "-c", cubin])
        if code:
            raise SassError(f"{path}: nvdisasm: {text.strip()}")
        parse_code(text, kernels)
    for kernel in kernels.values() if strict else ():
        where = f"{path}: {kernel.name}"
        if kernel.spills:
            raise SassError(f"{where}: expected no spills, but got {kernel.spills} bytes")
        if kernel.stack:
            raise SassError(f"{where}: expected no local memory, but got {kernel.stack} bytes")
        if not kernel.instructions:
            raise SassError(f"{where}: expected instructions, but nvdisasm shows none")
    return list(kernels.values())


@dataclasses.dataclass
class Gates:
    """What a kernel has to meet beside what all do; the options of the command."""
    max_registers: int = None
    planned: bool = False
    ctas: int = None
    main_loop: str = None
    wide_loads: bool = False


def check(where, kernel, options=Gates()):
    """The gates of one kernel."""
    if options.max_registers and kernel.registers > options.max_registers:
        raise SassError(f"{where}: expected at most {options.max_registers} registers, "
                        f"but got {kernel.registers}")
    if options.ctas:
        kernel = dataclasses.replace(kernel, ctas=options.ctas)
    if (options.planned or options.ctas) and kernel.budget() is None:
        raise SassError(f"{where}: expected .minnctapersm and .reqntid or .maxntid, which say "
                        f"the planned occupancy")
    if kernel.budget() is not None and kernel.registers > kernel.budget():
        raise SassError(f"{where}: expected at most {kernel.budget()} registers, which leave room for "
                        f"{kernel.ctas} CTAs of {kernel.threads} threads on a multiprocessor, "
                        f"but got {kernel.registers}")
    loop = kernel.main_loop()
    if options.main_loop:
        if not any(each.name == options.main_loop for each in loop):
            raise SassError(f"{where}: expected {options.main_loop} in the main loop, but got "
                            f"{', '.join(sorted({each.name for each in loop})) or 'no loop'}")
        # ptxas also leaves a loop by a CALL of what follows, which never returns.
        calls = any(each.name == "RET" for each in kernel.instructions)
        forbidden = ("LDL", "STL", "CALL") if calls else ("LDL", "STL")
        for each in loop:
            if each.multiplies or each.name in forbidden:
                raise SassError(f"{where}: expected no {each.opcode} in the main loop, but got "
                                f"'{each.opcode} {', '.join(each.operands)}'")
            if each.name in MATRIX and each.name != options.main_loop:
                raise SassError(f"{where}: expected no {each.name} beside {options.main_loop}")
    if options.wide_loads:
        for each in loop:
            if each.name in ("LDG", "LDGSTS") and "128" not in each.opcode:
                raise SassError(f"{where}: expected 128-bit global loads in the main loop, "
                                f"but got '{each.opcode}'")


def main(arguments=None):
    parser = argparse.ArgumentParser(
        prog="python -m quantc.sass", description="assembles kernels and checks the machine code")
    parser.add_argument("files", nargs="+", metavar="FILE",
                        help="PTX, or MLIR with gpu.binary ops")
    parser.add_argument("--chip", help="as ptxas -arch; otherwise the module's own")
    parser.add_argument("--kernel", metavar="REGEX", default="",
                        help="the gates below hold for kernels whose name has a match")
    parser.add_argument("--max-registers", type=int, metavar="N")
    parser.add_argument("--planned", action="store_true",
                        help="each kernel has to say which occupancy it is planned for")
    parser.add_argument("--ctas", type=int, metavar="N",
                        help="registers have to leave room for N CTAs on a multiprocessor, "
                             "whatever is planned")
    parser.add_argument("--main-loop", metavar="OPCODE",
                        help="matrix instruction that the main loop has to have (IMMA, HMMA, QMMA, IDP)")
    parser.add_argument("--wide-loads", action="store_true",
                        help="global loads of the main loop have to move 16 bytes a lane")
    parser.add_argument("--json", action="store_true", help="print one JSON object a kernel")
    options = parser.parse_args(arguments)
    try:
        checked = 0
        for path in options.files:
            for kernel in assemble(path, options.chip):
                if re.search(options.kernel, kernel.name):
                    check(f"{path}: {kernel.name}", kernel, options)
                    checked += 1
                summary = kernel.summary()
                if options.json:
                    print(json.dumps(summary))
                else:
                    counts = " ".join(f"{name}={count}" for name, count in summary["counts"].items())
                    print(f"{kernel.name}: registers={kernel.registers} "
                          f"instructions={summary['instructions']} loop={summary['loop']}: {counts}")
        if not checked:
            raise SassError(f"{options.files[0]}: expected a kernel that matches '{options.kernel}', but got none")
    except (SassError, OSError) as error:
        print(f"sass: error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
