package main

import (
	_ "k8s.io/apimachinery/pkg/api/errors"
	_ "k8s.io/client-go/dynamic"
)

func main() {}
