#!/usr/bin/env bash
# Brings a bare Debian 12 machine to the point where quantc builds: Debian
# packages, and a private virtual environment in .venv. Says what it does,
# and does nothing that is already done.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(
  libmlir-22-dev mlir-22-tools llvm-22 llvm-22-dev llvm-22-tools clang-22 lld-22
  clang-format-22 clang-tidy-22 libclang-rt-22-dev libzstd-dev zlib1g-dev
  cmake ninja-build ccache gcc libc6-dev libgtest-dev libdnnl-dev python3 python3-dev python3-venv
)

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null || true)
  [ "$status" = "install ok installed" ] || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  sudo=()
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || {
      echo "setup: error: expected root or sudo to install Debian packages: ${missing[*]}" >&2
      exit 1
    }
    sudo=(sudo)
  fi
  echo "setup: installing Debian packages: ${missing[*]}"
  "${sudo[@]}" apt-get update -qq
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    "${missing[@]}" >/dev/null
fi

stamp=.venv/requirements.txt
if ! cmp -s scripts/requirements.txt "$stamp"; then
  echo "setup: installing the pinned Python wheels into .venv"
  /usr/bin/python3 -m venv .venv
  .venv/bin/pip install --quiet --disable-pip-version-check -r scripts/requirements.txt
  chmod +x .venv/lib/python*/site-packages/nvidia/cu13/bin/{ptxas,cuobjdump,nvdisasm,fatbinary}
  cp scripts/requirements.txt "$stamp"
fi
