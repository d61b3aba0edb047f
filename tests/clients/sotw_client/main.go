// The client of go-control-plane for the state of the world: `sotw_client ADDRESS ROLE TYPE_URL` asks for all
// clusters or listeners and does what it reads, a line
// each: `fetch` waits for a response and writes the names in it, `ack` and `nack TEXT` answer it.
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"sort"
	"strings"

	clusters "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	listeners "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	sotw "github.com/envoyproxy/go-control-plane/pkg/client/sotw/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/structpb"
)

func nameOf(resource *anypb.Any) (string, error) {
	message, err := resource.UnmarshalNew()
	switch typed := message.(type) {
	case *clusters.Cluster:
		return typed.Name, nil
	case *listeners.Listener:
		return typed.Name, nil
	}
	return "", fmt.Errorf("%s: %v", resource.TypeUrl, err)
}

func fetch(client sotw.ADSClient) error {
	response, err := client.Fetch()
	if err != nil {
		return err
	}
	names := []string{}
	for _, resource := range response.Resources {
		name, err := nameOf(resource)
		if err != nil {
			return err
		}
		names = append(names, name)
	}
	sort.Strings(names)
	fmt.Println(strings.Join(names, " "))
	return nil
}

func run(address, role, typeURL string) error {
	metadata, err := structpb.NewStruct(map[string]any{"role": role})
	if err != nil {
		return err
	}
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	client := sotw.NewADSClient(context.Background(), &core.Node{Id: "go-control-plane", Metadata: metadata}, typeURL)
	if err := client.InitConnect(connection); err != nil {
		return err
	}
	for lines := bufio.NewScanner(os.Stdin); err == nil && lines.Scan(); {
		word, text, _ := strings.Cut(lines.Text(), " ")
		switch word {
		case "fetch":
			err = fetch(client)
		case "ack":
			err = client.Ack()
		case "nack":
			err = client.Nack(text)
		}
	}
	return err
}

func main() {
	if err := run(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
}
