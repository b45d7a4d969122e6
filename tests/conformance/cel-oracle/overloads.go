package main

import (
	"slices"

	"github.com/google/cel-go/cel"
	"k8s.io/apiserver/pkg/cel/environment"
	"k8s.io/apiserver/pkg/cel/library"
)

// overloads answers which overloads there are and which of them an expression calls, so that a corpus can show that it misses none.
type overloads struct{ env *cel.Env }

func newOverloads(mode environment.Type) *overloads {
	base, err := environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion()).Env(mode)
	if err != nil {
		panic(err)
	}
	variables := []cel.EnvOption{cel.Variable("authorizer", library.AuthorizerType)}
	for _, name := range []string{"object", "oldObject", "params", "request"} {
		variables = append(variables, cel.Variable(name, cel.DynType))
	}
	env, err := base.Extend(variables...)
	if err != nil {
		panic(err)
	}
	return &overloads{env}
}

// all are the identifiers of every overload of the environment, such as string_to_int.
func (o *overloads) all() []string {
	var ids []string
	for _, function := range o.env.Functions() {
		for _, overload := range function.OverloadDecls() {
			ids = append(ids, overload.ID())
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// calledBy are those that an expression may call; none where it does not compile.
func (o *overloads) calledBy(expression string) (ids []string) {
	// cel-go panics on optional elements whose type is dyn, as those of variables are in this environment.
	defer func() {
		if recover() != nil {
			ids = nil
		}
	}()
	checked, issues := o.env.Compile(expression)
	if issues.Err() != nil {
		return nil
	}
	for _, reference := range checked.NativeRep().ReferenceMap() {
		ids = append(ids, reference.OverloadIDs...)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
