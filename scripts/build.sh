#!/bin/sh
# Compiles src to dist, with what the compiler does not copy, and builds the chat page, and the client that it stands on, into
# dist/web. A part that was
# built from what is there now is left as it is.
# usage: build.sh [--web]    --web: the page alone
set -eu
cd "$(dirname "$0")/.."

say() { printf 'redisim: %s\n' "$*" >&2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What a part is built from and what was built, each file with a sum of its contents: clocks do not count, but a file that
# is gone does, and so does a build that is incomplete.
sums() { find "$@" -type f ! -name .built -exec cksum {} + 2>/dev/null | LC_ALL=C sort; }
service_from() {
  sums package-lock.json scripts/build.sh tsconfig.json tsconfig.build.json
  sums src -path src/web -prune -o -path src/client -prune -o
}
service_to() { sums dist -path dist/web -prune -o; }
page_from() {
  sums package-lock.json scripts/build.sh scripts/precompress.js openapi/openapi.json
  # The page has the rules that it shares with the service from there.
  sums src/domain
  sums src/web src/client \( -name node_modules -o -name generated -o -name dist \) -prune -o
}
page_to() { sums dist/web; }

build_service() {
  say 'compiling the service ...'
  # The page's folder is its own.
  [ ! -d dist ] || find dist -mindepth 1 -maxdepth 1 ! -name web -exec rm -rf {} +
  ./node_modules/.bin/tsc -p tsconfig.build.json
  find src -path src/web -prune -o -path src/client -prune -o -type f ! -name '*.ts' -print | while read -r file; do
    target="dist/${file#src/}"
    mkdir -p "$(dirname "$target")"
    cp "$file" "$target"
  done
}

build_page() {
  say 'building the chat page ...'
  rm -f dist/web/.built
  npm run --silent build -w src/web >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
  node scripts/precompress.js dist/web/assets
}

# build_if_changed <part> <folder>: the note of what a part was built from and to is in its folder.
build_if_changed() {
  "$1_from" >"$work/from"
  "$1_to" | cat "$work/from" - >"$work/now"
  ! cmp -s "$work/now" "$2/.built" || return 0
  "build_$1"
  # What was there before it began: a source that has changed meanwhile is not built.
  "$1_to" | cat "$work/from" - >"$2/.built"
}

[ "${1:-}" = --web ] || build_if_changed service dist
build_if_changed page dist/web
