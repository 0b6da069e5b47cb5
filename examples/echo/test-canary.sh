#!/bin/sh
# Sends requests to the echo application and counts the answers per version.
#
#   ./test-canary.sh [-n REQUESTS] [-c CONCURRENCY] [--url URL]
#
# A request fails when there is no answer within 10 s or its status is not 2xx. Exits 1 when any request failed.
set -eu

requests=100
concurrency=4
url=http://localhost:8080

usage() {
  echo "usage: $0 [-n REQUESTS] [-c CONCURRENCY] [--url URL]   (defaults: $requests, $concurrency, $url)"
}

die() {
  echo "$0: $1" >&2
  usage >&2
  exit 2
}

number() {
  case $2 in
    '' | *[!0-9]* | 0) die "$1 takes a whole number above 0, not '$2'" ;;
  esac
}

while [ $# -gt 0 ]; do
  case $1 in
    -n | -c | --url) [ $# -ge 2 ] || die "$1 needs a value" ;;
  esac
  case $1 in
    -n) number -n "$2"; requests=$2; shift 2 ;;
    -c) number -c "$2"; concurrency=$2; shift 2 ;;
    --url) url=$2; shift 2 ;;
    -h | --help) usage; exit 0 ;;
    *) die "unknown argument '$1'" ;;
  esac
done

command -v curl >/dev/null || die "curl is missing: install it"
[ "$concurrency" -le "$requests" ] || concurrency=$requests

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
trap 'exit 130' INT TERM

# One curl for many requests over one connection. Per request: the body, then a line of TAB and status.
worker() {
  {
    echo 'silent'
    echo 'max-time = 10'
    printf '%s\n' 'write-out = "\n\t%{http_code}\n"'
    left=$2
    while [ "$left" -gt 0 ]; do
      echo "url = \"$url\""
      left=$((left - 1))
    done
  } | curl --globoff --config - >"$results/$1" 2>/dev/null || true
}

index=0
while [ "$index" -lt "$concurrency" ]; do
  share=$((requests / concurrency))
  [ "$index" -ge $((requests % concurrency)) ] || share=$((share + 1))
  worker "$index" "$share" &
  index=$((index + 1))
done
wait

echo "$requests requests to $url, $concurrency at a time"
cat "$results"/* | awk -v requests="$requests" '
  /^\t/ {
    status = substr($0, 2)
    if (status !~ /^2/) { failed++; how[status == "000" ? "no answer" : "status " status]++ }
    answered++
    if (status != "000") count[match(body, /v[0-9]+/) ? substr(body, RSTART, RLENGTH) : "no version"]++
    body = ""
    next
  }
  body == "" { body = $0 }
  END {
    failed += requests - answered
    for (version in count) printf "  %-12s %6d  %5.1f %%\n", version, count[version], 100 * count[version] / requests | "sort"
    close("sort")
    printf "  %-12s %6d\n", "failed", failed
    for (kind in how) printf "    %-10s %6d\n", kind, how[kind]
    exit failed > 0
  }
'
