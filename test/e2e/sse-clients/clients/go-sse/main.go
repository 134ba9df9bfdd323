package main

import (
	"fmt"
	"net/http"
	"os"

	"github.com/tmaxmax/go-sse"
)

func main() {
	url, key, last := os.Args[1], os.Args[2], os.Args[3]
	request, err := http.NewRequest(http.MethodGet, url, http.NoBody)
	if err != nil {
		panic(err)
	}
	request.Header.Set("Authorization", "Bearer "+key)
	if last != "" {
		request.Header.Set("Last-Event-ID", last)
	}
	connection := sse.NewConnection(request)
	connection.SubscribeToAll(func(event sse.Event) {
		fmt.Printf("%s\t%s\t%s\n", event.Type, event.LastEventID, event.Data)
	})
	fmt.Println("connecting")
	if err := connection.Connect(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
