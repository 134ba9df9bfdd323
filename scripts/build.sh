#!/bin/sh
# Compiles src to dist, with what the compiler does not copy.
set -eu
cd "$(dirname "$0")/.."
rm -rf dist
./node_modules/.bin/tsc -p tsconfig.build.json
find src -type f ! -name '*.ts' | while read -r file; do
  target="dist/${file#src/}"
  mkdir -p "$(dirname "$target")"
  cp "$file" "$target"
done
