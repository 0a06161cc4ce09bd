package atjwt_test

import (
	"testing"

	"github.com/renewd/renewd/internal/atjwt"
)

func BenchmarkSign(b *testing.B) {
	for _, k := range bothKeys {
		b.Run(k.Algorithm, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := atjwt.Sign(k, claims()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkVerify(b *testing.B) {
	for _, k := range bothKeys {
		token, err := atjwt.Sign(k, claims())
		if err != nil {
			b.Fatal(err)
		}
		b.Run(k.Algorithm, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := atjwt.Verify(token, lookup, expect()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
