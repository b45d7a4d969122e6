package main

import (
	"slices"

	"github.com/google/cel-go/cel"
	plugincel "k8s.io/apiserver/pkg/admission/plugin/cel"
)

// outcome is what one evaluation gave: a value or an error, and what it has cost.
type outcome struct {
	Value string  `json:"value,omitempty"`
	Error string  `json:"error,omitempty"`
	Cost  *uint64 `json:"cost,omitempty"`
}

func (o outcome) equals(other outcome) bool {
	sameCost := o.Cost == other.Cost || (o.Cost != nil && other.Cost != nil && *o.Cost == *other.Cost)
	return o.Value == other.Value && o.Error == other.Error && sameCost
}

// evaluate runs a program; the cost is its own and that of the policy's variables that it has read.
func evaluate(program cel.Program, ctx plugincel.CompositionContext, given *activation) outcome {
	given.variables = ctx.Variables(given)
	value, details, err := program.ContextEval(ctx, given)
	var result outcome
	if err != nil {
		result.Error = err.Error()
	} else {
		result.Value = notation(value)
	}
	if details != nil && details.ActualCost() != nil {
		cost := *details.ActualCost() + uint64(ctx.GetAndResetCost())
		result.Cost = &cost
	}
	return result
}

// furtherOutcomes evaluates `repeat` times more; the outcomes that differ from the first and from each other.
func furtherOutcomes(first outcome, repeat int, evaluate func() outcome) []outcome {
	var further []outcome
	for range repeat {
		next := evaluate()
		if !first.equals(next) && !slices.ContainsFunc(further, next.equals) {
			further = append(further, next)
		}
	}
	return further
}
