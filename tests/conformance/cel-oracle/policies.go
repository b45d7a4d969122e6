package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	apiunstructured "k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/admission"
	plugincel "k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/cel/environment"
)

// policyLine is a question of the mode -policies: some updates of jobs, and which of them each policy is about.
type policyLine struct {
	Updates []update `json:"updates"`
	Asks    []struct {
		Policy admissionregistrationv1.ValidatingAdmissionPolicy `json:"policy"`
		// A ConfigMap, or absent.
		Params json.RawMessage `json:"params,omitempty"`
		// Places in Updates.
		Of []int `json:"of"`
	} `json:"asks"`
}

// update is one update of a job as a registry hands it to admission.
type update struct {
	Object    json.RawMessage           `json:"object"`
	OldObject json.RawMessage           `json:"oldObject"`
	Resource  string                    `json:"resource"`
	User      authenticationv1.UserInfo `json:"user"`
	Options   metav1.UpdateOptions      `json:"options"`
}

// verdict is what the policy itself says: what its bindings make of it is up to the caller.
type verdict struct {
	// The messages of the decisions that deny.
	Denials []string `json:"denials,omitempty"`
	// The errors of audit annotations that deny, whatever the binding's actions are.
	AnnotationErrors []string `json:"annotationErrors,omitempty"`
	// Something could not be evaluated, whether or not that denies.
	Failed bool `json:"failed,omitempty"`
}

// answerPolicies answers each line with a list for each of its asks, of a verdict for each update that it is of.
func answerPolicies(input io.Reader, output io.Writer) error {
	decoder := json.NewDecoder(bufio.NewReaderSize(input, 1<<20))
	writer := bufio.NewWriter(output)
	encoder := json.NewEncoder(writer)
	for {
		var question policyLine
		if err := decoder.Decode(&question); err == io.EOF {
			return writer.Flush()
		} else if err != nil {
			return err
		}
		verdicts, err := verdictsOf(question)
		if err != nil {
			return err
		}
		if err := encoder.Encode(verdicts); err != nil {
			return err
		}
	}
}

func verdictsOf(question policyLine) ([][]verdict, error) {
	updates := make([]*admission.VersionedAttributes, len(question.Updates))
	for i, one := range question.Updates {
		attributes, err := attributesOf(one)
		if err != nil {
			return nil, err
		}
		updates[i] = attributes
	}
	all := make([][]verdict, len(question.Asks))
	for i, ask := range question.Asks {
		validator, err := validatorOf(ask.Policy)
		if err != nil {
			return nil, err
		}
		params, err := objectOf(ask.Params)
		if err != nil {
			return nil, err
		}
		all[i] = make([]verdict, len(ask.Of))
		for j, place := range ask.Of {
			all[i][j] = verdictOf(validator, updates[place], params)
		}
	}
	return all, nil
}

func verdictOf(validator validating.Validator, update *admission.VersionedAttributes, params *apiunstructured.Unstructured) verdict {
	var given runtime.Object
	if params != nil {
		given = params
	}
	result := validator.Validate(context.Background(), update.GetResource(), update, given, nil, celconfig.RuntimeCELCostBudget, teamAuthorizer{})
	var found verdict
	for _, decision := range result.Decisions {
		if decision.Action == validating.ActionDeny {
			found.Denials = append(found.Denials, decision.Message)
		}
		found.Failed = found.Failed || decision.Evaluation == validating.EvalError
	}
	for _, annotation := range result.AuditAnnotations {
		if annotation.Action == validating.AuditAnnotationActionError {
			found.AnnotationErrors = append(found.AnnotationErrors, annotation.Error)
		}
		found.Failed = found.Failed || annotation.Error != ""
	}
	return found
}

func attributesOf(one update) (*admission.VersionedAttributes, error) {
	object, err := objectOf(one.Object)
	if err != nil {
		return nil, err
	}
	old, err := objectOf(one.OldObject)
	if err != nil {
		return nil, err
	}
	kind := object.GroupVersionKind()
	resource := schema.GroupVersionResource{Group: kind.Group, Version: kind.Version, Resource: one.Resource}
	extra := make(map[string][]string, len(one.User.Extra))
	for key, values := range one.User.Extra {
		extra[key] = values
	}
	caller := &user.DefaultInfo{Name: one.User.Username, UID: one.User.UID, Groups: one.User.Groups, Extra: extra}
	options := one.Options
	options.SetGroupVersionKind(metav1.SchemeGroupVersion.WithKind("UpdateOptions"))
	dryRun := len(options.DryRun) > 0
	attributes := admission.NewAttributesRecord(
		object, old, kind, old.GetNamespace(), old.GetName(), resource, "", admission.Update, &options, dryRun, caller)
	return &admission.VersionedAttributes{
		Attributes: attributes, VersionedKind: kind,
		VersionedObject: admission.NewLazyObject(object), VersionedOldObject: admission.NewLazyObject(old),
	}, nil
}

