#!/usr/bin/env bash
# Builds the images of helm/Dockerfile with buildah or docker: images.sh [ARCHIVES]
# Layers that nothing changed for are used again. With a directory ARCHIVES, each image is also saved there as a tar
# file, if it changed. From the environment: REGISTRY (the prefix of the names, default localhost), TAG (default: the
# project's version), BASE (the base image), BUILD_FLAGS (handed on to the builder).
set -euo pipefail
cd "$(dirname "$0")/.."
archives=${1:-}
registry=${REGISTRY:-localhost}
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml)
tag=${TAG:-$version}
read -ra flags <<< "${BUILD_FLAGS:-}"
[ -z "${BASE:-}" ] || flags+=(--build-arg "BASE=$BASE")

if command -v buildah > /dev/null; then
  build() { buildah bud --quiet --layers --ignorefile helm/Dockerfile.dockerignore "$@" > /dev/null; }
  identity() { buildah inspect --type image --format '{{.FromImageID}}' "$1"; }
  save() { buildah push --quiet "$1" "docker-archive:$2:$1"; }
elif command -v docker > /dev/null; then
  build() { docker build --quiet "$@" > /dev/null; }
  identity() { docker image inspect --format '{{.Id}}' "$1"; }
  save() { docker save --output "$2" "$1"; }
else
  echo "neither buildah nor docker is here; install one of them (Debian: apt-get install buildah)" >&2
  exit 1
fi

for target in hub node evaluation; do
  name=$registry/oncordia-$target:$tag
  echo "$name: building"
  build ${flags[@]+"${flags[@]}"} --target "$target" --tag "$name" --file helm/Dockerfile .
  [ -n "$archives" ] || continue
  mkdir -p "$archives"
  archive=$archives/oncordia-$target.tar
  now="$name $(identity "$name")"
  if [ -f "$archive" ] && [ "$(cat "$archive.id" 2> /dev/null)" = "$now" ]; then
    echo "$name: $archive is as it was"
    continue
  fi
  rm -f "$archive" "$archive.id"
  save "$name" "$archive"
  echo "$now" > "$archive.id"
  echo "$name: saved as $archive"
done
