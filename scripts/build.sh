#!/bin/sh
# Compiles src to dist, with what the compiler does not copy, and builds the chat page into dist/web.
# usage: build.sh [--web]    --web: the page alone
set -eu
cd "$(dirname "$0")/.."

if [ "${1:-}" != --web ]; then
  rm -rf dist
  ./node_modules/.bin/tsc -p tsconfig.build.json
  find src -path src/web -prune -o -type f ! -name '*.ts' -print | while read -r file; do
    target="dist/${file#src/}"
    mkdir -p "$(dirname "$target")"
    cp "$file" "$target"
  done
fi
log=$(mktemp)
npm run --silent build -w src/web >"$log" 2>&1 || { cat "$log" >&2; rm -f "$log"; exit 1; }
rm -f "$log"
node scripts/precompress.js dist/web/assets
