#!/usr/bin/env bash
# Builds the images that the container tests use, from Debian packages alone: no image registry is needed.
#   dten/debian       a minimal Debian (debootstrap)
#   dten/postgres:15  Debian's PostgreSQL 15 behind an entrypoint that understands the official image's variables
#   dten/node         this machine's own node binary
# What exists is skipped; --force builds again. Needs root, docker and debootstrap:
#   apt-get install docker.io debootstrap
# Variables: DTEN_DEBIAN_SUITE and DTEN_DEBIAN_MIRROR (default: this machine's own, from its apt sources).
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
force=${1:-}
export DOCKER_BUILDKIT=0

say() { printf 'docker/build.sh: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
have() { [ "$force" != --force ] && docker image inspect "$1" >/dev/null 2>&1; }

command -v docker >/dev/null || die "docker is missing: apt-get install docker.io"

answers() { timeout 10 docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

start_engine() {
  answers && return
  [ "$(id -u)" = 0 ] || die "the docker engine does not answer, and only root can start one"
  command -v dockerd >/dev/null || die "dockerd is missing: apt-get install docker.io"
  local log=${DTEN_DOCKERD_LOG:-/var/log/dten-dockerd.log}
  say "starting dockerd (log: $log)"
  setsid nohup dockerd >"$log" 2>&1 </dev/null &
  for _ in $(seq 1 60); do
    answers && return
    sleep 1
  done
  tail -n 20 "$log" >&2
  die "dockerd did not answer within 60 s"
}

# The mirror and the suite of this machine's own apt sources, deb822 (*.sources) or one line a source (*.list).
apt_mirror() {
  local suite=$1
  # Either kind of file may be absent.
  { cat /etc/apt/sources.list.d/*.sources 2>/dev/null || true; } | awk -v suite="$suite" '
    /^URIs:/ { uri = $2 }
    /^Suites:/ { for (i = 2; i <= NF; i++) if ($i == suite) { print uri; exit } }'
  { cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null || true; } | awk -v suite="$suite" '
    $1 == "deb" { sub(/\[[^]]*\] /, ""); if ($3 == suite) { print $2; exit } }'
}

build_base() {
  have dten/debian && return
  command -v debootstrap >/dev/null || die "debootstrap is missing: apt-get install debootstrap"
  [ "$(id -u)" = 0 ] || die "debootstrap needs root"
  local suite mirror work
  suite=${DTEN_DEBIAN_SUITE:-$(. /etc/os-release && echo "${VERSION_CODENAME:-}")}
  [ -n "$suite" ] || die "set DTEN_DEBIAN_SUITE: this machine does not say its own"
  mirror=${DTEN_DEBIAN_MIRROR:-$(apt_mirror "$suite" | sed -n 1p)}
  [ -n "$mirror" ] || die "set DTEN_DEBIAN_MIRROR: no apt source of this machine has the suite $suite"
  work=$(mktemp -d)
  say "building dten/debian ($suite)"
  debootstrap --variant=minbase "$suite" "$work/root" "$mirror" >"$work/log" 2>&1 ||
    { tail -n 20 "$work/log" >&2; rm -rf "$work"; die "debootstrap failed"; }
  rm -rf "$work"/root/var/cache/apt/*.bin "$work"/root/var/cache/apt/archives/*.deb \
    "$work"/root/var/lib/apt/lists/* "$work"/root/usr/share/doc/* "$work"/root/usr/share/man/*
  tar -C "$work/root" -c . | docker import --change 'CMD ["/bin/bash"]' - dten/debian >/dev/null
  rm -rf "$work"
}

build_postgres() {
  have dten/postgres:15 && return
  say "building dten/postgres:15"
  docker build --network host -t dten/postgres:15 "$here/postgres" >&2
}

build_node() {
  have dten/node && return
  local work
  work=$(mktemp -d)
  say "building dten/node"
  cp "$here/node/Dockerfile" "$work/"
  cp "$(node -p process.execPath)" "$work/node"
  docker build -t dten/node "$work" >&2
  rm -rf "$work"
}

start_engine
build_base
build_postgres
command -v node >/dev/null && build_node
docker image ls --filter 'reference=dten/*' --format '{{.Repository}}:{{.Tag}} {{.Size}}'
