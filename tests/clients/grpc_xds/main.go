// A proxyless gRPC client: `grpc_xds SERVICE METHOD` dials xds:///SERVICE as the bootstrap says that
// GRPC_XDS_BOOTSTRAP_CONFIG holds, calls METHOD again and again with nothing, and writes each answer that is another than
// the one before to a line. It ends at the first call that fails, with the error in a line.
//
// One failure is grpc-go's own and is passed over: where a route goes to another cluster, grpc-go 1.85 sends calls there a
// moment before its balancer has heard of it (applyServiceConfigAndBalancer of clientconn.go comes before
// updateClientConnState), and such a call fails, whatever the server does.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	_ "google.golang.org/grpc/xds"
)

const ownFailure = "unknown cluster selected for RPC"

// Messages are bytes.
type bytesCodec struct{}

func (bytesCodec) Marshal(message any) ([]byte, error) { return *message.(*[]byte), nil }

func (bytesCodec) Unmarshal(data []byte, message any) error {
	*message.(*[]byte) = append([]byte{}, data...)
	return nil
}

func (bytesCodec) Name() string { return "proto" }

func main() {
	service, method := os.Args[1], os.Args[2]
	connection, err := grpc.NewClient("xds:///"+service, grpc.WithTransportCredentials(insecure.NewCredentials()))
	for last := ""; err == nil; {
		var question, answer []byte
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		err = connection.Invoke(ctx, method, &question, &answer, grpc.ForceCodec(bytesCodec{}))
		cancel()
		if err != nil && strings.Contains(err.Error(), ownFailure) {
			err = nil
			continue
		}
		if err == nil && string(answer) != last {
			last = string(answer)
			fmt.Println(last)
		}
	}
	fmt.Println("error:", err)
	os.Exit(1)
}
