// kube-rbac-proxy, the real one, built from its module.
package main

import (
	"os"

	"github.com/brancz/kube-rbac-proxy/cmd/kube-rbac-proxy/app"
	"k8s.io/component-base/cli"
)

func main() {
	os.Exit(cli.Run(app.NewKubeRBACProxyCommand()))
}
