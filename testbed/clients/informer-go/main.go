// A client-go informer on any cluster, the sandbox among them. It tells on stdout, a line each, what it learns of the
// ConfigMaps of one namespace (`synced`, `add NAME`, `update NAME VALUE`, `delete NAME`) and goes on until it is
// interrupted. With -self-test it also makes the changes itself, through the typed client, holds a leader election's
// Lease, and exits 0 when the informer told of all of them.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	core "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

func main() {
	kubeconfig := flag.String("kubeconfig", os.Getenv("KUBECONFIG"), "path of the kubeconfig")
	namespace := flag.String("namespace", "default", "namespace whose ConfigMaps are followed")
	selfTest := flag.Bool("self-test", false, "make changes, and exit when the informer has told of them")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *kubeconfig, *namespace, *selfTest); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, kubeconfig, namespace string, selfTest bool) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	told := newLog()
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithNamespace(namespace))
	informer := factory.Core().V1().ConfigMaps().Informer()
	if _, err := informer.AddEventHandler(handler(told)); err != nil {
		return err
	}
	factory.Start(ctx.Done())
	if !cache.WaitForCacheSync(ctx.Done(), informer.HasSynced) {
		return fmt.Errorf("the informer did not synchronise")
	}
	told.add("synced")
	if !selfTest {
		<-ctx.Done()
		return nil
	}
	return test(ctx, client, namespace, told)
}

func handler(told *log) cache.ResourceEventHandler {
	return cache.ResourceEventHandlerFuncs{
		AddFunc: func(object any) { told.add("add " + object.(*core.ConfigMap).Name) },
		UpdateFunc: func(_, object any) {
			configMap := object.(*core.ConfigMap)
			told.add("update " + configMap.Name + " " + configMap.Data["value"])
		},
		DeleteFunc: func(object any) {
			if unknown, ok := object.(cache.DeletedFinalStateUnknown); ok {
				object = unknown.Obj
			}
			told.add("delete " + object.(*core.ConfigMap).Name)
		},
	}
}

// test makes each change and waits until the informer has told of it.
func test(ctx context.Context, client kubernetes.Interface, namespace string, told *log) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	configMaps := client.CoreV1().ConfigMaps(namespace)
	name := fmt.Sprintf("informer-go-%d", os.Getpid())
	object := &core.ConfigMap{ObjectMeta: meta.ObjectMeta{Name: name}, Data: map[string]string{"value": "1"}}
	created, err := configMaps.Create(ctx, object, meta.CreateOptions{})
	if err != nil {
		return fmt.Errorf("create: %w", err)
	}
	if _, err := configMaps.Create(ctx, object, meta.CreateOptions{}); !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("a second create gave %v, not AlreadyExists", err)
	}
	stale := created.DeepCopy()
	created.Data["value"] = "2"
	if _, err := configMaps.Update(ctx, created, meta.UpdateOptions{}); err != nil {
		return fmt.Errorf("update: %w", err)
	}
	stale.Data["value"] = "3"
	if _, err := configMaps.Update(ctx, stale, meta.UpdateOptions{}); !apierrors.IsConflict(err) {
		return fmt.Errorf("a stale update gave %v, not Conflict", err)
	}
	if err := lead(ctx, client, namespace); err != nil {
		return err
	}
	if err := configMaps.Delete(ctx, name, meta.DeleteOptions{}); err != nil {
		return fmt.Errorf("delete: %w", err)
	}
	for _, wanted := range []string{"add " + name, "update " + name + " 2", "delete " + name} {
		if err := told.wait(ctx, wanted); err != nil {
			return err
		}
	}
	return nil
}

// lead takes a Lease and gives it back, as controllers do that elect a leader.
func lead(ctx context.Context, client kubernetes.Interface, namespace string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	led := false
	lock := &resourcelock.LeaseLock{
		LeaseMeta:  meta.ObjectMeta{Name: "informer-go", Namespace: namespace},
		Client:     client.CoordinationV1(),
		LockConfig: resourcelock.ResourceLockConfig{Identity: fmt.Sprintf("informer-go-%d", os.Getpid())},
	}
	leaderelection.RunOrDie(ctx, leaderelection.LeaderElectionConfig{
		Lock: lock, LeaseDuration: 15 * time.Second, RenewDeadline: 10 * time.Second, RetryPeriod: 2 * time.Second,
		ReleaseOnCancel: true,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(context.Context) { led = true; cancel() },
			OnStoppedLeading: func() {},
		},
	})
	if !led {
		return fmt.Errorf("did not become the leader")
	}
	return nil
}

// A log prints what is told and remembers it.
type log struct {
	mutex sync.Mutex
	lines map[string]bool
}

func newLog() *log { return &log{lines: map[string]bool{}} }

func (l *log) add(line string) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.lines[line] = true
	fmt.Println(line)
}

func (l *log) wait(ctx context.Context, line string) error {
	for {
		l.mutex.Lock()
		seen := l.lines[line]
		l.mutex.Unlock()
		if seen {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the informer never told %q", line)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
