// Command verify is an API that checks renewd's access tokens by itself, from the
// JWKS. Start renewd, then this, and ask it:
//
//	curl -H "Authorization: Bearer $access" http://localhost:9000/
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// The defaults of `renewd serve`.
const (
	issuer   = "http://localhost:8080"
	audience = "http://localhost:8080"
)

// readKeys reads the JWKS. Read it again, at most once a minute, when a token
// names a key that is not in it.
func readKeys(url string) (*jose.JSONWebKeySet, error) {
	answer, err := http.Get(url)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("read %s: %s", url, answer.Status)
	}
	keys := new(jose.JSONWebKeySet)
	return keys, json.NewDecoder(io.LimitReader(answer.Body, 1<<20)).Decode(keys)
}

// verify returns the claims of an access token.
func verify(token string, keys *jose.JSONWebKeySet, now time.Time) (*jwt.Claims, error) {
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return nil, err
	}
	claims := new(jwt.Claims)
	if err := parsed.Claims(keys, claims); err != nil { // checks the signature
		return nil, err
	}
	if parsed.Headers[0].ExtraHeaders[jose.HeaderType] != "at+jwt" || claims.Subject == "" || claims.Expiry == nil {
		return nil, errors.New("not an access token")
	}
	expected := jwt.Expected{Issuer: issuer, AnyAudience: jwt.Audience{audience}, Time: now}
	if err := claims.ValidateWithLeeway(expected, 30*time.Second); err != nil {
		return nil, err
	}
	return claims, nil
}

func main() {
	keys, err := readKeys(issuer + "/.well-known/jwks.json")
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		claims, err := verify(token, keys, time.Now())
		if err != nil {
			w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
			http.Error(w, "invalid token", http.StatusUnauthorized)
			return
		}
		fmt.Fprintln(w, "hello", claims.Subject)
	})
	log.Fatal(http.ListenAndServe("localhost:9000", nil))
}
