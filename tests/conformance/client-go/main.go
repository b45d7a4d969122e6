// client-go against the gateway: reads the environment, prints one line for each check (see clients.ts).
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/util/retry"
)

var (
	name, namespace, kind = os.Getenv("NAME"), os.Getenv("NAMESPACE"), os.Getenv("KIND")
	policy                = strings.Split(os.Getenv("POLICY"), ".")
	replicas              = strings.Split(os.Getenv("REPLICAS"), ".")
	resource              = schema.GroupVersionResource{Group: "kubeflow.org", Version: "v1", Resource: os.Getenv("PLURAL")}
	ctx                   = context.Background()
)

func check(title string, body func() error) {
	if err := body(); err != nil {
		fmt.Printf("not ok\t%s\t%q\n", title, err.Error())
		return
	}
	fmt.Printf("ok\t%s\n", title)
}

// refused is an error unless `err` is one that `is` recognises.
func refused(is func(error) bool, err error) error {
	if err == nil {
		return fmt.Errorf("it was let through")
	}
	if !is(err) {
		return fmt.Errorf("it is another error: %T %w", err, err)
	}
	return nil
}

func fieldsOf(err error) []string {
	var fields []string
	if status, ok := err.(apierrors.APIStatus); ok && status.Status().Details != nil {
		for _, cause := range status.Status().Details.Causes {
			fields = append(fields, cause.Field)
		}
	}
	return fields
}

