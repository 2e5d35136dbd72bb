#!/usr/bin/env bash
# What Weir costs, on a machine that has nothing yet (Debian 12): installs what is missing, builds, and measures everything
# beside HAProxy and MySQL Router: within 20 minutes on two processors; --quick in three, when it is built. Figures and plots
# are in bench/results/COMMIT at the end.
#
#   bench/run.sh [--quick] [options of bench/suite.py]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tests/packages.sh

case ${1:-} in -h | --help) sed -n '2,6s/^# \{0,1\}//p' "$0"; exec bench/suite.py --help ;; esac
quick=()
for word in "$@"; do [ "$word" = --quick ] && quick=(--quick); done

install_missing "${build_packages[@]}" "${server_packages[@]}" "${bench_packages[@]}" || echo "run.sh: not everything could be installed; going on with what is here"
precompile=()
[ -e build/release/build.ninja ] || precompile=(-D WEIR_PRECOMPILE=ON)  # from nothing it is faster
cmake --preset release "${precompile[@]}" >/dev/null
ninja -C build/release weir weir_load weir_null_server bench_micro

bench/suite.py "$@"
bench/sysbench.py "${quick[@]}"
bench/run.py --instructions --calls "${quick[@]}"
bench/run.py --gate "${quick[@]}"
