#!/bin/sh
# Builds moltbot from this checkout and puts it on your path.
#   ./install.sh            into ~/.local/bin
#   PREFIX=/usr/local ./install.sh
set -eu
cd "$(dirname "$0")"
bin="${PREFIX:-$HOME/.local}/bin"
if command -v npm >/dev/null 2>&1; then
  npm run build
elif command -v bun >/dev/null 2>&1; then
  bun run build
else
  echo "install.sh: it takes npm (comes with Node) or bun to build moltbot: install one of them" >&2
  exit 1
fi
mkdir -p "$bin"
# Renamed into place, so that a running gateway keeps its own file until it is restarted.
cp dist/moltbot "$bin/.moltbot.new"
mv "$bin/.moltbot.new" "$bin/moltbot"
echo "installed $bin/moltbot"
case ":$PATH:" in
  *":$bin:"*) ;;
  *) echo "add $bin to your PATH" ;;
esac
