#!/bin/sh
# Reacts to events of the cluster: watch.sh FOLDER, with what `ca automation create --out FOLDER` has written there.
# Needs the command line of NATS (https://github.com/nats-io/natscli) and jq.
set -eu
folder=$1
handled=$folder/handled
touch "$handled"

setting() { jq -r "$1" "$folder/connection.json"; }
stream=$(setting .stream)
consumer=$(setting .consumer)

bus() {
  nats --no-context --server "$(setting '.servers | join(",")')" --tlsfirst \
    --tlscert "$folder/tls.crt" --tlskey "$folder/tls.key" --tlsca "$folder/ca.crt" \
    --inbox-prefix "$(setting .inboxPrefix)" --js-api-prefix "$(setting .apiPrefix)" "$@"
}

# What your automation does. $1 is the event, as JSON.
react() {
  case $(printf %s "$1" | jq -r .type) in
    easycerts.host.joined)
      printf %s "$1" | jq -r '"joined: \(.data.host) at \(.data.addresses | join(", "))"' ;;
    easycerts.certificate.renewed)
      printf %s "$1" | jq -r '"renewed: \(.data.certificate) of \(.data.host) until \(.data.notAfter)"' ;;
  esac
}

# A host may speak for itself only: the subject, which the bus checks, must agree with the source, which it does not read.
is_true_source() { # subject, source
  case $1 in
    easycerts.v1.host.*)
      host=${1#easycerts.v1.host.}
      case $2 in "/hosts/${host%%.*}/"*) return 0 ;; *) return 1 ;; esac ;;
  esac
}

while :; do
  # One event at a time, so that they stay in order. It comes again after half a minute unless it is acknowledged.
  if ! answer=$(bus consumer next "$stream" "$consumer" --no-ack --timeout 5s 2>/dev/null); then
    sleep 2 # the bus is away
    continue
  fi
  facts=$(printf '%s\n' "$answer" |
    sed -n 's|.* subj: \([^ ]*\) / tries: \([0-9]*\) / cons seq: \([0-9]*\) / str seq: \([0-9]*\) .*|\1 \2.\4.\3|p')
  [ -n "$facts" ] || continue # nothing new
  subject=${facts% *}
  event=$(printf '%s\n' "$answer" | sed -n '/^{/p')
  id=$(printf %s "$event" | jq -r .id)

  # An event may come twice: each is handled once.
  if is_true_source "$subject" "$(printf %s "$event" | jq -r .source)" && ! grep -Fqx -- "$subject $id" "$handled"; then
    react "$event"
    printf '%s\n' "$subject $id" >>"$handled"
  fi
  # Only now: what is not handled must come again.
  bus publish "\$JS.ACK.$stream.$consumer.${facts#* }.0.0" +ACK >/dev/null 2>&1
done
