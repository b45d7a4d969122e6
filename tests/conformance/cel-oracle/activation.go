package main

import (
	"encoding/json"
	"fmt"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/interpreter"
	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	plugincel "k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/cel/common"
	"k8s.io/apiserver/pkg/cel/library"
)

// activation holds the variables of an expression, as kube-apiserver fills them for a policy; namespaceObject is null.
type activation struct {
	values    map[string]ref.Val
	variables ref.Val
}

func newActivation(question line) (*activation, error) {
	var request admissionv1.AdmissionRequest
	if len(question.Request) > 0 {
		if err := json.Unmarshal(question.Request, &request); err != nil {
			return nil, fmt.Errorf("request: %w", err)
		}
	}
	caller := callerOf(request)
	values := map[string]ref.Val{
		plugincel.RequestVarName:                   common.SchemalessTypedToVal(&request),
		plugincel.NamespaceVarName:                 types.NullValue,
		plugincel.AuthorizerVarName:                library.NewAuthorizerVal(caller, echoAuthorizer{}),
		plugincel.RequestResourceAuthorizerVarName: library.NewResourceAuthorizerVal(caller, echoAuthorizer{}, requestResource{request}),
	}
	documents := map[string]json.RawMessage{
		plugincel.ObjectVarName:    question.Object,
		plugincel.OldObjectVarName: question.OldObject,
		plugincel.ParamsVarName:    question.Params,
	}
	for name, text := range documents {
		value, err := unstructured(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		values[name] = value
	}
	return &activation{values: values}, nil
}

// unstructured is JSON as Kubernetes reads it: a number without fraction and exponent is an int64.
func unstructured(text json.RawMessage) (ref.Val, error) {
	if len(text) == 0 {
		return types.NullValue, nil
	}
	var value any
	if err := utiljson.Unmarshal(text, &value); err != nil {
		return nil, err
	}
	return types.DefaultTypeAdapter.NativeToValue(value), nil
}

func (a *activation) ResolveName(name string) (any, bool) {
	if name == plugincel.VariableVarName {
		return a.variables, true
	}
	value, found := a.values[name]
	return value, found
}

func (a *activation) Parent() interpreter.Activation { return nil }

func callerOf(request admissionv1.AdmissionRequest) user.Info {
	extra := make(map[string][]string, len(request.UserInfo.Extra))
	for key, values := range request.UserInfo.Extra {
		extra[key] = values
	}
	return &user.DefaultInfo{Name: request.UserInfo.Username, UID: request.UserInfo.UID, Groups: request.UserInfo.Groups, Extra: extra}
}

// requestResource is what authorizer.requestResource asks for.
type requestResource struct{ request admissionv1.AdmissionRequest }

func (r requestResource) GetName() string        { return r.request.Name }
func (r requestResource) GetNamespace() string   { return r.request.Namespace }
func (r requestResource) GetSubresource() string { return r.request.SubResource }
func (r requestResource) GetResource() schema.GroupVersionResource {
	resource := r.request.Resource
	return schema.GroupVersionResource{Group: resource.Group, Version: resource.Version, Resource: resource.Resource}
}
