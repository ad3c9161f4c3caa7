// Command cfssl-client asks an API of cfssl with cfssl's own Go client library: what certmgr and other programs do. It reads
// requests from stdin, one JSON object each, and prints one JSON line for each.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/cloudflare/cfssl/api/client"
	"github.com/cloudflare/cfssl/auth"
	"github.com/cloudflare/cfssl/info"
	"github.com/cloudflare/cfssl/log"
	"github.com/cloudflare/cfssl/signer"
)

type request struct {
	// Call is info, sign or authsign.
	Call   string `json:"call"`
	Remote string `json:"remote"`
	// CA is what the server is trusted by, PEM.
	CA  string `json:"ca"`
	Key string `json:"key"`
	// Info is asked by info, Sign by the others.
	Info info.Req           `json:"info"`
	Sign signer.SignRequest `json:"sign"`
}

type answer struct {
	Info        *info.Resp `json:"info,omitempty"`
	Certificate string     `json:"certificate,omitempty"`
	Error       string     `json:"error,omitempty"`
}

func main() {
	// The library reports errors by itself, too.
	log.Level = log.LevelFatal
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "cfssl-client:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	decoder, encoder := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var asked request
		if err := decoder.Decode(&asked); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		made, err := call(asked)
		if err != nil {
			made.Error = err.Error()
		}
		if err := encoder.Encode(made); err != nil {
			return err
		}
	}
}

func call(asked request) (answer, error) {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(asked.CA)) {
		return answer{}, errors.New("no CA")
	}
	server := client.NewServerTLS(asked.Remote, &tls.Config{RootCAs: pool})
	if server == nil {
		return answer{}, errors.New("no server")
	}
	switch asked.Call {
	case "info":
		text, err := json.Marshal(asked.Info)
		if err != nil {
			return answer{}, err
		}
		found, err := server.Info(text)
		return answer{Info: found}, err
	case "sign", "authsign":
		text, err := json.Marshal(asked.Sign)
		if err != nil {
			return answer{}, err
		}
		if asked.Call == "sign" {
			certificate, err := server.Sign(text)
			return answer{Certificate: string(certificate)}, err
		}
		provider, err := auth.New(asked.Key, nil)
		if err != nil {
			return answer{}, err
		}
		certificate, err := server.AuthSign(text, nil, provider)
		return answer{Certificate: string(certificate)}, err
	}
	return answer{}, fmt.Errorf("unknown call %q", asked.Call)
}
