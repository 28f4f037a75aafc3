#!/usr/bin/env bash
# run.sh OUTDIR: runs everything of this folder (made by package.py) on the GPU
# and writes OUTDIR/results.jsonl, one JSON object a line. Parts are independent:
# what fails is noted there, the rest goes on. QUANTC_DEVICE=emulator, with
# QUANTC_DRIVER and LD_LIBRARY_PATH for its library, tries the folder without one.
set -u
[ $# = 1 ] || { echo "usage: run.sh OUTDIR" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1" && out=$(cd "$1" && pwd) || exit 2
device=${QUANTC_DEVICE:-cuda}
rounds=${QUANTC_ROUNDS:-21}
results=$out/results.jsonl
failed=0
: > "$results"

# part NAME SECONDS COMMAND...: its standard output goes to the results.
part() {
  local name=$1 limit=$2; shift 2
  echo "run: $name"
  timeout -k 5 "$limit" "$@" > "$out/$name.out" 2> "$out/$name.err"
  local status=$?
  grep '^{' "$out/$name.out" >> "$results"
  [ $status = 0 ] || failed=1
  printf '{"part": "%s", "status": %d, "message": "%s"}\n' "$name" $status \
    "$(tail -n 1 "$out/$name.err" | tr -d '"\\' | tr -cd '[:print:]')" >> "$results"
}

if command -v nvidia-smi > /dev/null; then
  fields=name,driver_version,clocks.max.sm,clocks.max.mem,power.limit,temperature.gpu
  printf '{"part": "device", "fields": "%s", "values": "%s"}\n' $fields \
    "$(nvidia-smi --query-gpu=$fields --format=csv,noheader | head -n 1 | tr -d '"\\')" >> "$results"
fi

# Arithmetic of instructions, and of whole models, first: figures of wrong
# results are worth nothing.
part conformance 300 "$here/gpu-conformance" --gtest_brief=1 \
  "--gtest_filter=${QUANTC_CONFORMANCE:-*}" "--gtest_output=json:$out/conformance.json"
[ -s "$out/conformance.json" ] &&
  printf '{"part": "conformance", "report": %s}\n' "$(tr -d '\n' < "$out/conformance.json")" >> "$results"
models=("$here"/models/*/)
if [ -d "${models[0]}" ]; then
  part models 300 "$here/gpu-models" "$device" "${models[@]%/}"
fi
part gemm 600 "$here/gpu-gemm" "$device" "$here/gemm" "$rounds"
if [ "$device" = cuda ] && command -v python3 > /dev/null; then
  part torch 600 python3 "$here/torch_baseline.py" "$device" "$here/gemm" "$rounds"
fi
echo "run: results in $results"
exit $failed
