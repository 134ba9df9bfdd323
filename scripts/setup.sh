#!/bin/sh
# Makes a bare machine ready: npm packages, and Redis from the system's packages. Does nothing that is done already. Where a
# person is there, it asks before it installs something into the system.
# usage: setup.sh [--redis]    --redis: a Redis server is needed even if REDIS_URL names one (the tests start their own)
set -eu
cd "$(dirname "$0")/.."

say() { printf 'redisim: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

log=$(mktemp)
trap 'rm -f "$log"' EXIT
trap 'exit 130' INT
# Runs a command without its chatter, which is shown only when it fails.
quietly() { "$@" >"$log" 2>&1 </dev/null || { tail -n 20 "$log" >&2; return 1; }; }

node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' ||
  fail "Node 20.19 or newer is needed, this is $(node -v): see https://nodejs.org/en/download"

# Tells every five seconds how far npm has come, until this script ends or kills it: npm itself says nothing meanwhile.
tell_progress() {
  waited=0
  while sleep 5 && kill -0 $$ 2>/dev/null; do
    waited=$((waited + 5))
    say "... $waited s, $(find node_modules -maxdepth 3 -name package.json 2>/dev/null | wc -l | tr -d ' ') packages so far"
  done
}

# npm writes .package-lock.json last, so it also tells an installation that was interrupted. The packages need no
# install scripts, and none are run.
if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  say 'installing npm packages, once (up to a minute) ...'
  tell_progress &
  progress=$!
  quietly npm ci --ignore-scripts --no-audit --no-fund --loglevel=error || { kill $progress; fail 'npm ci failed, see above'; }
  kill $progress
fi

has() { command -v "$1" >/dev/null 2>&1; }
# A setting may also be in .env.
is_set() { eval "[ -n \"\${$1:-}\" ]" || grep -qs "^$1=." .env; }

needs_redis() {
  ! has redis-server && ! has valkey-server && ! is_set REDIS_SERVER_BIN || return 1
  [ "${1:-}" = --redis ] || ! is_set REDIS_URL
}

# The command that installs Redis on this system, as one can type it.
sudo=$([ "$(id -u)" -eq 0 ] || echo 'sudo ')
install_command() {
  if has apt-get; then echo "${sudo}apt-get update && ${sudo}apt-get install -y --no-install-recommends redis-server"
  elif has apk; then echo "${sudo}apk add redis"
  elif has dnf; then echo "${sudo}dnf install -y valkey || ${sudo}dnf install -y redis"
  elif has pacman; then echo "${sudo}pacman -S --noconfirm valkey"
  elif has zypper; then echo "${sudo}zypper --non-interactive install redis"
  elif has brew; then echo 'brew install redis'
  fi
}

# A person is there, and no machine that can't answer.
is_attended() { [ -t 0 ] && [ -z "${CI:-}" ]; }

may_install() {
  is_attended || return 0
  printf 'redisim: Redis is needed and not installed. Run this now?\n\n  %s\n\n[Y/n] ' "$1" >&2
  read -r answer || return 1
  case $answer in '' | [Yy]*) return 0 ;; *) return 1 ;; esac
}

if needs_redis "$@"; then
  other='or set REDIS_URL to a Redis that is running'
  command=$(install_command)
  [ -n "$command" ] || fail "Redis 7 or newer, or Valkey, must be installed by hand; $other"
  may_install "$command" || fail "nothing was installed. Type: $command   ($other)"
  say "installing Redis: $command"
  # Here it can ask for the password; below nobody would see the question.
  case $command in sudo*) ! is_attended || sudo -v || true ;; esac
  export DEBIAN_FRONTEND=noninteractive
  quietly sh -c "$command" || fail "Redis could not be installed. Type: $command   ($other)"
  # Debian starts a Redis of its own on port 6379 with it, which nobody asked for.
  case $command in *apt-get*)
    if [ -d /run/systemd/system ]; then
      quietly ${sudo}systemctl disable --now redis-server || true
      say 'the Redis service of the system was not left running: redisim starts its own'
    fi ;;
  esac
fi
