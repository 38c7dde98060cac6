// What grpc-go reads of a service config: each line of the input is a JSON string that holds one, each line of the output
// an object: `{"config": …}`, or `{"error": …, "isSyntax": …}`.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"reflect"
	"sort"
	"strings"
	"unsafe"

	"google.golang.org/grpc"
	"google.golang.org/grpc/balancer"
	_ "google.golang.org/grpc/balancer/leastrequest"
	_ "google.golang.org/grpc/balancer/randomsubsetting"
	_ "google.golang.org/grpc/balancer/ringhash"
	_ "google.golang.org/grpc/balancer/weightedroundrobin"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/grpclog"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/serviceconfig"
	// Outlier detection is not to be had without the rest of it.
	_ "google.golang.org/grpc/xds"
)

// A resolver that resolves nothing: a channel gives it what parses configs, by the channel's own rules.
type parsers chan resolver.ClientConn

func (parsers) Scheme() string                        { return "nowhere" }
func (parsers) ResolveNow(resolver.ResolveNowOptions) {}
func (parsers) Close()                                {}
func (p parsers) Build(_ resolver.Target, parser resolver.ClientConn, _ resolver.BuildOptions) (resolver.Resolver, error) {
	p <- parser
	return p, nil
}

func parser() (resolver.ClientConn, error) {
	found := make(parsers, 1)
	channel, err := grpc.NewClient("nowhere:///", grpc.WithResolvers(found),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, err
	}
	channel.Connect()
	return <-found, nil
}

type method struct {
	WaitForReady *bool   `json:"waitForReady"`
	Timeout      *string `json:"timeout"`
	MaxRequest   *int    `json:"maxRequest"`
	MaxResponse  *int    `json:"maxResponse"`
	Retry        *retry  `json:"retry"`
}

type retry struct {
	MaxAttempts    int     `json:"maxAttempts"`
	InitialBackoff string  `json:"initialBackoff"`
	MaxBackoff     string  `json:"maxBackoff"`
	Multiplier     float64 `json:"multiplier"`
	Codes          []int   `json:"codes"`
}

type throttling struct {
	MaxTokens  float64 `json:"maxTokens"`
	TokenRatio float64 `json:"tokenRatio"`
}

type config struct {
	Methods    map[string]method `json:"methods"`
	Throttling *throttling       `json:"throttling"`
	Health     *string           `json:"health"`
	Balancing  policy            `json:"balancing"`
}

// Fields by their JSON names; a duration is text, its nanoseconds, and so is a fraction, its bits.
type policy struct {
	Name   string         `json:"name"`
	Config map[string]any `json:"config"`
}

type answer struct {
	Error    string  `json:"error"`
	IsSyntax bool    `json:"isSyntax"`
	Config   *config `json:"config"`
}

func read(result *serviceconfig.ParseResult) answer {
	if result.Err != nil {
		var syntax *json.SyntaxError
		return answer{Error: result.Err.Error(), IsSyntax: errors.As(result.Err, &syntax)}
	}
	parsed := result.Config.(*grpc.ServiceConfig)
	found := config{Methods: map[string]method{}}
	for path, entry := range parsed.Methods {
		found.Methods[path] = readMethod(&entry)
	}
	// What has no public name can still be looked at.
	private := reflect.ValueOf(parsed).Elem()
	if tokens := private.FieldByName("retryThrottling"); !tokens.IsNil() {
		number := func(name string) float64 { return tokens.Elem().FieldByName(name).Float() }
		found.Throttling = &throttling{number("MaxTokens"), number("TokenRatio")}
	}
	if health := private.FieldByName("healthCheckConfig"); !health.IsNil() {
		service := health.Elem().FieldByName("ServiceName").String()
		found.Health = &service
	}
	balancing := private.FieldByName("lbConfig").Elem().Elem()
	builder := shown(balancing.FieldByName("childBuilder")).Interface().(balancer.Builder)
	found.Balancing = readPolicy(builder.Name(), shown(balancing.FieldByName("childConfig")))
	return answer{Config: &found}
}

// A field that can be read, though its name is private.
func shown(field reflect.Value) reflect.Value {
	return reflect.NewAt(field.Type(), unsafe.Pointer(field.UnsafeAddr())).Elem()
}

// A policy of balancing; what its config is behind, there may be nothing of.
func readPolicy(name string, config reflect.Value) policy {
	found := policy{name, map[string]any{}}
	for config.Kind() == reflect.Interface || config.Kind() == reflect.Pointer {
		config = config.Elem()
	}
	if config.IsValid() {
		found.Config = readFields(config)
	}
	return found
}

func readFields(config reflect.Value) map[string]any {
	found := map[string]any{}
	for at := range config.NumField() {
		name, _, _ := strings.Cut(config.Type().Field(at).Tag.Get("json"), ",")
		if name != "" && name != "-" {
			found[name] = readField(config.Field(at))
		}
	}
	return found
}

func readField(field reflect.Value) any {
	switch {
	case field.Kind() == reflect.Pointer && field.IsNil():
		return nil
	case field.Kind() == reflect.Int64:
		return nanos(field.Int())
	case field.Kind() == reflect.Float64:
		return fmt.Sprint(math.Float64bits(field.Float()))
	case field.Kind() != reflect.Pointer:
		return field.Interface()
	case field.Elem().FieldByName("Config").IsValid():
		return readPolicy(field.Elem().FieldByName("Name").String(), field.Elem().FieldByName("Config"))
	default:
		return readFields(field.Elem())
	}
}

func readMethod(entry *grpc.MethodConfig) method {
	found := method{
		WaitForReady: entry.WaitForReady,
		MaxRequest:   entry.MaxReqSize,
		MaxResponse:  entry.MaxRespSize,
	}
	if entry.Timeout != nil {
		timeout := nanos(entry.Timeout.Nanoseconds())
		found.Timeout = &timeout
	}
	if policy := entry.RetryPolicy; policy != nil {
		found.Retry = &retry{
			MaxAttempts:    policy.MaxAttempts,
			InitialBackoff: nanos(policy.InitialBackoff.Nanoseconds()),
			MaxBackoff:     nanos(policy.MaxBackoff.Nanoseconds()),
			Multiplier:     policy.BackoffMultiplier,
			Codes:          numbers(policy.RetryableStatusCodes),
		}
	}
	return found
}

// As text: JSON's numbers are too small for some readers.
func nanos(count int64) string { return fmt.Sprint(count) }

func numbers(set map[codes.Code]bool) []int {
	found := []int{}
	for code := range set {
		found = append(found, int(code))
	}
	sort.Ints(found)
	return found
}

func run() error {
	// It would log each config that is invalid.
	grpclog.SetLoggerV2(grpclog.NewLoggerV2(io.Discard, io.Discard, os.Stderr))
	parser, err := parser()
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	answers := json.NewEncoder(out)
	for lines.Scan() {
		var text string
		if err := json.Unmarshal(lines.Bytes(), &text); err != nil {
			return err
		}
		if err := answers.Encode(read(parser.ParseServiceConfig(text))); err != nil {
			return err
		}
	}
	return lines.Err()
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
