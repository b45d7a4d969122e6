package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"k8s.io/apiserver/pkg/authorization/authorizer"
)

// echoAuthorizer allows the verbs get, list and watch, denies the verb deny, fails for the verb fail and has no opinion of any other.
// Its reason is everything that it was asked, so that answers differ where a question does.
type echoAuthorizer struct{}

func (echoAuthorizer) Authorize(_ context.Context, asked authorizer.Attributes) (authorizer.Decision, string, error) {
	switch reason := describe(asked); asked.GetVerb() {
	case "get", "list", "watch":
		return authorizer.DecisionAllow, reason, nil
	case "deny":
		return authorizer.DecisionDeny, reason, nil
	case "fail":
		return authorizer.DecisionNoOpinion, reason, errors.New("the authorizer failed, as it was asked to")
	default:
		return authorizer.DecisionNoOpinion, reason, nil
	}
}

// describe names user, groups, verb and what is asked for. Selectors are left out: RBAC does not look at them either.
func describe(asked authorizer.Attributes) string {
	caller := asked.GetUser()
	who := fmt.Sprintf("%s [%s] %s", caller.GetName(), strings.Join(caller.GetGroups(), " "), asked.GetVerb())
	if !asked.IsResourceRequest() {
		return who + " path " + asked.GetPath()
	}
	what := []string{asked.GetAPIGroup(), asked.GetResource(), asked.GetSubresource(), asked.GetNamespace(), asked.GetName()}
	return who + " " + strings.Join(what, "/")
}
