#!/bin/sh
set -eu
GATEWAY=${GATEWAY:-http://127.0.0.1:8787}
TOKEN=${TOKEN:-$(npx tollgate token acme-app)}

curl -sSf "$GATEWAY/v1/chat/completions" -H "authorization: Bearer $TOKEN" -H 'content-type: application/json' \
  -d '{"model":"amazon.nova-lite-v1:0","messages":[{"role":"user","content":"hello"}]}'
echo
curl -sSfN "$GATEWAY/v1/chat/completions" -H "authorization: Bearer $TOKEN" -H 'content-type: application/json' \
  -d '{"model":"amazon.nova-lite-v1:0","stream":true,"messages":[{"role":"user","content":"hello again"}]}'
