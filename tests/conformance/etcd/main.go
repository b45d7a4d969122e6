// etcd, built from its own modules: Debian's 3.4 breaks WatchList and watches without a resourceVersion.
package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() {
	etcdmain.Main(os.Args)
}
