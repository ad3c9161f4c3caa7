// Command zlint reads PEM certificates from stdin and prints what zlint says of each: one JSON line a certificate, in their
// order. One process for many: zlint's own command reads its lists anew for each file.
package main

import (
	"bufio"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"os"

	"github.com/zmap/zcrypto/x509"
	"github.com/zmap/zlint/v3"
	"github.com/zmap/zlint/v3/lint"
)

// finding is a lint that ran and was not passed.
type finding struct {
	Lint     string          `json:"lint"`
	Severity string          `json:"severity"`
	Source   lint.LintSource `json:"source"`
	Details  string          `json:"details"`
}

// report is what is printed for one certificate.
type report struct {
	// Passed counts the lints that applied and were passed.
	Passed   int       `json:"passed"`
	Findings []finding `json:"findings"`
}

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "zlint:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	text, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	lines := bufio.NewWriter(out)
	encoder := json.NewEncoder(lines)
	count := 0
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		count++
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return fmt.Errorf("certificate %d: %w", count, err)
		}
		if err := encoder.Encode(reportOf(certificate)); err != nil {
			return err
		}
	}
	return lines.Flush()
}

func reportOf(certificate *x509.Certificate) report {
	made := report{Findings: []finding{}}
	for name, result := range zlint.LintCertificate(certificate).Results {
		switch result.Status {
		case lint.Pass:
			made.Passed++
		case lint.NA, lint.NE, lint.Reserved:
		default:
			metadata := lint.GlobalRegistry().CertificateLints().ByName(name)
			made.Findings = append(made.Findings, finding{name, result.Status.String(), metadata.Source, result.Details})
		}
	}
	return made
}
