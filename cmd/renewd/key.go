package main

import (
	"context"
	"time"

	"github.com/alecthomas/kong"

	"github.com/renewd/renewd"
)

type keyCmds struct {
	Settings kong.Plugins `embed:""`

	List keyListCmd `cmd:"" help:"List the keys that access tokens are signed with."`
}

type keyListCmd struct{ output }

// keyJSON is a signing key for programs.
type keyJSON struct {
	ID        string                 `json:"kid"`
	Algorithm string                 `json:"alg"`
	State     renewd.SigningKeyState `json:"state"`
	CreatedAt time.Time              `json:"created_at"`
	ActiveAt  time.Time              `json:"active_at"`
	RetiresAt *time.Time             `json:"retires_at"`
	ExpiresAt *time.Time             `json:"expires_at"`
	RevokedAt *time.Time             `json:"revoked_at"`
}

// Run lists the signing keys, revoked and expired ones included.
func (c *keyListCmd) Run(ctx context.Context, a *app) error {
	return a.withManager(ctx, func(d data) error {
		keys, err := d.manager.SigningKeys(ctx)
		if err != nil {
			return err
		}
		out := newListing(a.stdout, c.JSON, "KID", "ALG", "STATE", "CREATED", "ACTIVE", "EXPIRES")
		for _, k := range keys {
			v := keyJSON{
				k.ID, k.Algorithm, k.State, k.CreatedAt.UTC(), k.ActiveAt.UTC(),
				jsonTime(k.RetiresAt), jsonTime(k.ExpiresAt), jsonTime(k.RevokedAt),
			}
			if err := out.add(v, k.ID, k.Algorithm, string(k.State), shown(k.CreatedAt), shown(k.ActiveAt), shown(k.ExpiresAt)); err != nil {
				return err
			}
		}
		return out.close()
	})
}
