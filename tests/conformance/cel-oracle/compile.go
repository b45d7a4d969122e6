package main

import (
	"context"
	"fmt"

	"github.com/google/cel-go/cel"
	plugincel "k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/cel/environment"
)

// policyVariable is one of spec.variables of a policy.
type policyVariable struct {
	Name       string `json:"name"`
	Expression string `json:"expression"`
}

func (v policyVariable) GetName() string          { return v.Name }
func (v policyVariable) GetExpression() string    { return v.Expression }
func (v policyVariable) ReturnTypes() []*cel.Type { return []*cel.Type{cel.AnyType, cel.DynType} }

// anything is an expression that may have any type.
type anything string

func (e anything) GetExpression() string    { return string(e) }
func (e anything) ReturnTypes() []*cel.Type { return []*cel.Type{cel.AnyType} }

// Policies may have parameters and always have an authorizer.
var declared = plugincel.OptionalVariableDeclarations{HasParams: true, HasAuthorizer: true}

type compiler struct {
	mode environment.Type
	// The compiler of every line without variables: making one takes longer than compiling.
	plain *plugincel.CompositedCompiler
	// Asked which overloads an expression calls; may be nil.
	overloads *overloads
}

func newCompiler(mode environment.Type) *compiler {
	return &compiler{mode: mode, plain: newCompositedCompiler()}
}

func newCompositedCompiler() *plugincel.CompositedCompiler {
	// Policies compile against the environment of one minor version before, as kube-apiserver has it.
	compiler, err := plugincel.NewCompositedCompiler(environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion()))
	if err != nil {
		panic(err)
	}
	return compiler
}

// answer compiles a line and evaluates it where it compiles; the error is one of the line itself.
func (c *compiler) answer(question line) (answer, error) {
	composited := c.plain
	if len(question.Variables) > 0 {
		composited = newCompositedCompiler()
	}
	reply := answer{Expr: question.Expr}
	for _, variable := range question.Variables {
		if result := composited.CompileAndStoreVariable(variable, declared, c.mode); result.Error != nil {
			reply.CompileError = "variable " + variable.Name + ": " + result.Error.Error()
			return reply, nil
		}
	}
	compiled, panicked := c.compile(composited, question.Expr)
	if panicked != "" {
		reply.Panic = panicked
		return reply, nil
	}
	if compiled.Error != nil {
		reply.CompileError = compiled.Error.Error()
		return reply, nil
	}
	if c.overloads != nil {
		reply.Overloads = c.overloads.calledBy(question.Expr)
	}
	reply.Type = compiled.OutputType.String()
	given, err := newActivation(question)
	if err != nil {
		return reply, err
	}
	evaluate := func() outcome {
		return evaluate(compiled.Program, composited.CreateContext(context.Background()), given)
	}
	reply.outcome = evaluate()
	reply.Also = furtherOutcomes(reply.outcome, question.Repeat, func() outcome {
		// What is constant is evaluated while it compiles.
		compiled, _ = c.compile(composited, question.Expr)
		return evaluate()
	})
	return reply, nil
}

// compile also says with which message cel-go panicked, as it does on a few expressions; kube-apiserver answers those with 500.
func (c *compiler) compile(composited *plugincel.CompositedCompiler, expression string) (result plugincel.CompilationResult, panicked string) {
	defer func() {
		if reason := recover(); reason != nil {
			panicked = fmt.Sprint(reason)
		}
	}()
	return composited.CompileCELExpression(anything(expression), declared, c.mode), ""
}
