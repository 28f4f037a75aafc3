#!/usr/bin/env bash
# Writes the generated reference, one page per dialect and per Passes.td, to
# the given folder. test/docs/reference.test fails when the committed pages in
# docs/reference differ from what this writes.
set -euo pipefail
out=${1:?usage: generate-docs.sh FOLDER}
root=$(cd "$(dirname "$0")/.." && pwd)
tblgen=${LLVM_TOOLS:-/usr/lib/llvm-22/bin}/mlir-tblgen
includes=(-I "$root/include" -I /usr/lib/llvm-22/include)
mkdir -p "$out"

page() { # page FILE TITLE SOURCE tblgen-options...
  local file=$1 title=$2 source=$3
  shift 3
  {
    echo "# $title"
    echo
    echo "Generated from \`$source\` by \`make docs\`."
    echo
    # Page titles are ours; the generator's own are one level down.
    "$tblgen" "$@" "${includes[@]}" "$root/$source" | grep -v -e '^<!--' -e '^\[TOC\]$' || true
  } | cat -s >"$out/$file"
}

for entry in QNN/IR/QNNOps:qnn CPU/IR/CPUOps:qnn_cpu GPU/IR/GPUOps:qnn_gpu StableHLO/IR/StableHLOOps:stablehlo StableHLO/IR/CHLOOps:chlo; do
  source=include/quantc/Dialect/${entry%%:*}.td name=${entry##*:}
  page "dialect-$name.md" "Dialect \`$name\`" "$source" -gen-dialect-doc -dialect="$name"
done

(cd "$root" && git ls-files 'include/quantc/**/Passes.td' 'include/quantc/*/Passes.td') | sort -u | while read -r source; do
  name=$(dirname "${source#include/quantc/}" | tr '/' '-' | tr '[:upper:]' '[:lower:]')
  page "passes-$name.md" "Passes of ${source#include/quantc/}" "$source" -gen-pass-doc
done
