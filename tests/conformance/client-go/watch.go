package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	watchtools "k8s.io/client-go/tools/watch"
)

// seer notes the changes of one job that a watcher sees, by its annotation; the same version told twice, as after a new list, is one.
type seer struct {
	title   string
	mutex   sync.Mutex
	changes []int
	version string
	last    int
	done    chan struct{}
}

func (s *seer) see(object any) {
	job, err := meta.Accessor(object)
	if err != nil || job.GetName() != name {
		return
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if job.GetResourceVersion() == s.version {
		return
	}
	s.version = job.GetResourceVersion()
	change, err := strconv.Atoi(job.GetAnnotations()["change"])
	if err != nil {
		return
	}
	s.changes = append(s.changes, change)
	if change == s.last {
		close(s.done)
	}
}

func (s *seer) follow(informer cache.SharedIndexInformer) cache.InformerSynced {
	handler := cache.ResourceEventHandlerFuncs{AddFunc: s.see, UpdateFunc: func(_, object any) { s.see(object) }}
	registration, err := informer.AddEventHandler(handler)
	if err != nil {
		panic(err)
	}
	return registration.HasSynced
}

// followRetrying watches as tools do that keep no cache: from a version on, and again from the last one after each end.
func (s *seer) followRetrying(ctx context.Context, client dynamic.Interface) {
	jobs := client.Resource(resource).Namespace(namespace)
	list, err := jobs.List(ctx, metav1.ListOptions{})
	if err != nil {
		panic(err)
	}
	watcher, err := watchtools.NewRetryWatcherWithContext(ctx, list.GetResourceVersion(), &cache.ListWatch{
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			return jobs.Watch(ctx, options)
		},
	})
	if err != nil {
		panic(err)
	}
	go func() {
		for event := range watcher.ResultChan() {
			s.see(event.Object)
		}
	}()
}

// watchAll watches one job in every way that client-go has until change LAST, and prints which changes each has seen.
func watchAll() {
	last, err := strconv.Atoi(os.Getenv("LAST"))
	if err != nil {
		panic(err)
	}
	ctx, cancel := context.WithTimeout(ctx, 4*time.Minute)
	defer cancel()
	config := &rest.Config{Host: os.Getenv("GATEWAY"), QPS: 100, Burst: 100}
	objects, onlyMetadata := dynamic.NewForConfigOrDie(config), metadata.NewForConfigOrDie(config)
	newSeer := func(title string) *seer { return &seer{title: title, last: last, done: make(chan struct{})} }
	seers := []*seer{newSeer("dynamic informer"), newSeer("metadata informer")}
	dynamicFactory := dynamicinformer.NewFilteredDynamicSharedInformerFactory(objects, 0, namespace, nil)
	metadataFactory := metadatainformer.NewFilteredSharedInformerFactory(onlyMetadata, 0, namespace, nil)
	synced := []cache.InformerSynced{
		seers[0].follow(dynamicFactory.ForResource(resource).Informer()),
		seers[1].follow(metadataFactory.ForResource(resource).Informer()),
	}
	dynamicFactory.Start(ctx.Done())
	metadataFactory.Start(ctx.Done())
	if !cache.WaitForCacheSync(ctx.Done(), synced...) {
		panic("not synced")
	}
	// It ends with a 410, so it is not for whoever expects one.
	if os.Getenv("WITHOUT_RETRY_WATCHER") == "" {
		retrying := newSeer("RetryWatcher")
		retrying.followRetrying(ctx, objects)
		seers = append(seers, retrying)
	}
	fmt.Println("ready")
	for _, one := range seers {
		select {
		case <-one.done:
		case <-ctx.Done():
		}
	}
	for _, one := range seers {
		one.mutex.Lock()
		text, _ := json.Marshal(one.changes)
		fmt.Printf("saw\t%s\t%s\n", one.title, text)
		one.mutex.Unlock()
	}
}
