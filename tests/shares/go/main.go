// Makes calls with grpc-go's client and its round_robin, over the servers that it is told.
//
// A line of the input is one of
//
//	servers ADDRESS|ADDRESS... ...   the endpoints from now on, each with its addresses
//	calls COUNT AT_ONCE              so many calls
//
// with spaces between. A line of the output answers each: how many calls succeeded, or 0.
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
	"google.golang.org/protobuf/types/known/emptypb"
)

// What a call may take.
const timeout = 5 * time.Second

func endpoints(fields []string) resolver.State {
	var state resolver.State
	for _, field := range fields {
		var endpoint resolver.Endpoint
		for _, address := range strings.Split(field, "|") {
			endpoint.Addresses = append(endpoint.Addresses, resolver.Address{Addr: address})
		}
		state.Endpoints = append(state.Endpoints, endpoint)
	}
	return state
}

func call(connection *grpc.ClientConn) bool {
	limited, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	numbered := metadata.AppendToOutgoingContext(limited, "x-call", "0")
	none := &emptypb.Empty{}
	return connection.Invoke(numbered, "/soak.v1.Soak/Call", none, none) == nil
}

// calls makes so many, with so many callers.
func calls(connection *grpc.ClientConn, count, atOnce int64) int64 {
	var next, succeeded atomic.Int64
	var callers sync.WaitGroup
	for range atOnce {
		callers.Add(1)
		go func() {
			defer callers.Done()
			for next.Add(1) <= count {
				if call(connection) {
					succeeded.Add(1)
				}
			}
		}()
	}
	callers.Wait()
	return succeeded.Load()
}

// follow does what the lines of the input say.
func follow(connection *grpc.ClientConn, names *manual.Resolver, fields []string) (int64, error) {
	switch fields[0] {
	case "servers":
		names.UpdateState(endpoints(fields[1:]))
		return 0, nil
	case "calls":
		var count, atOnce int64
		if _, err := fmt.Sscan(strings.Join(fields[1:], " "), &count, &atOnce); err != nil {
			return 0, err
		}
		return calls(connection, count, atOnce), nil
	}
	return 0, fmt.Errorf("not an order: %v", fields)
}

func run() error {
	lines := bufio.NewScanner(os.Stdin)
	if !lines.Scan() {
		return fmt.Errorf("no servers")
	}
	names := manual.NewBuilderWithScheme("told")
	names.InitialState(endpoints(strings.Fields(lines.Text())[1:]))
	connection, err := grpc.NewClient(
		"told:///shares",
		grpc.WithResolvers(names),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultServiceConfig(`{"loadBalancingConfig":[{"round_robin":{}}]}`),
		grpc.WithNoProxy(),
	)
	if err != nil {
		return err
	}
	defer connection.Close()
	fmt.Println(0)
	// The resolver takes updates once the channel is not idle.
	connection.Connect()
	for lines.Scan() {
		answer, err := follow(connection, names, strings.Fields(lines.Text()))
		if err != nil {
			return err
		}
		fmt.Println(answer)
	}
	return lines.Err()
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