func mergePatch(path []string, value any) []byte {
	for _, key := range slices.Backward(path) {
		value = map[string]any{key: value}
	}
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return text
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "watch" {
		watchAll()
		return
	}
	config := &rest.Config{Host: os.Getenv("GATEWAY")}
	jobs := dynamic.NewForConfigOrDie(config).Resource(resource).Namespace(namespace)
	ttl := append(slices.Clone(policy), "ttlSecondsAfterFinished")
	get := func() (*unstructured.Unstructured, error) { return jobs.Get(ctx, name, metav1.GetOptions{}) }

	check("reads a job", func() error {
		job, err := get()
		if err == nil && job.GetKind() != kind {
			return fmt.Errorf("it is a %s", job.GetKind())
		}
		return err
	})
	check("lists jobs page by page", func() error {
		found := 0
		options := metav1.ListOptions{Limit: 1, LabelSelector: "app=mnist"}
		for {
			page, err := jobs.List(ctx, options)
			if err != nil {
				return err
			}
			found += len(page.Items)
			if options.Continue = page.GetContinue(); options.Continue == "" {
				break
			}
		}
		if found < 2 {
			return fmt.Errorf("%d jobs", found)
		}
		return nil
	})
	check("replaces a job, again after a conflict (retry.RetryOnConflict)", func() error {
		tries := 0
		return retry.RetryOnConflict(retry.DefaultRetry, func() error {
			job, err := get()
			if err != nil {
				return err
			}
			if tries++; tries == 1 {
				job.SetResourceVersion("1")
			}
			if err := unstructured.SetNestedField(job.Object, int64(222), ttl...); err != nil {
				return err
			}
			_, err = jobs.Update(ctx, job, metav1.UpdateOptions{FieldManager: "suite"})
			return err
		})
	})
	check("patches a job, by merge and by JSON patch", func() error {
		job, err := jobs.Patch(ctx, name, types.MergePatchType, mergePatch(ttl, 333), metav1.PatchOptions{})
		if err != nil {
			return err
		}
		if value, _, _ := unstructured.NestedInt64(job.Object, ttl...); value != 333 {
			return fmt.Errorf("the TTL is %d", value)
		}
		operations := fmt.Sprintf(`[{"op":"replace","path":"/%s","value":444}]`, strings.Join(ttl, "/"))
		job, err = jobs.Patch(ctx, name, types.JSONPatchType, []byte(operations), metav1.PatchOptions{})
		if err != nil {
			return err
		}
		if value, _, _ := unstructured.NestedInt64(job.Object, ttl...); value != 444 {
			return fmt.Errorf("the TTL is %d", value)
		}
		return nil
	})
	check("IsConflict: a stale resourceVersion", func() error {
		job, err := get()
		if err != nil {
			return err
		}
		job.SetResourceVersion("1")
		_, err = jobs.Update(ctx, job, metav1.UpdateOptions{})
		return refused(apierrors.IsConflict, err)
	})
	check("IsForbidden, with its causes: another number of replicas", func() error {
		path := append(slices.Clone(replicas), "replicas")
		_, err := jobs.Patch(ctx, name, types.MergePatchType, mergePatch(path, 9), metav1.PatchOptions{})
		if field := strings.Join(path, "."); !slices.Contains(fieldsOf(err), field) {
			return fmt.Errorf("%s is not among %v: %w", field, fieldsOf(err), err)
		}
		return refused(apierrors.IsForbidden, err)
	})
	check("IsInvalid, with its causes: a negative TTL", func() error {
		_, err := jobs.Patch(ctx, name, types.MergePatchType, mergePatch(ttl, -1), metav1.PatchOptions{})
		if field := strings.Join(ttl, "."); !slices.Contains(fieldsOf(err), field) {
			return fmt.Errorf("%s is not among %v: %w", field, fieldsOf(err), err)
		}
		return refused(apierrors.IsInvalid, err)
	})
	check("IsNotFound: a job that is not there", func() error {
		_, err := jobs.Get(ctx, "nope", metav1.GetOptions{})
		return refused(apierrors.IsNotFound, err)
	})
	check("IsBadRequest: another name in the object", func() error {
		job, err := get()
		if err != nil {
			return err
		}
		text, _ := json.Marshal(map[string]any{"metadata": map[string]any{"name": "other"}})
		_, err = jobs.Patch(ctx, job.GetName(), types.MergePatchType, text, metav1.PatchOptions{})
		return refused(apierrors.IsBadRequest, err)
	})
	check("IsMethodNotSupported: create and delete", func() error {
		job, err := get()
		if err != nil {
			return err
		}
		job.SetName("new")
		job.SetResourceVersion("")
		_, err = jobs.Create(ctx, job, metav1.CreateOptions{})
		if err := refused(apierrors.IsMethodNotSupported, err); err != nil {
			return err
		}
		return refused(apierrors.IsMethodNotSupported, jobs.Delete(ctx, name, metav1.DeleteOptions{}))
	})
	check("IsUnsupportedMediaType: apply", func() error {
		job := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "kubeflow.org/v1", "kind": kind, "metadata": map[string]any{"name": name}}}
		_, err := jobs.Apply(ctx, name, job, metav1.ApplyOptions{FieldManager: "suite"})
		return refused(apierrors.IsUnsupportedMediaType, err)
	})
	check("watching is refused at once", func() error {
		_, err := jobs.Watch(ctx, metav1.ListOptions{})
		return refused(apierrors.IsMethodNotSupported, err)
	})
	check("the metadata client reads and lists", func() error {
		only := metadata.NewForConfigOrDie(config).Resource(resource).Namespace(namespace)
		job, err := only.Get(ctx, name, metav1.GetOptions{})
		if err == nil && job.Labels["app"] != "mnist" {
			return fmt.Errorf("its labels are %v", job.Labels)
		}
		if err == nil {
			_, err = only.List(ctx, metav1.ListOptions{})
		}
		return err
	})
	check("discovery and a REST mapper find the kind", func() error {
		groups, err := restmapper.GetAPIGroupResources(discovery.NewDiscoveryClientForConfigOrDie(config))
		if err != nil {
			return err
		}
		mapping, err := restmapper.NewDiscoveryRESTMapper(groups).RESTMapping(schema.GroupKind{Group: "kubeflow.org", Kind: kind}, "v1")
		if err == nil && mapping.Resource != resource {
			return fmt.Errorf("it maps to %v", mapping.Resource)
		}
		return err
	})
}
