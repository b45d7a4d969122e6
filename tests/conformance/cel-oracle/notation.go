package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	apiservercel "k8s.io/apiserver/pkg/cel"
)

// notation writes a value so that two are the same text only where they are the same value of the same type: 1, 1u, 1d, "1", b31.
func notation(value ref.Val) string {
	switch v := value.(type) {
	case types.Bool:
		return strconv.FormatBool(bool(v))
	case types.Int:
		return strconv.FormatInt(int64(v), 10)
	case types.Uint:
		return strconv.FormatUint(uint64(v), 10) + "u"
	case types.Double:
		return double(float64(v))
	case types.String:
		return quoted(string(v))
	case types.Bytes:
		return "b" + hex.EncodeToString([]byte(v))
	case types.Null:
		return "null"
	case types.Timestamp:
		return "ts(" + v.Time.UTC().Format(time.RFC3339Nano) + ")"
	case types.Duration:
		return fmt.Sprintf("dur(%d)", v.Duration.Nanoseconds())
	case apiservercel.Format:
		return "<" + v.Type().TypeName() + ":" + v.Name + ">"
	case *apiservercel.Format:
		return "<" + v.Type().TypeName() + ":" + v.Name + ">"
	case *types.Optional:
		return optional(v)
	case traits.Mapper:
		return mapping(v)
	case traits.Lister:
		return list(v)
	case ref.Type:
		return "type(" + v.TypeName() + ")"
	}
	return "<" + value.Type().TypeName() + ":" + fmt.Sprint(value.Value()) + ">"
}

// double is a number as JSON writes it, or NaN, +Inf and -Inf, which JSON cannot.
func double(v float64) string {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v) + "d"
	}
	return string(text) + "d"
}

func quoted(text string) string {
	var written strings.Builder
	encoder := json.NewEncoder(&written)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(text); err != nil {
		panic(err)
	}
	return strings.TrimSpace(written.String())
}

func optional(v *types.Optional) string {
	if !v.HasValue() {
		return "optional.none"
	}
	return "optional(" + notation(v.GetValue()) + ")"
}

// mapping sorts the entries: maps have no order.
func mapping(v traits.Mapper) string {
	var entries []string
	for keys := v.Iterator(); keys.HasNext() == types.True; {
		key := keys.Next()
		entries = append(entries, notation(key)+":"+notation(v.Get(key)))
	}
	sort.Strings(entries)
	return "{" + strings.Join(entries, ",") + "}"
}

func list(v traits.Lister) string {
	var elements []string
	for all := v.Iterator(); all.HasNext() == types.True; {
		elements = append(elements, notation(all.Next()))
	}
	return "[" + strings.Join(elements, ",") + "]"
}
