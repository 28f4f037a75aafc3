"""torch_baseline.py DEVICE FOLDER ROUNDS: torch._int_mm and torch._scaled_mm on the
products of FOLDER/problems.txt, in turns with our bundles and cuBLASLt, which
gpu-gemm beside this file times in a process of its own: warm, on random data. One
JSON object a line, of medians and quartiles. Says so and succeeds where PyTorch is
not there."""

import json
import pathlib
import statistics
import subprocess
import sys

try:
    import torch
except ImportError:
    print(json.dumps({"part": "torch", "why": "PyTorch is not there"}))
    sys.exit(0)


def call_of(kind, m, n, k):
    """A function that multiplies once."""
    if kind == "s8":
        a = torch.randint(-128, 128, (m, k), dtype=torch.int8, device="cuda")
        b = torch.randint(-128, 128, (n, k), dtype=torch.int8, device="cuda")
        return lambda: torch._int_mm(a, b.t())
    types = {"e4m3": torch.float8_e4m3fn, "e5m2": torch.float8_e5m2}
    a = torch.randn(m, k, device="cuda").to(types[kind])
    b = torch.randn(n, k, device="cuda").to(torch.float8_e4m3fn)
    one = torch.ones((), device="cuda")
    return lambda: torch._scaled_mm(a, b.t(), scale_a=one, scale_b=one, out_dtype=torch.bfloat16)


def microseconds(call, calls):
    begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    begin.record()
    for _ in range(calls):
        call()
    end.record()
    end.synchronize()
    return begin.elapsed_time(end) * 1000 / calls


def quartiles(times):
    low, median, high = statistics.quantiles(times, n=4) if len(times) > 1 else times * 3
    return {"median": median, "low": low, "high": high}


class Others:
    """What gpu-gemm times. It waits while we do, and its work has ended when it
    answers."""

    def __init__(self, device, folder, rounds):
        program = pathlib.Path(__file__).resolve().parent / "gpu-gemm"
        self.process = subprocess.Popen([program, device, folder, str(rounds), "--turns"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def turn(self, problem):
        """One sample of our bundle and one of cuBLASLt, or None."""
        try:
            self.process.stdin.write(problem + "\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline().split()
        except BrokenPipeError:
            answer = []
        if len(answer) != 2:
            sys.exit(f"torch_baseline: error: gpu-gemm has no answer for {problem}")
        return [None if each == "-" else float(each) for each in answer]

    def close(self):
        self.process.stdin.close()
        return self.process.wait()


def measure(problem, call, others, rounds):
    """Quartiles of each, by name."""
    microseconds(call, 3)
    calls = max(1, min(1000, int(2000 / max(microseconds(call, 3), 0.5)))) if rounds > 1 else 1
    others.turn(problem)  # until it is warm as well
    samples = {"torch": [], "ours": [], "cublaslt": []}
    for _ in range(rounds):
        samples["torch"].append(microseconds(call, calls))
        ours, cublaslt = others.turn(problem)
        samples["ours"].append(ours)
        samples["cublaslt"].append(cublaslt)
    return {name: quartiles(times) if None not in times else None
            for name, times in samples.items()}


def main():
    device, folder, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
    others = Others(device, folder, rounds)
    for line in (pathlib.Path(folder) / "problems.txt").read_text().splitlines():
        name, _, m, n, k, kind = line.split()
        if kind == "-":
            continue
        row = {"part": "torch", "problem": name, "rounds": rounds}
        try:
            call = call_of(kind, int(m), int(n), int(k))
            row["microseconds"] = measure(name, call, others, rounds)
        except RuntimeError as error:
            row["why"] = str(error).splitlines()[0]
        print(json.dumps(row), flush=True)
    return others.close()


if __name__ == "__main__":
    sys.exit(main())
