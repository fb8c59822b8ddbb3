// Command scene is one of the three services of a sign-up, made with go-zero as its users make theirs:
//
//	scene user -f user.yaml       user names; each belongs to one user
//	scene tag -f tag.yaml         the tags that users have chosen
//	scene signup -f signup.yaml   the HTTP API, which begins a saga over both
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	services := map[string]func(file string){"user": serveUsers, "tag": serveTags, "signup": serveSignups}
	if len(os.Args) < 2 || services[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: scene user|tag|signup -f FILE")
		os.Exit(2)
	}
	flags := flag.NewFlagSet(os.Args[1], flag.ExitOnError)
	file := flags.String("f", "", "the service's configuration")
	_ = flags.Parse(os.Args[2:])
	services[os.Args[1]](*file)
}
