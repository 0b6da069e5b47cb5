// Writes how the built-in kinds travel as protobuf: for each message its fields' numbers, JSON names and types, read by
// reflection from the published Go types. Run it when the pinned Kubernetes version changes:
//
//	cd scripts/protobuf && go run . > ../../src/sandbox/cluster/http/protobuf/messages.json
//	npx biome format --write src/sandbox/cluster/http/protobuf
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"sort"
	"strconv"
	"strings"

	admissionregistration "k8s.io/api/admissionregistration/v1"
	apps "k8s.io/api/apps/v1"
	authentication "k8s.io/api/authentication/v1"
	authorization "k8s.io/api/authorization/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	coordination "k8s.io/api/coordination/v1"
	core "k8s.io/api/core/v1"
	discovery "k8s.io/api/discovery/v1"
	events "k8s.io/api/events/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	rbac "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Kinds as "apiVersion/Kind", and the Go type of each.
var kinds = map[string]any{
	"v1/Namespace": core.Namespace{}, "v1/Pod": core.Pod{}, "v1/Service": core.Service{}, "v1/ConfigMap": core.ConfigMap{},
	"v1/Secret": core.Secret{}, "v1/Event": core.Event{}, "v1/Node": core.Node{}, "v1/ServiceAccount": core.ServiceAccount{},
	"v1/Endpoints":       core.Endpoints{},
	"apps/v1/Deployment": apps.Deployment{}, "apps/v1/ReplicaSet": apps.ReplicaSet{}, "apps/v1/StatefulSet": apps.StatefulSet{},
	"apps/v1/DaemonSet":                 apps.DaemonSet{},
	"discovery.k8s.io/v1/EndpointSlice": discovery.EndpointSlice{}, "coordination.k8s.io/v1/Lease": coordination.Lease{},
	"events.k8s.io/v1/Event":                                           events.Event{},
	"autoscaling/v2/HorizontalPodAutoscaler":                           autoscaling.HorizontalPodAutoscaler{},
	"autoscaling/v1/Scale":                                             autoscalingv1.Scale{},
	"policy/v1/PodDisruptionBudget":                                    policy.PodDisruptionBudget{},
	"rbac.authorization.k8s.io/v1/Role":                                rbac.Role{},
	"rbac.authorization.k8s.io/v1/RoleBinding":                         rbac.RoleBinding{},
	"rbac.authorization.k8s.io/v1/ClusterRole":                         rbac.ClusterRole{},
	"rbac.authorization.k8s.io/v1/ClusterRoleBinding":                  rbac.ClusterRoleBinding{},
	"admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy":        admissionregistration.ValidatingAdmissionPolicy{},
	"admissionregistration.k8s.io/v1/ValidatingAdmissionPolicyBinding": admissionregistration.ValidatingAdmissionPolicyBinding{},
	"admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration":   admissionregistration.ValidatingWebhookConfiguration{},
	"admissionregistration.k8s.io/v1/MutatingWebhookConfiguration":     admissionregistration.MutatingWebhookConfiguration{},
	"networking.k8s.io/v1/Ingress":                                     networking.Ingress{},
	"networking.k8s.io/v1/IngressClass":                                networking.IngressClass{},
	"authentication.k8s.io/v1/SelfSubjectReview":                       authentication.SelfSubjectReview{},
	"authorization.k8s.io/v1/SelfSubjectAccessReview":                  authorization.SelfSubjectAccessReview{},
	"authorization.k8s.io/v1/SelfSubjectRulesReview":                   authorization.SelfSubjectRulesReview{},
	"v1/DeleteOptions":                                                 meta.DeleteOptions{},
}

// Types with a wire form of their own, decoded by name.
var special = map[reflect.Type]string{
	reflect.TypeOf(meta.Time{}): "Time", reflect.TypeOf(meta.MicroTime{}): "MicroTime", reflect.TypeOf(meta.Duration{}): "Duration",
	reflect.TypeOf(resource.Quantity{}): "Quantity", reflect.TypeOf(intstr.IntOrString{}): "IntOrString",
	reflect.TypeOf(runtime.RawExtension{}): "RawExtension", reflect.TypeOf(meta.FieldsV1{}): "FieldsV1",
}

// A field: number, JSON name ("" when its fields stand in the parent), type, and "keep" when an empty value means something.
type field []any

var messages = map[string][]field{}

func main() {
	roots := map[string]string{}
	for kind, example := range kinds {
		roots[kind] = message(reflect.TypeOf(example))
	}
	out, err := json.Marshal(map[string]any{"source": "k8s.io/api v0.34.4", "kinds": roots, "messages": messages})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(string(out))
}

func nameOf(t reflect.Type) string {
	path := strings.TrimPrefix(strings.TrimPrefix(t.PkgPath(), "k8s.io/api/"), "k8s.io/apimachinery/pkg/apis/")
	return path + "." + t.Name()
}

func message(t reflect.Type) string {
	name := nameOf(t)
	if _, known := messages[name]; known {
		return name
	}
	messages[name] = []field{}
	fields := []field{}
	for i := 0; i < t.NumField(); i++ {
		member := t.Field(i)
		tag := member.Tag.Get("protobuf")
		if tag == "" || tag == "-" {
			continue
		}
		number, _ := strconv.Atoi(strings.Split(tag, ",")[1])
		jsonParts := strings.Split(member.Tag.Get("json"), ",")
		entry := field{number, jsonParts[0], typeOf(member.Type)}
		omitted := len(jsonParts) > 1 && strings.Contains(member.Tag.Get("json"), "omitempty")
		if member.Type.Kind() == reflect.Pointer || !omitted {
			entry = append(entry, "keep")
		}
		fields = append(fields, entry)
	}
	sort.Slice(fields, func(a, b int) bool { return fields[a][0].(int) < fields[b][0].(int) })
	messages[name] = fields
	return name
}

func typeOf(t reflect.Type) string {
	if name, ok := special[t]; ok {
		return name
	}
	switch t.Kind() {
	case reflect.Pointer:
		return typeOf(t.Elem())
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "bool"
	case reflect.Int32, reflect.Int64, reflect.Int, reflect.Uint32, reflect.Uint64:
		return "int"
	case reflect.Float64:
		return "double"
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return "bytes"
		}
		return "[]" + typeOf(t.Elem())
	case reflect.Map:
		return "map:" + typeOf(t.Elem())
	case reflect.Struct:
		return "." + message(t)
	}
	panic("no wire form for " + t.String())
}
