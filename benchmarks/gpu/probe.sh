#!/usr/bin/env bash
# probe.sh FOLDER [DRIVER]: runs the GPU probe's modules, hand-written PTX for sm_90a
# that FOLDER/launch.cpp compares with exact host arithmetic. Without DRIVER, the
# path of a libcuda.so.1, the emulator of this build runs them, with all its checks.
# A line for each test; exit code 0 if all of them pass.
# CUDA_INCLUDE is the folder of cuda.h, QUANTC_BUILD_DIR that of the build.
set -u
[ $# = 1 ] || [ $# = 2 ] || { echo "usage: probe.sh FOLDER [DRIVER]" >&2; exit 2; }
stop() { echo "probe: error: $*" >&2; exit 2; }
root=$(cd "$(dirname "$0")/../.." && pwd)
folder=$(cd "$1" 2> /dev/null && pwd) || stop "$1: expected the folder of the GPU probe"
for each in launch.cpp modules/bin; do
  [ -e "$folder/$each" ] || stop "$folder: expected $each in the folder of the GPU probe"
done
driver=${2:-${QUANTC_BUILD_DIR:-$root/build}/lib/libquantc_emulator.so}
[ -e "$driver" ] || stop "$driver: expected a driver's library, but it is not there"
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT

# g++ 12 gives a CUtensorMap in a function's result no alignment of 64 bytes.
headers=${CUDA_INCLUDE:-}
for each in "$root"/.venv/lib/python*/site-packages/nvidia/cu13/include "${CUDA_HOME:-/usr/local/cuda}/include"; do
  [ -n "$headers" ] || [ ! -e "$each/cuda.h" ] || headers=$each
done
[ -e "$headers/cuda.h" ] || stop "expected cuda.h in CUDA_INCLUDE, the virtual environment or CUDA_HOME"
# The emulator says itself when a kernel makes no progress, and does not run cubins.
modules=$folder/modules/bin
sources=("$folder/launch.cpp")
if [ $# = 1 ]; then
  modules=$work
  echo 'extern "C" unsigned alarm(unsigned) noexcept { return 0; }' > "$work/alarm.cpp"
  sources+=("$work/alarm.cpp")
fi
"${CXX:-clang++}" -O2 -std=c++17 -I"$headers" "${sources[@]}" -o "$work/launch" -ldl ||
  stop "expected a compiler that builds $folder/launch.cpp"
for each in "$folder"/modules/bin/*.ptx.gz; do
  gunzip -c "$each" > "$work/$(basename "$each" .gz)" || exit 2
done
mkdir "$work/driver" && ln -s "$(realpath "$driver")" "$work/driver/libcuda.so.1"
export LD_LIBRARY_PATH=$work/driver${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}

# What two probes do on purpose: each lane stores the same word (is it the
# same?), and a layout is found by reading all of shared memory.
options_of() {
  case $1 in
  mma_scalar) echo races=off ;;
  wgmma_layouts) echo uninitialized=off ;;
  esac
}

failed=0
for test in $("$work/launch" list); do
  case $test in time_*) [ $# = 2 ] || continue ;; esac # nothing to measure on the emulator
  export QUANTC_EMULATOR=$(options_of "$test")
  begin=$SECONDS
  "$work/launch" "$modules" "$work" "$work/$test.jsonl" "$test" > /dev/null 2> "$work/errors"
  status=$?
  passed=$(grep -c '"status": "pass"' "$work/$test.jsonl" 2> /dev/null)
  wrong=$(grep -cE '"status": "(fail|error|timeout)"' "$work/$test.jsonl" 2> /dev/null)
  verdict=pass
  # Timings and facts are no verdicts.
  case $test in time_*) needed=0 ;; *) needed=1 ;; esac
  if [ $status != 0 ] || [ "${wrong:-0}" != 0 ] || [ "${passed:-0}" -lt $needed ]; then
    verdict="FAIL (status $status) $(cat "$work/$test.jsonl" "$work/errors" 2> /dev/null |
      grep -vE '"status": "(pass|info|time)"' | head -n 4 | tr '\n' ' ')"
    failed=1
  fi
  echo "$test: ${passed:-0} passed, ${wrong:-0} failed, $((SECONDS - begin)) s${QUANTC_EMULATOR:+, $QUANTC_EMULATOR}: $verdict"
done
exit $failed