// objectOf reads an object as an API server reads a custom one; nil where there is none.
func objectOf(text json.RawMessage) (*apiunstructured.Unstructured, error) {
	if len(text) == 0 {
		return nil, nil
	}
	object := &apiunstructured.Unstructured{}
	if err := object.UnmarshalJSON(text); err != nil {
		return nil, fmt.Errorf("%.200s: %w", text, err)
	}
	return object, nil
}

// validatorOf compiles a policy with the types that kube-apiserver's plugin gives its expressions; that function of it is not exported.
// An expression that does not compile is an error: no API server would have taken the policy.
func validatorOf(policy admissionregistrationv1.ValidatingAdmissionPolicy) (validating.Validator, error) {
	hasParams := policy.Spec.ParamKind != nil
	whole := plugincel.OptionalVariableDeclarations{HasParams: hasParams, HasAuthorizer: true}
	ofMessages := plugincel.OptionalVariableDeclarations{HasParams: hasParams}
	mode := environment.StoredExpressions
	compiler := newCompositedCompiler()
	for _, variable := range policy.Spec.Variables {
		named := policyVariable{Name: variable.Name, Expression: variable.Expression}
		if result := compiler.CompileAndStoreVariable(named, whole, mode); result.Error != nil {
			return nil, fmt.Errorf("%s: variable %s: %v", policy.Name, variable.Name, result.Error)
		}
	}
	var conditions, validations, messages, annotations []plugincel.ExpressionAccessor
	for i := range policy.Spec.MatchConditions {
		conditions = append(conditions, (*matchconditions.MatchCondition)(&policy.Spec.MatchConditions[i]))
	}
	for _, one := range policy.Spec.Validations {
		validations = append(validations, &validating.ValidationCondition{Expression: one.Expression, Message: one.Message, Reason: one.Reason})
		var message plugincel.ExpressionAccessor
		if one.MessageExpression != "" {
			message = &validating.MessageExpressionCondition{MessageExpression: one.MessageExpression}
		}
		messages = append(messages, message)
	}
	for _, one := range policy.Spec.AuditAnnotations {
		annotations = append(annotations, &validating.AuditAnnotationCondition{Key: one.Key, ValueExpression: one.ValueExpression})
	}
	for _, one := range slices.Concat(conditions, validations, annotations) {
		if result := compiler.CompileCELExpression(one, whole, mode); result.Error != nil {
			return nil, fmt.Errorf("%s: %s: %v", policy.Name, one.GetExpression(), result.Error)
		}
	}
	var matcher matchconditions.Matcher
	if len(conditions) > 0 {
		matcher = matchconditions.NewMatcher(
			compiler.CompileCondition(conditions, whole, mode), policy.Spec.FailurePolicy, "policy", "validate", policy.Name)
	}
	return validating.NewValidator(
		compiler.CompileCondition(validations, whole, mode),
		matcher,
		compiler.CompileCondition(annotations, whole, mode),
		compiler.CompileCondition(messages, ofMessages, mode),
		policy.Spec.FailurePolicy,
		nil,
	), nil
}

// teamAuthorizer is the RBAC of the generated manifests: everybody may get, list and watch everything, and the group admins may delete jobs.
type teamAuthorizer struct{}

func (teamAuthorizer) Authorize(_ context.Context, asked authorizer.Attributes) (authorizer.Decision, string, error) {
	isRead := slices.Contains([]string{"get", "list", "watch"}, asked.GetVerb())
	isJob := asked.GetAPIGroup() == "kubeflow.org" && slices.Contains([]string{"tfjobs", "pytorchjobs"}, asked.GetResource())
	mayDelete := asked.GetVerb() == "delete" && isJob && slices.Contains(asked.GetUser().GetGroups(), "admins")
	if isRead || mayDelete {
		return authorizer.DecisionAllow, "", nil
	}
	return authorizer.DecisionNoOpinion, "", nil
}
