// Makes the calls of scripts with grpc-go's client.
//
// A line of the input is a call: the address of its server, its timeout in milliseconds or 0, and its service config,
// with tabs between. A line of the output is the number of the code that it ended with.
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
)

func call(address, timeout, config string) (uint32, error) {
	connection, err := grpc.NewClient(
		"passthrough:///"+address,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultServiceConfig(config),
		grpc.WithNoProxy(),
	)
	if err != nil {
		return 0, err
	}
	defer connection.Close()
	none := &emptypb.Empty{}
	background := context.Background()
	if err := connection.Invoke(background, "/attempts.Service/WarmUp", none, none); err != nil {
		return 0, err
	}
	if timeout != "0" {
		limit, err := time.ParseDuration(timeout + "ms")
		if err != nil {
			return 0, err
		}
		limited, cancel := context.WithTimeout(background, limit)
		defer cancel()
		background = limited
	}
	err = connection.Invoke(background, "/attempts.Service/Call", none, none)
	return uint32(status.Code(err)), nil
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		fields := strings.SplitN(lines.Text(), "\t", 3)
		if len(fields) != 3 {
			fmt.Fprintln(os.Stderr, "not a call:", lines.Text())
			os.Exit(2)
		}
		code, err := call(fields[0], fields[1], fields[2])
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(code)
	}
}
