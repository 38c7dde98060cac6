// The coffee machine's Watch on grpc-go, as fast as it can: `Filter.count` orders of 0 to `Filter.size` bytes, each
// in a DATA frame of its own. Prints `listening PORT` once it serves.
package main

import (
	"fmt"
	"net"
	"os"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protowire"
)

// No generated code: messages are bytes here.
type raw struct{}

func (raw) Name() string                       { return "proto" }
func (raw) Marshal(v any) ([]byte, error)      { return *v.(*[]byte), nil }
func (raw) Unmarshal(data []byte, v any) error { *v.(*[]byte) = data; return nil }

// The fields of a Filter.
func filter(message []byte) (count, size uint64) {
	for len(message) > 0 {
		number, _, tag := protowire.ConsumeTag(message)
		value, length := protowire.ConsumeVarint(message[tag:])
		if length < 0 {
			return
		}
		switch number {
		case 1:
			count = value
		case 2:
			size = value
		}
		message = message[tag+length:]
	}
	return
}

// An order of so many bytes: its padding takes two more than it holds, so there is none of one byte.
func order(size uint64) []byte {
	if size < 2 {
		return nil
	}
	return protowire.AppendBytes([]byte{3<<3 | 2}, make([]byte, size-2))
}

func watch(_ any, stream grpc.ServerStream) error {
	var request []byte
	if err := stream.RecvMsg(&request); err != nil {
		return err
	}
	count, size := filter(request)
	for number := range count {
		message := order(number % (size + 1))
		if err := stream.SendMsg(&message); err != nil {
			return err
		}
	}
	return nil
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("listening %d\n", listener.Addr().(*net.TCPAddr).Port)
	server := grpc.NewServer(grpc.ForceServerCodec(raw{}), grpc.UnknownServiceHandler(watch))
	if err := server.Serve(listener); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
