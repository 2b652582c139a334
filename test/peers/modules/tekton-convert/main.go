// Converts Tekton objects as upstream's webhook does: a JSON list of objects on standard input, a JSON list of what became of them on
// standard output. Each is read strictly, defaulted and validated as at its creation, converted to the other version and back.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"

	v1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"
	"github.com/tektoncd/pipeline/pkg/apis/pipeline/v1beta1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"knative.dev/pkg/apis"
)

type object interface {
	apis.Convertible
	apis.Defaultable
	apis.Validatable
	runtime.Object
}

type outcome struct {
	// Why it is no such object: a field is unknown or of another type.
	Unreadable string `json:"unreadable,omitempty"`
	// What the validating webhook says, without the paths, and the paths.
	Refused string   `json:"refused,omitempty"`
	Paths   []string `json:"paths,omitempty"`
	// Why it can't be converted.
	Failed    string          `json:"failed,omitempty"`
	Converted json.RawMessage `json:"converted,omitempty"`
	Back      json.RawMessage `json:"back,omitempty"`
}

var beta = map[string]func() object{
	"Task":        func() object { return &v1beta1.Task{} },
	"Pipeline":    func() object { return &v1beta1.Pipeline{} },
	"TaskRun":     func() object { return &v1beta1.TaskRun{} },
	"PipelineRun": func() object { return &v1beta1.PipelineRun{} },
}

var stable = map[string]func() object{
	"Task":        func() object { return &v1.Task{} },
	"Pipeline":    func() object { return &v1.Pipeline{} },
	"TaskRun":     func() object { return &v1.TaskRun{} },
	"PipelineRun": func() object { return &v1.PipelineRun{} },
}

// v1beta1 is the hub of upstream's conversion: it knows v1, and v1 does not know it.
func convert(ctx context.Context, from, to object, kind, version string) error {
	var err error
	if version == "v1" {
		err = from.ConvertTo(ctx, to)
	} else {
		err = to.ConvertFrom(ctx, from)
	}
	if err != nil {
		return err
	}
	to.GetObjectKind().SetGroupVersionKind(schema.GroupVersionKind{Group: "tekton.dev", Version: version, Kind: kind})
	to.SetDefaults(ctx)
	return nil
}

func paths(err *apis.FieldError) []string {
	found := []string{}
	for _, one := range err.WrappedErrors() {
		found = append(found, one.Paths...)
	}
	return found
}

func run(raw json.RawMessage) (result outcome, err error) {
	var meta struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
	}
	if err := json.Unmarshal(raw, &meta); err != nil {
		return result, err
	}
	own, other, version := beta[meta.Kind], stable[meta.Kind], "v1"
	if meta.APIVersion == "tekton.dev/v1" {
		own, other, version = other, own, "v1beta1"
	}
	if own == nil {
		return result, fmt.Errorf("unknown kind %q", meta.Kind)
	}
	in := own()
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(in); err != nil {
		return outcome{Unreadable: err.Error()}, nil
	}
	ctx := context.Background()
	in.SetDefaults(apis.WithinCreate(ctx))
	// Validation merges the stepTemplate into what it looks at.
	checked := in.DeepCopyObject().(object)
	if problem := checked.Validate(apis.WithinCreate(ctx)); problem != nil {
		result.Refused, result.Paths = problem.Error(), paths(problem)
	}
	out, back := other(), own()
	if err := convert(ctx, in, out, meta.Kind, version); err != nil {
		result.Failed = err.Error()
		return result, nil
	}
	if result.Converted, err = json.Marshal(out); err != nil {
		return result, err
	}
	returned := map[string]string{"v1": "v1beta1", "v1beta1": "v1"}[version]
	if err := convert(ctx, out, back, meta.Kind, returned); err != nil {
		result.Failed = err.Error()
		return result, nil
	}
	result.Back, err = json.Marshal(back)
	return result, err
}

func main() {
	var objects []json.RawMessage
	if err := json.NewDecoder(os.Stdin).Decode(&objects); err != nil {
		fmt.Fprintln(os.Stderr, "tekton-convert:", err)
		os.Exit(1)
	}
	results := make([]outcome, 0, len(objects))
	for index, raw := range objects {
		result, err := run(raw)
		if err != nil {
			fmt.Fprintf(os.Stderr, "tekton-convert: object %d: %v\n", index, err)
			os.Exit(1)
		}
		results = append(results, result)
	}
	if err := json.NewEncoder(os.Stdout).Encode(results); err != nil {
		fmt.Fprintln(os.Stderr, "tekton-convert:", err)
		os.Exit(1)
	}
}
