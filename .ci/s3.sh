#!/usr/bin/env bash
# Runs on a bucket: starts a server that speaks S3 on loopback and the tests of `coordinator/tests/bucket.rs` against it.
#
#   .ci/s3.sh [OPTION OF THE TESTS...]
#
# Needs cargo and python3 with venv. S3_VENV names a virtual environment that has the server already.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec </dev/null
export CARGO_TERM_COLOR=never NO_COLOR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
unset RUST_LOG RUST_BACKTRACE

work=$(mktemp -d)
server=""
ended() {
    [[ -z $server ]] || kill "$server" 2>/dev/null || true
    rm -rf "$work"
}
trap ended EXIT
trap 'exit 130' INT TERM

venv=${S3_VENV:-$work/venv}
if [[ ! -x $venv/bin/moto_server ]]; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --requirement .ci/s3-requirements.txt
fi

port=$(python3 -c 'import socket; found = socket.socket(); found.bind(("127.0.0.1", 0)); print(found.getsockname()[1])')
"$venv/bin/moto_server" --host 127.0.0.1 --port "$port" >"$work/server.txt" 2>&1 &
server=$!

export AWS_ENDPOINT_URL="http://127.0.0.1:$port" AWS_ALLOW_HTTP=true AWS_REGION=us-east-1
export AWS_ACCESS_KEY_ID=loopback AWS_SECRET_ACCESS_KEY=loopback
for _ in $(seq 100); do
    kill -0 "$server" || { cat "$work/server.txt"; exit 1; }
    if curl --silent --fail --request PUT "$AWS_ENDPOINT_URL/bazaar" >"$work/bucket.txt" 2>&1; then break; fi
    sleep 0.1
done
curl --silent --fail --head "$AWS_ENDPOINT_URL/bazaar" >/dev/null

cargo test --package coordinator --features s3 --test bucket -- "$@"
