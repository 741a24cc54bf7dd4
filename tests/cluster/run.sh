#!/usr/bin/env bash
# Tests the charts on a real cluster. On the one of KUBECONFIG, whose nodes must be able to get the images of
# `make images` (REGISTRY, TAG), or on the single node that $CLUSTER_DIR brings up here, which needs root.
set -euo pipefail
cd "$(dirname "$0")/../.."
PYTEST=(.venv/bin/pytest --verbosity=1 --exitfirst --capture=no tests/cluster)

if [ -n "${KUBECONFIG:-}" ]; then
  exec "${PYTEST[@]}"
fi
if [ -z "${CLUSTER_DIR:-}" ] && [ "${CI:-}" = true ] && [ -d ../shared/cluster ]; then
  CLUSTER_DIR=../shared/cluster
fi
if [ -z "${CLUSTER_DIR:-}" ]; then
  echo "The tests of the charts are SKIPPED: set KUBECONFIG to a cluster's, or CLUSTER_DIR to a single node's scripts."
  exit 0
fi
if [ "$(id -u)" != 0 ]; then
  if [ "${CI:-}" = true ]; then
    echo "The tests of the charts are SKIPPED: the single node of $CLUSTER_DIR needs root, and this is $(id -un)."
    exit 0
  fi
  echo "The single node of $CLUSTER_DIR needs root, and this is $(id -un): run as root, or set KUBECONFIG." >&2
  exit 1
fi

# From here on, whatever is broken is a failure.
CLUSTER_DIR=$(realpath "$CLUSTER_DIR")
export CLUSTER_HOME=${CLUSTER_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/oncordia-cluster}
mkdir -p "$CLUSTER_HOME"
# A build that was begun before goes on; this call waits for it.
exec 9> "$CLUSTER_HOME/build.lock"
flock 9
echo "The single node: building what is not built yet"
"$CLUSTER_DIR/build.sh"
"$CLUSTER_DIR/base-image.sh"
flock -u 9
exec 9>&-
echo "The images"
export BASE=${BASE:-localhost/python:3.11-slim}
export BUILD_FLAGS=${BUILD_FLAGS:---isolation chroot --network host -v /etc/ssl/certs:/etc/ssl/certs:ro -v /etc/resolv.conf:/etc/resolv.conf:ro}
helm/images.sh dist/images
echo "The single node: starting"
trap '"$CLUSTER_DIR/cluster.sh" down' EXIT
"$CLUSTER_DIR/cluster.sh" up
"$CLUSTER_DIR/cluster.sh" volumes 12
"$CLUSTER_DIR/cluster.sh" load dist/images/oncordia-{hub,node,evaluation}.tar
"$CLUSTER_DIR/cluster.sh" net env PATH="$CLUSTER_HOME/bin:$PATH" KUBECONFIG="$CLUSTER_HOME/state/pki/admin.conf" "${PYTEST[@]}"
