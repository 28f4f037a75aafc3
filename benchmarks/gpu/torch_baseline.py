"""torch_baseline.py PROBLEMS ROUNDS: torch._int_mm and torch._scaled_mm on the
products of problems.txt, warm, on random data; one JSON object a line. Says so and
succeeds where PyTorch is not there."""

import json
import statistics
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


def main():
    rounds = int(sys.argv[2])
    for line in open(sys.argv[1]):
        name, _, m, n, k, kind = line.split()
        if kind == "-":
            continue
        row = {"part": "torch", "problem": name}
        try:
            call = call_of(kind, int(m), int(n), int(k))
            microseconds(call, 3)
            calls = max(1, min(1000, int(2000 / max(microseconds(call, 3), 0.5))))
            times = [microseconds(call, calls) for _ in range(rounds)]
            low, median, high = statistics.quantiles(times, n=4) if rounds > 1 else times * 3
            row["microseconds"] = {"median": median, "low": low, "high": high}
        except RuntimeError as error:
            row["why"] = str(error).splitlines()[0]
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
