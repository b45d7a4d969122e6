// cel-oracle answers CEL expressions as kube-apiserver does for a ValidatingAdmissionPolicy: one JSON object a line in, one a line out.
// docs/cel.md says what the lines hold.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"k8s.io/apiserver/pkg/cel/environment"
)

// line is one question: an expression and what its variables hold.
type line struct {
	Expr      string           `json:"expr"`
	Object    json.RawMessage  `json:"object,omitempty"`
	OldObject json.RawMessage  `json:"oldObject,omitempty"`
	Params    json.RawMessage  `json:"params,omitempty"`
	Request   json.RawMessage  `json:"request,omitempty"`
	Variables []policyVariable `json:"variables,omitempty"`
	Repeat    int              `json:"repeat,omitempty"`
}

// answer is what Kubernetes says of a line: a compile error, or a type and the outcome of evaluating it.
type answer struct {
	Expr         string `json:"expr"`
	CompileError string `json:"compileError,omitempty"`
	// cel-go panicked while it compiled: there is no right answer.
	Panic string `json:"panic,omitempty"`
	Type  string `json:"type,omitempty"`
	outcome
	// What further evaluations gave that the first did not: Go walks its maps in random order.
	Also []outcome `json:"also,omitempty"`
	// The overloads that it calls, where the flag asks for them.
	Overloads []string `json:"overloads,omitempty"`
}

func main() {
	stored := flag.Bool("stored", false, "the environment of stored expressions: what 1.37 runs, not just what it lets in")
	list := flag.Bool("list", false, "print the overloads of the environment and end")
	called := flag.Bool("overloads", false, "say of each expression which overloads it calls")
	policies := flag.Bool("policies", false, "answer what whole policies say of updates instead; policies.go says what the lines hold")
	flag.Parse()
	if *policies {
		if err := answerPolicies(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	mode := environment.NewExpressions
	if *stored {
		mode = environment.StoredExpressions
	}
	if *list {
		fmt.Println(strings.Join(newOverloads(mode).all(), "\n"))
		return
	}
	compiler := newCompiler(mode)
	if *called {
		compiler.overloads = newOverloads(mode)
	}
	if err := answerAll(os.Stdin, os.Stdout, compiler); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func answerAll(input io.Reader, output io.Writer, compiler *compiler) error {
	decoder := json.NewDecoder(bufio.NewReaderSize(input, 1<<20))
	writer := bufio.NewWriter(output)
	encoder := json.NewEncoder(writer)
	encoder.SetEscapeHTML(false)
	for {
		var question line
		if err := decoder.Decode(&question); err == io.EOF {
			return writer.Flush()
		} else if err != nil {
			return err
		}
		reply, err := compiler.answer(question)
		if err != nil {
			return fmt.Errorf("%s: %w", question.Expr, err)
		}
		if err := encoder.Encode(reply); err != nil {
			return err
		}
		// Whoever asks one line at a time waits for its answer.
		if decoder.Buffered().(interface{ Len() int }).Len() <= 1 {
			if err := writer.Flush(); err != nil {
				return err
			}
		}
	}
}
