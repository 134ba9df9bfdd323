#!/bin/sh
# Makes a bare machine ready: npm packages, and Redis from the system's packages. Does nothing that is done already.
# usage: setup.sh [--redis]    --redis: a Redis server is needed even if REDIS_URL names one (the tests start their own)
set -eu
cd "$(dirname "$0")/.."

say() { printf 'redisim: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

log=$(mktemp)
trap 'rm -f "$log"' EXIT
# Runs a command without its chatter, which is shown only when it fails.
quietly() { "$@" >"$log" 2>&1 </dev/null || { tail -n 20 "$log" >&2; return 1; }; }

node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' ||
  fail "Node 20.19 or newer is needed, this is $(node -v): see https://nodejs.org/en/download"

# npm writes .package-lock.json last, so it also tells an installation that was interrupted. The packages need no
# install scripts, and none are run.
if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  say 'installing npm packages (about a minute) ...'
  quietly npm ci --ignore-scripts --no-audit --no-fund --loglevel=error || fail 'npm ci failed, see above'
fi

has() { command -v "$1" >/dev/null 2>&1; }
# A setting may also be in .env.
is_set() { eval "[ -n \"\${$1:-}\" ]" || grep -qs "^$1=." .env; }

needs_redis() {
  ! has redis-server && ! has valkey-server && ! is_set REDIS_SERVER_BIN || return 1
  [ "${1:-}" = --redis ] || ! is_set REDIS_URL
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"
  elif has sudo; then sudo "$@"
  else return 1
  fi
}

install_redis() {
  if has apt-get; then
    quietly as_root apt-get update -qq || return 1
    quietly as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends redis-server || return 1
    # Debian starts a Redis of its own on port 6379 with it, which nobody asked for.
    if [ -d /run/systemd/system ]; then
      quietly as_root systemctl disable --now redis-server || true
      say "the Redis service of the system was not left running: redisim starts its own"
    fi
  elif has apk; then quietly as_root apk add --no-cache redis
  elif has dnf; then quietly as_root dnf install -y valkey || quietly as_root dnf install -y redis
  elif has pacman; then quietly as_root pacman -S --noconfirm valkey
  elif has zypper; then quietly as_root zypper --non-interactive install redis
  elif has brew; then quietly brew install redis
  else return 1
  fi
}

how_to_install() {
  if has apt-get; then echo 'sudo apt-get install -y redis-server'
  elif has apk; then echo 'sudo apk add redis'
  elif has dnf; then echo 'sudo dnf install -y valkey'
  elif has pacman; then echo 'sudo pacman -S valkey'
  elif has zypper; then echo 'sudo zypper install -y redis'
  elif has brew; then echo 'brew install redis'
  fi
}

if needs_redis "$@"; then
  say 'installing Redis from the system'\''s packages ...'
  has sudo && [ "$(id -u)" -ne 0 ] && [ -t 0 ] && sudo -v || true
  if ! install_redis; then
    command=$(how_to_install)
    [ -n "$command" ] && fail "Redis could not be installed. Type: $command   (or set REDIS_URL to a running one)"
    fail 'Redis 7 or newer, or Valkey, must be installed by hand; or set REDIS_URL to a running one'
  fi
fi
